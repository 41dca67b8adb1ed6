import { expect, test } from 'vitest';
import type { JsonDataset } from '../archive-client.ts';
import { dataset } from '../test-dataset.ts';
import { displaySets } from './display-sets.ts';
import { isCine } from './film.ts';
import { orientationOf, placeAlongNormal } from './geometry.ts';
import { countedIn, projectionOf } from './nuclear.ts';
import { edgeLetters } from './orientation.ts';

const front = [1, 0, 0, 0, 0, -1];
const back = [-1, 0, 0, 0, 0, -1];
const axial = [1, 0, 0, 0, 1, 0];

const scintigram = (kind: string, detectors: JsonDataset[], more: Record<string, unknown[]> = {}) =>
  dataset({
    '00080008': ['ORIGINAL', 'PRIMARY', kind, 'EMISSION'],
    '00080018': ['1.2.3.4'],
    '00080060': ['NM'],
    '00280010': [64],
    '00280011': [64],
    '00540022': detectors,
    '7FE00010': [],
    ...more,
  });

test('the front and the back of a whole body lie as the detector of each says', () => {
  const detectors = [front, back].map((cosines) => dataset({ '00200037': cosines }));
  const body = scintigram('WHOLE BODY', detectors, { '00280008': [2], '00540020': [1, 2] });
  expect([1, 2].map((frame) => edgeLetters(body, frame)?.left)).toEqual(['R', 'L']);
  // Both are projections: neither is a slice with a place, nor a series of its own.
  expect(orientationOf(body, 1)).toBeUndefined();
  expect(displaySets('1', '1.2', [body])).toHaveLength(1);
});

test('of two detectors without a vector none is taken for that of a frame, nor the beginning of a turn for all of it', () => {
  const detectors = [front, back].map((cosines) => dataset({ '00200037': cosines }));
  expect(projectionOf(scintigram('STATIC', detectors), 1)).toBeUndefined();
  expect(projectionOf(scintigram('STATIC', detectors, { '00540020': [3] }), 1)).toBeUndefined();
  const turning = scintigram('TOMO', [detectors[0]!], { '00280008': [2], '00540090': [1, 2] });
  expect(edgeLetters(turning, 2)).toBeUndefined();
});

test.each([
  ['behind', 6, ['500', '506', '512']],
  ['in front', -6, ['500', '494', '488']],
])('reconstructed slices lie %s of the first one by the sign of their spacing', (_, spacing, places) => {
  const detector = dataset({ '00200037': axial, '00200032': [-190, -190, 500] });
  const slices = { '00280008': [3], '00540080': [1, 2, 3], '00180088': [spacing] };
  const spect = scintigram('RECON TOMO', [detector], slices);
  expect([1, 2, 3].map((frame) => placeAlongNormal(spect, frame)?.toFixed(0))).toEqual(places);
  expect(edgeLetters(spect, 3)).toEqual({ left: 'R', right: 'L', top: 'A', bottom: 'P' });
  const [set] = displaySets('1', '1.2', [spect]);
  expect(isCine(set!)).toBe(false);
  expect(set!.frames.map(({ frameNumber }) => frameNumber)).toEqual([1, 2, 3]);
});

test('slices without a place are no film either, and what is one stays one', () => {
  const frames = { '00280008': [2], '00540080': [1, 2] };
  const setOf = (instance: JsonDataset) => displaySets('1', '1.2', [instance])[0]!;
  expect(isCine(setOf(scintigram('RECON TOMO', [dataset({})], frames)))).toBe(false);
  expect(isCine(setOf(scintigram('DYNAMIC', [dataset({})], { '00280008': [2] })))).toBe(true);
});

test('a frame is named by its energy window and its phase', () => {
  const windows = ['Tc99m', 'I123'].map((name) => dataset({ '00540018': [name] }));
  const phases = [dataset({ '00540039': ['FLOW'] })];
  const dynamic = dataset({ '00540012': windows, '00540010': [2, 1], '00540032': phases });
  expect(countedIn(dynamic, 1)).toEqual(['I123', 'FLOW']);
  expect(countedIn(dynamic, 2)).toEqual(['Tc99m', 'FLOW']);
  expect(countedIn(dataset({}), 1)).toEqual([undefined, undefined]);
});
