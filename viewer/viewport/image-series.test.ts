import { expect, test } from 'vitest';
import type { JsonDataset } from '../archive-client.ts';
import { calibrationOf, canBeDrawn, imageSeries, inReadingOrder } from './image-series.ts';

const axial = [1, 0, 0, 0, 1, 0];

function image(sop: string, attributes: Record<string, unknown[]> = {}): JsonDataset {
  const all = { '00080018': [sop], '00280010': [512], '00280011': [512], '00080060': ['CT'], ...attributes };
  return Object.fromEntries(Object.entries(all).map(([tag, Value]) => [tag, { vr: 'UN', Value }]));
}

const slice = (sop: string, number: number, z: number, cosines = axial) =>
  image(sop, { '00200013': [number], '00200037': cosines, '00200032': [0, 0, z] });

const names = (instances: JsonDataset[]) => instances.map((instance) => instance['00080018']?.Value?.[0]);

test('slices are read by place, from the end where the modality began to count', () => {
  const rising = [slice('b', 2, 5), slice('c', 3, 10), slice('a', 1, 0)];
  expect(names(inReadingOrder(rising))).toEqual(['a', 'b', 'c']);
  const falling = [slice('b', 2, 5), slice('c', 3, 0), slice('a', 1, 10)];
  expect(names(inReadingOrder(falling))).toEqual(['a', 'b', 'c']);
});

test('place wins over numbers that were given in the order of sending', () => {
  const shuffled = [slice('a', 1, 0), slice('c', 2, 10), slice('b', 3, 5), slice('d', 4, 15)];
  expect(names(inReadingOrder(shuffled))).toEqual(['a', 'b', 'c', 'd']);
});

test('images of several orientations, or two at one place, keep the order of their numbers', () => {
  const sagittal = [0, 1, 0, 0, 0, -1];
  expect(names(inReadingOrder([slice('b', 2, 0), slice('a', 1, 5, sagittal), slice('c', 3, 1)]))).toEqual([
    'a',
    'b',
    'c',
  ]);
  expect(names(inReadingOrder([slice('c', 3, 0), slice('b', 2, 5), slice('a', 1, 5)]))).toEqual(['a', 'b', 'c']);
});

test('each frame of a multi-frame instance is an image with an address of its own', () => {
  const { frames } = imageSeries('1.2', '1.2.3', [image('9', { '00280008': ['3'] })]);
  expect(frames.map(({ imageId }) => imageId)).toEqual([
    'wadors:/dicom-web/studies/1.2/series/1.2.3/instances/9/frames/1',
    'wadors:/dicom-web/studies/1.2/series/1.2.3/instances/9/frames/2',
    'wadors:/dicom-web/studies/1.2/series/1.2.3/instances/9/frames/3',
  ]);
});

test('an absurd number of frames does not become an absurd list', () => {
  expect(imageSeries('1', '2', [image('9', { '00280008': [2_000_000_000] })]).frames).toHaveLength(20_000);
  expect(imageSeries('1', '2', [image('9', { '00280008': [-4] })]).frames).toHaveLength(1);
});

test('an instance without rows and columns is no image', () => {
  const report = { '00080018': { vr: 'UI', Value: ['9'] }, '00080060': { vr: 'CS', Value: ['SR'] } };
  expect(imageSeries('1', '2', [report]).frames).toHaveLength(0);
});

test('an identifier cannot leave its place in the address', () => {
  const { frames } = imageSeries('../1', '2/3', [image('4?x=5')]);
  expect(frames[0]!.imageId).toBe('wadors:/dicom-web/studies/..%2F1/series/2%2F3/instances/4%3Fx%3D5/frames/1');
});

test('palette tables of words and of bytes packed in words come out as one number for each entry', () => {
  const palette = (entries: number, bits: number, bytes: number[]) => {
    const InlineBinary = btoa(String.fromCharCode(...bytes));
    const table = { vr: 'OW', InlineBinary };
    const descriptor = { vr: 'US', Value: [entries, 0, bits] };
    const dataset = image('9');
    for (const color of [1, 2, 3]) {
      dataset[`0028120${color}`] = table;
      dataset[`0028110${color}`] = descriptor;
    }
    return imageSeries('1', '2', [dataset]).frames[0]!.instance['00281203']?.Value;
  };
  expect(palette(2, 16, [0x01, 0x02, 0x03, 0xff])).toEqual([0x0201, 0xff03]);
  expect(palette(4, 8, [1, 2, 3, 4])).toEqual([1, 2, 3, 4]);
});

test('what Cornerstone would wait for in vain is known beforehand', () => {
  const whole = { '00280004': ['MONOCHROME2'], '00280002': [1], '00280100': [16] };
  expect(canBeDrawn(image('9', whole))).toBe(true);
  expect(canBeDrawn(image('9', { ...whole, '00280004': [] }))).toBe(false);
  expect(canBeDrawn(image('9', { ...whole, '00280100': [1] }))).toBe(false);
  expect(canBeDrawn(image('9', { ...whole, '00280004': ['PALETTE COLOR'] }))).toBe(false);
});

test('a millimetre is calibrated by Pixel Spacing only; at the detector is something else, and none is none', () => {
  expect(calibrationOf(image('9', { '00280030': ['0.5', '0.5'] }))).toBe('calibrated');
  expect(calibrationOf(image('9', { '00181164': [0.139, 0.139] }))).toBe('atDetector');
  expect(calibrationOf(image('9'))).toBe('none');
  const shared = { '00289110': { vr: 'SQ', Value: [{ '00280030': { vr: 'DS', Value: [1, 1] } }] } };
  expect(calibrationOf(image('9', { '52009229': [shared] }))).toBe('calibrated');
});
