import { expect, test } from 'vitest';
import type { JsonDataset } from '../archive-client.ts';
import { displaySets, type Frame } from './display-sets.ts';
import { slicesThrough } from './slice-through.ts';

const ds = (...Value: number[]) => ({ vr: 'DS', Value });

/** Axial slices of 100 × 100 mm around x = 0, y = 0. */
function slicesAt(heights: number[], { thicknessMm = 5, reference = '1.9', modality = 'CT' } = {}): Frame[] {
  const slices = heights.map((z, at): JsonDataset => ({
    '00080018': { vr: 'UI', Value: [`1.${at + 1}`] },
    '7FE00010': { vr: 'OW' },
    '00080060': { vr: 'CS', Value: [modality] },
    '00200013': { vr: 'IS', Value: [at + 1] },
    '00200052': { vr: 'UI', Value: [reference] },
    '00200037': ds(1, 0, 0, 0, 1, 0),
    '00200032': ds(-49.5, -49.5, z),
    '00180050': ds(thicknessMm),
    '00280030': ds(1, 1),
    '00280010': { vr: 'US', Value: [100] },
    '00280011': { vr: 'US', Value: [100] },
  }));
  return displaySets('1.2', '1.2.3', slices)[0]!.frames;
}

const [by] = slicesAt([0]);
const at = (x: number, y: number, z: number) => ({ world: [x, y, z] as [number, number, number], by: by! });

test('a point is held by the slice whose plane is nearest, also between slices that leave a gap', () => {
  const slices = slicesAt([0, 6, 12, 40]);
  expect(slicesThrough(at(0, 0, 5.4), slices)).toEqual([1]);
  expect(slicesThrough(at(-49, 49, 27), slices)).toEqual([3]);
});

test('every phase at the same place holds it', () => {
  expect(slicesThrough(at(0, 0, 1), slicesAt([0, 6, 0, 6, 0.004, 6]))).toEqual([0, 2, 4]);
});

test('no slice holds what lies beside the images, before the first or behind the last one', () => {
  const slices = slicesAt([0, 6, 12]);
  expect(slicesThrough(at(0, 0, 14.4), slices)).toEqual([2]); // half of the last one's thickness
  expect(slicesThrough(at(0, 0, 14.6), slices)).toEqual([]);
  expect(slicesThrough(at(0, 0, -2.6), slices)).toEqual([]);
  expect(slicesThrough(at(50.1, 0, 6), slices)).toEqual([]);
  expect(slicesThrough(at(0, 0, 1), [])).toEqual([]);
});

test('nothing is said of another frame of reference, nor of a projection', () => {
  expect(slicesThrough(at(0, 0, 0), slicesAt([0, 6], { reference: '1.8' }))).toEqual([]);
  expect(slicesThrough(at(0, 0, 0), slicesAt([0, 6], { modality: 'XA' }))).toEqual([]);
});
