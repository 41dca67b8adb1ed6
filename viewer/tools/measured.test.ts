import { expect, test } from 'vitest';
import { addTexts } from '../text.ts';
import { measuringTexts } from '../texts/measuring.ts';
import { rectangleRoi } from './rectangle-roi.ts';
import { unitOf } from '../viewport/unit.ts';
import { dataset } from '../test-dataset.ts';
import { placesOf, scaleOf } from './measured.ts';

addTexts(measuringTexts);

function unit(attributes: Record<string, unknown[]>): string {
  const frame = { imageId: '', instance: dataset(attributes), SOPInstanceUID: '1.2', frameNumber: 1 };
  return unitOf(frame);
}

const ct = { '00080060': ['CT'], '00281052': [-1024], '00281053': [1] };

test('what CT rescales is in Hounsfield units unless the file says otherwise', () => {
  expect(unit(ct)).toBe('HU');
  expect(unit({ ...ct, '00281054': ['HU'] })).toBe('HU');
  expect(unit({ ...ct, '00281054': ['MGML'] })).toBe('mg/ml');
  expect(unit({ ...ct, '00281054': ['US'] })).toBe('');
  expect(unit({ ...ct, '00080008': ['ORIGINAL', 'PRIMARY', 'LOCALIZER'] })).toBe('');
  const transformed = dataset({ '00289145': [dataset({ '00281053': [1], '00281054': ['Z_EFF'] })] });
  expect(unit({ '00080060': ['CT'], '52009230': [transformed] })).toBe('Z_EFF');
});

test('a page of text or a picture in colour that a CT made has no unit', () => {
  expect(unit({ '00080060': ['CT'] })).toBe('');
  expect(unit({ ...ct, '00280002': [3], '00280004': ['RGB'] })).toBe('');
  expect(unit({ ...ct, '00280004': ['PALETTE COLOR'] })).toBe('');
});

test('other modalities have the unit that they say, and none where they say none', () => {
  const pet = { '00080060': ['PT'], '00281053': [2], '00541001': ['BQML'] };
  expect(unit(pet)).toBe('Bq/ml');
  expect(unit({ ...pet, '00281054': ['US'] })).toBe('Bq/ml');
  expect(unit({ ...pet, '00541001': ['CNTS'] })).toBe('CNTS');
  expect(unit({ ...pet, '00541001': ['NONE'] })).toBe('');
  expect(unit({ '00080060': ['MR'], '00281053': [2] })).toBe('');
  for (const nothing of ['US', 'UNSPECIFIED', 'normalized'])
    expect(unit({ '00080060': ['MR'], '00281053': [2], '00281054': [nothing] })).toBe('');
});

test('an optical density is in thousandths', () => {
  const table = dataset({ '00283004': ['OD'] });
  expect(unit({ '00080060': ['CR'], '00283000': [table] })).toBe('mOD');
});

test('doses are in Gray where they are multiplied by their scaling, and raw numbers are not', () => {
  const dose = { '00080060': ['RTDOSE'], '30040002': ['GY'] };
  expect(unit({ ...dose, '3004000E': [0.001] })).toBe('Gy');
  expect(unit({ ...dose, '30040002': ['RELATIVE'], '3004000E': [0.001] })).toBe('');
  for (const scaling of [[], [0], [null]]) expect(unit({ ...dose, '3004000E': scaling })).toBe('');
  expect(unit({ ...dose, '3004000E': [0.001], '00281053': [2] })).toBe('');
});

test('a value without a unit is said by the mapping of its file, one with a unit as it is', () => {
  const unit = dataset({ '00080100': ['mm2/s'] });
  const mapping = dataset({ '00409225': [1e-6], '00409224': [0], '004008EA': [unit] });
  const scale = (attributes: Record<string, unknown[]>) =>
    scaleOf({ frame: { imageId: '', instance: dataset(attributes), SOPInstanceUID: '1.2', frameNumber: 1 } }, [7]);
  const map = { '00080060': ['MR'], '00281053': [1], '00281054': ['US'], '00409096': [mapping] };
  expect(scale(map)).toEqual({ factor: 1e-6, offset: 0, unit: 'mm2/s' });
  expect(scale({ ...map, '00281054': ['normalized'] })).toEqual({ factor: 1e-6, offset: 0, unit: 'mm2/s' });
  expect(scale({ ...map, '00080060': ['CT'], '00281054': ['HU'] })).toEqual({ factor: 1, offset: 0, unit: 'HU' });
  expect(scale({ ...map, '00280004': ['PALETTE COLOR'] })).toEqual({ factor: 1, offset: 0, unit: '' });
});

test('values of a small unit have as many places as it takes to tell them from nothing', () => {
  const said = (value: number) => value.toFixed(placesOf(value));
  expect([0.00125, -0.00125, 0.05, 1.256, 0].map(said)).toEqual(['0.00125', '-0.00125', '0.0500', '1.26', '0.00']);
  const map = { '00280010': [2], '00280011': [2], '00280030': [1, 1] };
  const frame = { imageId: '', instance: dataset(map), SOPInstanceUID: '1.2', frameNumber: 1 };
  const pixels = {
    color: false,
    values: Float32Array.of(0.001, 0.0015, 0.001, 0.0015),
    smallest: 0.001,
    largest: 0.0015,
    negative: false,
    padding: undefined,
  };
  const points: [number, number][] = [
    [0, 0],
    [1, 1],
  ];
  const words = rectangleRoi.words({ frame, points, pixels, isChanging: false, askAgain: () => {} });
  expect(words?.slice(1, 3)).toEqual(['Mean 0.00125 ± 0.00025', '0.001 to 0.0015']);
});

test('a region beside a shutter says how much of it is hidden, and one behind it has no values', () => {
  const frame = {
    imageId: '',
    instance: dataset({ '00280010': [1], '00280011': [4] }),
    SOPInstanceUID: '1.2',
    frameNumber: 1,
  };
  const values = Uint16Array.from([10, 20, 900, 900]);
  const shutter = { hidden: Uint8Array.from([0, 0, 1, 1]), grey: 0 };
  const pixels = { color: false, values, smallest: 10, largest: 20, negative: false, padding: undefined, shutter };
  const between = (left: number, right: number) => {
    const points: [number, number][] = [
      [left, 0],
      [right, 0],
    ];
    return rectangleRoi.words({ frame, points, pixels, isChanging: false, askAgain: () => {} });
  };
  expect(between(0, 2)?.slice(1, 4)).toEqual(['Mean 15 ± 5', '10 to 20', '1 pixel behind the shutter not counted']);
  expect(between(2, 3)).toContain('2 pixels behind the shutter not counted');
  expect(between(2, 3)?.join()).not.toContain('Mean');
  expect(between(0, 1)?.join()).not.toContain('shutter');
});

test('a large region says its values soon after it has been drawn, and goes on saying them while another is', async () => {
  const side = 1200;
  const radiograph = { '00080060': ['DX'], '00280010': [side], '00280011': [side], '00280030': [0.1, 0.1] };
  const frame = { imageId: '', instance: dataset(radiograph), SOPInstanceUID: '1.2', frameNumber: 1 };
  const values = new Uint16Array(side * side).fill(7);
  const pixels = { color: false, values, smallest: 7, largest: 7, negative: false, padding: undefined };
  const more = Promise.withResolvers<void>();
  const region = (to: number, isChanging: boolean) => {
    const points: [number, number][] = [
      [0, 0],
      [to, to],
    ];
    return rectangleRoi.words({ frame, points, pixels, isChanging, askAgain: more.resolve })!.join('\n');
  };
  expect(region(1100, true)).not.toContain('Mean');
  expect(region(1100, true)).toContain('mm²');
  expect(region(500, true)).toContain('Mean');
  // The page goes on while so many are counted, and asks for the words again when that is done.
  expect(region(1100, false)).toContain('Working out the values');
  expect(region(1100, true)).toContain('Working out the values');
  await more.promise;
  expect(region(1100, false)).toContain('Mean 7 ± 0');
  for (let step = 1; step < 200; step += 1) {
    expect(region(step, true)).toContain('Mean');
    expect(region(1100, true)).toContain('Mean');
  }
});

test('many large regions on one image are all counted, and then nothing asks again', async () => {
  const [rows, columns, regions] = [1_000, 1_100, 60];
  const radiograph = { '00080060': ['DX'], '00280010': [rows], '00280011': [columns], '00280030': [0.1, 0.1] };
  const frame = { imageId: '', instance: dataset(radiograph), SOPInstanceUID: '1.2', frameNumber: 1 };
  const values = new Uint16Array(rows * columns).fill(7);
  const pixels = { color: false, values, smallest: 7, largest: 7, negative: false, padding: undefined };
  let asked = 0;
  const draw = () =>
    Array.from({ length: regions }, (_, at) => {
      const points: [number, number][] = [
        [0, 0],
        [columns - 1 - at / 10, rows - 1],
      ];
      return rectangleRoi.words({ frame, points, pixels, isChanging: false, askAgain: () => (asked += 1) })!.join();
    });
  const counted = () => draw().filter((words) => words.includes('Mean')).length;
  await expect.poll(counted).toBe(regions);
  expect(asked).toBe(regions);
});
