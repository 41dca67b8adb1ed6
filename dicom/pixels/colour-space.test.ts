import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toRgb } from './colour-space.ts';

const byte = fc.integer({ min: 0, max: 255 });

/** PS3.3 C.7.6.3.1.2, YBR_FULL: the equations from RGB, whose inverse is asked for. */
test('YBR_FULL and YBR_ICT give back the colour that the equations of the standard were given', () => {
  fc.assert(
    fc.property(byte, byte, byte, (r, g, b) => {
      const ybr = [
        0.299 * r + 0.587 * g + 0.114 * b,
        -0.1687 * r - 0.3313 * g + 0.5 * b + 128,
        0.5 * r - 0.4187 * g - 0.0813 * b + 128,
      ];
      for (const kind of ['YBR_FULL', 'YBR_ICT'])
        toRgb(ybr, kind, 8).forEach((value, index) =>
          expect(Math.abs(value - [r, g, b][index]!)).toBeLessThanOrEqual(1),
        );
    }),
  );
});

/** C.7.6.3.1.2, YBR_PARTIAL_422: black at 16, white at 235. */
test('YBR_PARTIAL gives back the colour that the equations of the standard were given', () => {
  fc.assert(
    fc.property(byte, byte, byte, (r, g, b) => {
      const ybr = [
        0.2568 * r + 0.5041 * g + 0.0979 * b + 16,
        -0.1482 * r - 0.291 * g + 0.4392 * b + 128,
        0.4392 * r - 0.3678 * g - 0.0714 * b + 128,
      ];
      toRgb(ybr, 'YBR_PARTIAL_422', 8).forEach((value, index) =>
        expect(Math.abs(value - [r, g, b][index]!)).toBeLessThanOrEqual(1),
      );
    }),
  );
  expect([...toRgb([16, 128, 128, 235, 128, 128], 'YBR_PARTIAL_420', 8)]).toEqual([0, 0, 0, 255, 255, 255]);
});

/** C.7.6.3.1.2, YBR_RCT: exact. Colours whose differences fit 8 bits. */
test('YBR_RCT gives back exactly the colour that the equations of the standard were given', () => {
  fc.assert(
    fc.property(fc.tuple(byte, byte, byte), ([r, g, b]) => {
      fc.pre(Math.abs(b - g) < 128 && Math.abs(r - g) < 128);
      const ybr = [Math.floor((r + 2 * g + b) / 4), b - g + 128, r - g + 128];
      expect([...toRgb(ybr, 'YBR_RCT', 8)]).toEqual([r, g, b]);
    }),
  );
});

test('samples of more than 8 bits are scaled by Bits Stored', () => {
  expect([...toRgb([0, 32_768, 65_535], 'RGB', 16)]).toEqual([0, 128, 255]);
  expect([...toRgb([4095, 2048, 2048], 'YBR_FULL', 12)]).toEqual([255, 255, 255]);
  expect([...toRgb([7, 200, 255], 'RGB', 8)]).toEqual([7, 200, 255]);
});
