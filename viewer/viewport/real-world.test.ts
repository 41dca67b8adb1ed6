import { expect, test } from 'vitest';
import { dataset } from '../test-dataset.ts';
import { realWorldOf } from './real-world.ts';

const mapping = (slope: number, intercept: number, unit: string, range: Record<string, unknown[]> = {}) =>
  dataset({ '00409225': [slope], '00409224': [intercept], '004008EA': [dataset({ '00080100': [unit] })], ...range });

test('a map says what its whole numbers are, by the mapping of the frame', () => {
  const diffusion = dataset({
    '52009229': [dataset({ '00409096': [mapping(1e-6, 0, 'mm2/s')] })],
    '52009230': [dataset({}), dataset({ '00409096': [mapping(0.5, 1, 'ml/min')] })],
  });
  expect(realWorldOf(diffusion, 1, [7])).toEqual({ factor: 1e-6, offset: 0, unit: 'mm2/s' });
  expect(realWorldOf(diffusion, 2, [7])).toEqual({ factor: 0.5, offset: 1, unit: 'ml/min' });
});

test('it maps what is stored, whatever that was rescaled to', () => {
  const rescaled = { '00281053': [2], '00281052': [-10], '00409096': [mapping(4, 100, 's')] };
  // Stored 7 is 4 after its rescale, and 128 in the world.
  const scale = realWorldOf(dataset(rescaled), 1, [4])!;
  expect(4 * scale.factor + scale.offset).toBe(128);
});

test('each mapping holds for its own values, and none for those of two', () => {
  const low = mapping(1, 0, 's', { '00409216': [0], '00409211': [100] });
  const high = mapping(10, 0, 's', { '00409214': [101], '00409213': [4095] });
  const both = dataset({ '00281053': [2], '00281052': [0], '00409096': [low, high] });
  const factorOf = (...values: number[]) => realWorldOf(both, 1, values)?.factor;
  // Stored 0 and 100, 101 and 4095, 100 and 101, 4096.
  expect([factorOf(0, 200), factorOf(202, 8190), factorOf(200, 202), factorOf(8192)]).toEqual([
    0.5,
    5,
    undefined,
    undefined,
  ]);
});

test('a value at the first or the last mapped one is mapped, however its rescale has rounded it', () => {
  for (const slope of [0.1, 0.3, 1.7, 2])
    for (const intercept of [0, 3.7, -1024, 0.1]) {
      for (const [first, last] of [
        ['00409216', '00409211'],
        ['00409214', '00409213'],
      ] as const) {
        const mapped = mapping(1e-6, 0, 'mm2/s', { [first]: [0], [last]: [1023] });
        const image = dataset({ '00281053': [slope], '00281052': [intercept], '00409096': [mapped] });
        const held = (stored: number) => Math.fround(stored * slope + intercept);
        for (const stored of [0, 1023]) expect(realWorldOf(image, 1, [held(stored)])).toBeDefined();
        for (const stored of [-1, 1024]) expect(realWorldOf(image, 1, [held(stored)])).toBeUndefined();
      }
    }
});

test('of several mappings of a frame each is looked at, and a table beside them hides none', () => {
  const low = mapping(1, 0, 's', { '00409216': [0], '00409211': [100] });
  const high = mapping(10, 0, 's', { '00409216': [101], '00409211': [4095] });
  const table = dataset({ '00409212': [1, 2, 3] });
  const image = dataset({ '52009229': [dataset({ '00409096': [table, low, high] })] });
  expect([7, 200].map((value) => realWorldOf(image, 1, [value])?.factor)).toEqual([1, 10]);
});

test('nothing is made up where there is no line to go by', () => {
  expect(realWorldOf(dataset({}), 1, [7])).toBeUndefined();
  expect(realWorldOf(dataset({ '00409096': [dataset({ '00409212': [1, 2, 3] })] }), 1, [1])).toBeUndefined();
  const table = { '00283000': [dataset({})], '00409096': [mapping(2, 0, 's')] };
  expect(realWorldOf(dataset(table), 1, [7])).toBeUndefined();
});
