import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plainImage } from '#tests/plain-image.ts';
import type { DecodedFrame } from './decoded-frame.ts';
import { withinBitsStored } from './overshoot.ts';
import { storedValueOf, withoutOvershoot } from './stored-values.ts';

const words = (...values: number[]): Uint16Array => Uint16Array.from(values);
const signed = { bitsStored: 12, isSigned: true };
const unsigned = { bitsStored: 12, isSigned: false };

function valuesOf(cells: Uint16Array, bits: typeof signed): number[] {
  return Array.from(withinBitsStored(cells, bits), storedValueOf({ ...bits, highBit: bits.bitsStored - 1 }));
}

describe('a value that lossy compression took beyond Bits Stored', () => {
  test('is the largest without a sign', () => {
    expect(valuesOf(words(0, 4095, 4096, 4101), unsigned)).toEqual([0, 4095, 4095, 4095]);
  });

  test('is the smallest or the largest with one', () => {
    expect(valuesOf(words(-2052, -2048, -1, 5, 2047, 2050), signed)).toEqual([-2048, -2048, -1, 5, 2047, 2047]);
  });

  test('is told from a negative one by how the others of its frame are written', () => {
    expect(valuesOf(words(0x0802, 0x0fff, 5), signed)).toEqual([-2046, -1, 5]);
    expect(valuesOf(words(0x0802, 0xafff, 5), signed)).toEqual([-2046, -1, 5]);
  });

  test('of a decoded frame is so too, and a frame that has none is the same', () => {
    const frame = (...values: number[]): DecodedFrame => ({
      ...plainImage({ rows: 1, columns: values.length }, { bitsStored: 12, isSigned: true }),
      bytes: Buffer.from(Int16Array.from(values).buffer),
    });
    expect(withoutOvershoot(frame(-2052, 2050))).toEqual(frame(-2048, 2047));
    const whole = frame(-2048, 2047);
    expect(withoutOvershoot(whole)).toBe(whole);
  });

  test('is looked for before anything is written anew', () => {
    for (const [cells, bits] of [
      [words(0, 4095), unsigned],
      [words(-2048, 2047), signed],
      [words(0xffff), { bitsStored: 16, isSigned: false }],
    ] as const)
      expect(withinBitsStored(cells, bits)).toBe(cells);
  });
});

test('values that Bits Stored allows stay what they are, with the bits above as zeros or as the sign', () => {
  const bits = fc.integer({ min: 1, max: 16 });
  const frame = bits.chain((bitsStored) =>
    fc.tuple(
      fc.constant(bitsStored),
      fc.array(fc.integer({ min: -(2 ** (bitsStored - 1)), max: 2 ** (bitsStored - 1) - 1 })),
      fc.boolean(),
    ),
  );
  fc.assert(
    fc.property(frame, ([bitsStored, values, extended]) => {
      const cells = Uint16Array.from(values, (value) => (extended ? value : value & (2 ** bitsStored - 1)));
      expect(valuesOf(cells, { bitsStored, isSigned: true })).toEqual(values);
    }),
  );
});
