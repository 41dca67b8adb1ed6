import { expect, test } from 'vitest';
import { halved, halvingsTo } from './halved.ts';
import type { RenderedFrame } from './render.ts';

const picture = (rows: number, columns: number, channels: 1 | 3, bytes: readonly number[]): RenderedFrame => ({
  rows,
  columns,
  channels,
  bytes: Uint8Array.from(bytes),
});

test('each pixel is the mean of four, at the edges of those that there are', () => {
  const grey = halved(picture(3, 5, 1, [0, 4, 10, 10, 7, 8, 0, 10, 10, 9, 100, 102, 50, 50, 255]), 1);
  expect(grey).toMatchObject({ rows: 2, columns: 3 });
  expect([...grey.bytes]).toEqual([3, 10, 8, 101, 50, 255]);
  const colour = halved(picture(2, 3, 3, [1, 2, 3, 3, 2, 1, 9, 8, 7, 1, 2, 3, 3, 2, 1, 9, 8, 7]), 1);
  expect(colour).toMatchObject({ rows: 1, columns: 2, channels: 3 });
  expect([...colour.bytes]).toEqual([2, 2, 2, 9, 8, 7]);
});

test('a picture becomes no brighter by it', () => {
  const side = 256;
  const noise = Array.from({ length: side * side }, (_, index) => (index * 7919 + (index >> 3) * 104_729) % 256);
  const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0) / values.length;
  expect(Math.abs(mean(halved(picture(side, side, 1, noise), 4).bytes) - mean(noise))).toBeLessThan(0.2);
});

test('what is left has a pixel for each that is asked for', () => {
  const least = { width: 256, height: 256 };
  expect([200, 256, 511, 512, 1023, 1024].map((side) => halvingsTo({ rows: side, columns: side }, least))).toEqual([
    0, 0, 0, 1, 1, 2,
  ]);
  expect(halvingsTo({ rows: 300, columns: 4096 }, least)).toBe(0);
});
