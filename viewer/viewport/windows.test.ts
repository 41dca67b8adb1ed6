import { expect, test } from 'vitest';
import type { JsonDataset } from '../archive-client.ts';
import { dataset } from '../test-dataset.ts';
import {
  brightness,
  dragSpeed,
  dragWindow,
  openingWindow,
  presetsFor,
  rangeOf,
  windowOver,
  windowsInFile,
} from './windows.ts';

test('every window of the file is offered, with its explanation', () => {
  const windows = windowsInFile(
    dataset({ '00281050': [36, '-600'], '00281051': [360, '2000'], '00281055': ['WINDOW1', 'WINDOW2'] }),
  );
  expect(windows).toMatchObject([
    { center: 36, width: 360, explanation: 'WINDOW1', shape: 'LINEAR' },
    { center: -600, width: 2000, explanation: 'WINDOW2' },
  ]);
});

test('a width of nothing, or missing, is no window; one below 1 is exact', () => {
  expect(windowsInFile(dataset({ '00281050': [1, 2], '00281051': [0] }))).toEqual([]);
  expect(windowsInFile(dataset({ '00281050': [0.5], '00281051': [0.2] }))).toMatchObject([{ shape: 'LINEAR_EXACT' }]);
});

test('a centre belongs to the width and the explanation in its place, also behind what is no number', () => {
  const explanations = { '00281055': [null, 'LUNG'] };
  for (const center of ['here', null])
    expect(
      windowsInFile(dataset({ '00281050': [center, '50'], '00281051': ['10', '100'], ...explanations })),
    ).toMatchObject([{ center: 50, width: 100, explanation: 'LUNG' }]);
});

test('a frame of an enhanced image has its own window', () => {
  const group = (center: number) => dataset({ '00289132': [dataset({ '00281050': [center], '00281051': [10] })] });
  const enhanced = dataset({ '52009230': [group(1), group(2)] });
  expect(windowsInFile(enhanced, 2)).toMatchObject([{ center: 2, width: 10 }]);
  const without = dataset({ '52009230': [dataset({ '00289132': [dataset({})] })], '00281050': [3], '00281051': [10] });
  expect(windowsInFile(without)).toMatchObject([{ center: 3, width: 10 }]);
});

test('a VOI LUT Sequence is offered as it stands', () => {
  const item = dataset({ '00283002': [4, 10, 8], '00283003': ['steps'], '00283006': [0, 80, 160, 255] });
  const [window] = windowsInFile(dataset({ '00283010': [item] }));
  expect(window).toMatchObject({ explanation: 'steps' });
  expect([0, 10, 11, 12, 13, 99].map((value) => Math.round(255 * brightness(window!, value)))).toEqual([
    0, 0, 80, 160, 255, 255,
  ]);
});

test('a frame may have a table of its own, and one that begins below zero where its values can', () => {
  const lut = dataset({ '00283002': [4, 65_534, 8], '00283006': [0, 80, 160, 255] });
  const enhanced = dataset({
    '52009230': [
      dataset({ '00289132': [dataset({ '00283010': [lut] })], '00289145': [dataset({ '00281053': [-1] })] }),
    ],
    '00280100': [16],
    '00281050': [3],
    '00281051': [10],
  });
  expect(windowsInFile(enhanced)).toHaveLength(1);
  expect(windowsInFile(enhanced)[0]!.table!.first).toBe(-2);
});

const hounsfield = { '00080060': ['CT'], '00281052': [-1024], '00281053': [1] };

test('maps and localizers of CT, which are in no Hounsfield units, have the windows of their file only', () => {
  const own = { '00281050': [36], '00281051': [360] };
  const namesOf = (attributes: Record<string, unknown[]>) =>
    presetsFor(dataset({ ...hounsfield, ...own, ...attributes })).map(({ name }) => name);
  expect(namesOf({ '00281054': ['HU'] })).toContain('presetLung');
  expect(namesOf({ '00281054': ['MGML'] })).toEqual(['presetFile']);
  expect(namesOf({ '00281054': ['US'] })).toEqual(['presetFile']);
  expect(namesOf({ '00080008': ['ORIGINAL', 'PRIMARY', 'LOCALIZER'] })).toEqual(['presetFile']);
  expect(namesOf({ '00281053': [] })).toEqual(['presetFile']); // nothing says what its values are
});

test('a CT without a window is opened for soft tissue, where it is in Hounsfield units, and by that of its file otherwise', () => {
  expect(openingWindow(dataset(hounsfield))).toMatchObject({ center: 40, width: 400 });
  expect(openingWindow(dataset({ ...hounsfield, '00281054': ['MGML'] }))).toBeUndefined();
  expect(openingWindow(dataset({ ...hounsfield, '00080060': ['MR'] }))).toBeUndefined();
  const tableOf = (type: string) => ({ '00283000': [dataset({ '00283004': [type] })] });
  expect(openingWindow(dataset({ ...hounsfield, ...tableOf('HU') }))).toMatchObject({ center: 40, width: 400 });
  expect(openingWindow(dataset({ ...hounsfield, ...tableOf('US') }))).toBeUndefined();
  expect(openingWindow(dataset({ ...hounsfield, '00281050': [-600], '00281051': [1500] }))).toMatchObject({
    center: -600,
  });
});

test('only CT has windows in Hounsfield units, in the order of their keys', () => {
  const names = presetsFor(dataset({ ...hounsfield, '00281050': [36], '00281051': [360] })).map(({ name }) => name);
  expect(names.slice(0, 5)).toEqual(['presetSoft', 'presetLung', 'presetLiver', 'presetBone', 'presetBrain']);
  expect(names.at(-1)).toBe('presetFile');
  expect(presetsFor(dataset({ '00080060': ['MR'] }))).toEqual([]);
});

test('uptake values have the usual windows, from nothing taken up', () => {
  const presets = presetsFor(dataset({ '00080060': ['PT'] }), 1, { factor: 1 / 5000, unit: 'SUVbw' });
  expect(presets.map((preset) => rangeOf(preset))).toEqual(
    [5, 7, 10, 15].map((most) => ({ lower: 0, upper: 5000 * most })),
  );
});

test('each VOI LUT function is as PS3.3 C.11.2 has it', () => {
  const at = (shape: 'LINEAR' | 'LINEAR_EXACT' | 'SIGMOID', value: number) =>
    brightness({ center: 50, width: 100, shape }, value);
  expect(at('LINEAR', 0)).toBe(0);
  expect(at('LINEAR', 49.5)).toBe(0.5);
  expect(at('LINEAR', 99)).toBe(1);
  expect(at('LINEAR_EXACT', 50)).toBe(0.5);
  expect(at('LINEAR_EXACT', 100)).toBe(1);
  expect(at('SIGMOID', 50)).toBe(0.5);
  expect(at('SIGMOID', 75)).toBeCloseTo(1 / (1 + Math.exp(-1)));
  expect(brightness({ center: 10, width: 1 }, 9.5)).toBe(0);
  expect(brightness({ center: 10, width: 1 }, 9.6)).toBe(1);
});

test('the range of a window is where its brightness begins and ends', () => {
  expect(rangeOf({ center: 50, width: 101 })).toEqual({ lower: -0.5, upper: 99.5 });
  expect(rangeOf({ center: 50, width: 100, shape: 'LINEAR_EXACT' })).toEqual({ lower: 0, upper: 100 });
  const table = { first: 10, entries: Uint16Array.of(0, 1, 2, 3), bits: 2 };
  expect(rangeOf({ center: 12, width: 4, table })).toEqual({ lower: 9.5, upper: 13.5 });
});

test('an image without a window is shown over all its values', () => {
  const window = windowOver({ smallest: -5, largest: 250 });
  expect([-5, 250].map((value) => brightness(window, value))).toEqual([0, 1]);
  expect(brightness(windowOver({ smallest: 7, largest: 7, possible: { smallest: 0, largest: 14 } }), 7)).toBe(0.5);
  // By the processor, and by the card, which needs a range.
  const only = windowOver({ smallest: 7, largest: 7, possible: { smallest: 7, largest: 7 } });
  expect([brightness(only, 7), rangeOf(only)]).toEqual([0.5, { lower: 6.5, upper: 7.5 }]);
});

test('dragging sideways widens the window and never closes it, up and down moves its centre', () => {
  expect(dragWindow({ center: 40, width: 400 }, 10, -5, 4)).toEqual({ center: 20, width: 440 });
  expect(dragWindow({ center: 40, width: 4 }, -100, 0, 4).width).toBe(1);
  expect(dragWindow({ center: 0, width: 0.4, shape: 'LINEAR_EXACT' }, -100, 0, 0.01).width).toBeGreaterThan(0);
});

test('a thousand pixels of drag cross the range of the image, and a range of nothing still moves', () => {
  expect(dragSpeed(-1024, 3072)).toBe(4);
  expect(dragSpeed(5, 5)).toBeGreaterThan(0);
});

test('a table of the file begins below zero where values can, also beside a Modality LUT that says nothing', () => {
  const voi = dataset({ '00283002': [2, 0xffff, 8], '00283006': [0, 255] });
  const image = { '00280100': [16], '00280101': [16], '00280102': [15], '00281052': [-1000], '00283010': [voi] };
  const firstOf = (modality: JsonDataset) =>
    windowsInFile(dataset({ ...image, '00283000': [modality] }))[0]?.table?.first;
  expect(firstOf(dataset({ '00283002': [3, 0, 16] }))).toBe(-1);
  expect(firstOf(dataset({ '00283002': [1, 0, 16], '00283006': [7] }))).toBe(0xffff);
});
