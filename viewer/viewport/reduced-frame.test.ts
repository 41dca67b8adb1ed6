import { expect, test } from 'vitest';
import { ofColor, type FramePixels } from './frame-pixels.ts';
import { paint } from './paint.ts';
import { reduced, reductionFor, reductionOfLines } from './reduced-frame.ts';

const grey = (values: FramePixels['values'], more: Partial<FramePixels> = {}): FramePixels => ({
  color: false,
  values,
  smallest: Math.min(...values.filter((value) => !Number.isNaN(value))),
  largest: Math.max(...values.filter((value) => !Number.isNaN(value))),
  negative: false,
  padding: undefined,
  ...more,
});

/** In units of the modality. */
const meansOf = (...args: Parameters<typeof reduced>) => {
  const { values, parts = 1 } = reduced(...args);
  return [...values].map((value) => value / parts);
};

const shownOf = (pixels: Parameters<typeof paint>[0], count: number, center: number, width: number) => {
  const shown = new Uint32Array(count);
  paint(pixels, { window: { center, width, shape: 'LINEAR_EXACT' }, inverse: false }, shown);
  return [...shown].map((word) => word & 0xff);
};

test.each([
  [1, 1],
  [0.51, 1],
  [0.5, 2],
  [0.5 + 1e-9, 2],
  [0.26, 2],
  [0.25, 4],
  [0.13, 4],
  [0.125, 8],
  [0.01, 8],
  [3, 1],
])('at a scale of %d %d pixels become one, turned and mirrored or not', (scale, by) => {
  for (const matrix of [
    [scale, 0, 0, scale, 5, 7],
    [0, scale, -scale, 0, 0, 0],
    [-scale, 0, 0, scale, 0, 0],
    [scale * Math.SQRT1_2, scale * Math.SQRT1_2, -scale * Math.SQRT1_2, scale * Math.SQRT1_2, 0, 0],
  ])
    expect(reductionFor(matrix)).toBe(by);
});

test('where pixels are not square the side counts that is shrunk less', () => {
  expect(reductionFor([0.1, 0, 0, 0.4, 0, 0])).toBe(2);
  expect(reductionFor([0.1, 0, 0, 0.9, 0, 0])).toBe(1);
});

test('what must not get lost between pixels of the screen is reduced to about one of them', () => {
  const by = [3, 1, 0.75, 0.7, 0.4, 0.3, 0.14, 0.01].map((scale) => reductionOfLines([scale, 0, 0, scale, 0, 0]));
  expect(by).toEqual([1, 1, 1, 2, 2, 4, 8, 16]);
});

test('each is the mean of a square, at the right and at the bottom of what is left of one', () => {
  const values = Uint16Array.of(0, 100, 200, 300, 3000, 400, 500, 600, 700, 4000, 0, 3, 0, 1, 4095);
  expect(meansOf(grey(values), 5, 2)).toEqual([250, 450, 3500, 1.5, 0.5, 4095]);
  // In sixteenths, of which 16 bits hold as many as these values need.
  const sixteenths = (mean: number) => Math.round(16 * mean) / 16;
  expect(meansOf(grey(values), 5, 4)).toEqual([2804 / 12, 11_095 / 3].map(sixteenths));
  expect(meansOf(grey(values), 5, 8)).toEqual([13_899 / 15].map(sixteenths));
});

test('every mean is that of its own pixels, whatever the size of the image', () => {
  for (const [columns, rows] of [
    [1, 1],
    [7, 3],
    [16, 8],
    [17, 9],
    [2, 31],
  ] as const) {
    const values = Int16Array.from({ length: columns * rows }, (_, at) => ((at * 7919) % 6001) - 3000);
    for (const by of [2, 4, 8]) {
      const expected: number[] = [];
      for (let top = 0; top < rows; top += by) {
        for (let left = 0; left < columns; left += by) {
          const square = [...values].filter((_, at) => {
            const [row, column] = [Math.floor(at / columns), at % columns];
            return row >= top && row < top + by && column >= left && column < left + by;
          });
          expected.push(square.reduce((sum, value) => sum + value, 0) / square.length);
        }
      }
      const means = meansOf(grey(values, { smallest: -3000, largest: 3000 }), columns, by);
      expect(means).toHaveLength(expected.length);
      means.forEach((mean, at) => expect(Math.abs(mean - expected[at]!)).toBeLessThanOrEqual(0.5));
    }
  }
});

test('what a shutter hides keeps its values: a reader may take it away', () => {
  const values = Uint16Array.of(60_000, 60_000, 100, 102, 60_000, 60_000, 100, 102);
  const shutter = { hidden: Uint8Array.of(1, 1, 0, 0, 1, 1, 0, 0), grey: 0 };
  expect(meansOf(grey(values, { smallest: 100, largest: 102, shutter }), 4, 2)).toEqual([60_000, 101]);
  const signed = Int16Array.of(-30_000, -30_000, 5, 5, -30_000, -30_000, 5, 5);
  expect(meansOf(grey(signed, { smallest: 5, largest: 5, shutter }), 4, 2)).toEqual([-30_000, 5]);
});

test('negative values keep their sign', () => {
  expect(meansOf(grey(Int16Array.of(-1000, -1001, -3000, -3003)), 2, 2)).toEqual([-2001]);
  expect(meansOf(grey(Int16Array.of(-32_768, -32_768, 32_767, -32_768)), 2, 2)).toEqual([-16_384]);
});

test('what has few values is not rounded to one of them', () => {
  expect(meansOf(grey(Uint8Array.of(0, 1, 0, 0)), 2, 2)).toEqual([0.25]);
  expect(meansOf(grey(Int16Array.of(-1, 0, 0, 0)), 2, 2)).toEqual([-0.25]);
  expect(meansOf(grey(Uint8Array.of(7, 7, 7, 7)), 2, 2)).toEqual([7]);
  expect(meansOf(grey(Uint8Array.of(0, 255, 0, 255)), 2, 2)).toEqual([127.5]);
  const mask = grey(Uint8Array.of(0, 1, 1, 1, 0, 0, 0, 1));
  expect(shownOf(reduced(mask, 4, 2), 2, 0.5, 1)).toEqual([64, 191]);
});

test('a narrow window shows every grey, however wide the range of the values is', () => {
  // From 20 to 60 over 800 squares, by a sixteenth at a time.
  const columns = 4 * 800;
  const meanOf = (square: number) => 20 + Math.floor((square / 20) * 16) / 16;
  const values = Int16Array.from({ length: 4 * columns }, (_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    return Math.floor(meanOf(column >> 2) + (4 * row + (column & 3)) / 16);
  });
  const image = grey(values, { smallest: -1024, largest: 3071 });
  const shown = shownOf(reduced(image, columns, 4), 800, 40, 40);
  expect(new Set(shown).size).toBeGreaterThan(250);
  shown.forEach((seen, square) => expect(Math.abs(seen - (255 * (meanOf(square) - 20)) / 40)).toBeLessThan(1));
});

test('what is 0 everywhere stays so', () => {
  expect(meansOf(grey(new Uint8Array(4)), 2, 2)).toEqual([0]);
  expect(
    meansOf(
      grey(Uint16Array.of(0, 9, 9, 0), { smallest: 0, largest: 0, padding: { from: 9, to: 9, shownAs: 0 } }),
      2,
      2,
    ),
  ).toEqual([0]);
});

test('padding is no part of a mean, and a square of nothing else looks as it does', () => {
  const values = Int16Array.of(-2000, 1000, -2000, -1995, -1990, 3000, -1991, -1992);
  const image = grey(values, { smallest: 1000, largest: 3000, padding: { from: -2000, to: -1990, shownAs: -2000 } });
  expect(meansOf(image, 4, 2)).toEqual([2000, -2000]);
  const bright = { ...image, padding: { from: -2000, to: -1990, shownAs: -1990 } };
  expect(shownOf(reduced(bright, 4, 2), 2, -1995, 10)).toEqual([255, 255]);
  expect(shownOf(reduced(image, 4, 2), 2, -1995, 10)).toEqual([255, 0]);
});

test('a mean among the values of padding is shown as what it is', () => {
  const image = grey(Int16Array.of(0, 100, 0, 100), { padding: { from: 40, to: 60, shownAs: 40 } });
  expect(shownOf(reduced(image, 2, 2), 1, 50, 20)).toEqual([128]);
});

test('fractions stay fractions, and what is no number is no part of a mean', () => {
  const values = Float32Array.of(0.25, 0.5, NaN, NaN, NaN, 1, NaN, NaN);
  const { values: means } = reduced(grey(values), 4, 2);
  expect(means).toEqual(Float32Array.of(Math.fround(1.75 / 3), NaN));
  expect(shownOf(reduced(grey(values), 4, 2), 2, 0, 2)[1]).toBe(0);
});

test('each colour is averaged by itself', () => {
  const rgb = ofColor(Uint8Array.of(255, 0, 10, 0, 0, 20, 9, 8, 7, 255, 255, 30, 255, 0, 40, 5, 4, 3));
  expect(reduced(rgb, 3, 2)).toMatchObject({ color: true, values: Uint8Array.of(191, 64, 25, 7, 6, 5) });
});

test('a bright point weighs as much in every window as it has light', () => {
  const values = new Uint16Array(64).fill(1000);
  values[27] = 4000;
  expect(meansOf(grey(values), 8, 8)).toEqual([1000 + 3000 / 64]);
  expect(meansOf(grey(values), 8, 2).filter((mean) => mean === 1750)).toHaveLength(1);
});
