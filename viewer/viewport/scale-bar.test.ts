import { expect, test } from 'vitest';
import { scaleBar } from './scale-bar.ts';

test('the longest round length that fits', () => {
  expect(scaleBar(1, 140)).toEqual({ mm: 100, pixels: 100 });
  expect(scaleBar(2, 140)).toEqual({ mm: 50, pixels: 100 });
  expect(scaleBar(0.1, 140)).toEqual({ mm: 1000, pixels: 100 });
  expect(scaleBar(100, 140)).toEqual({ mm: 1, pixels: 100 });
});

test('without a scale there is no bar', () => {
  expect(scaleBar(0, 140)).toBeUndefined();
  expect(scaleBar(NaN, 140)).toBeUndefined();
});
