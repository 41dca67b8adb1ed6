import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ImagePixel } from './image-pixel.ts';
import { cutBits, decodeNative, nativeFrameBits, swapWords } from './native-frame.ts';

const image = (differs: Partial<ImagePixel>): ImagePixel => ({
  rows: 1,
  columns: 1,
  samplesPerPixel: 1,
  bitsAllocated: 8,
  bitsStored: differs.bitsAllocated ?? 8,
  highBit: (differs.bitsAllocated ?? 8) - 1,
  isSigned: false,
  photometricInterpretation: 'MONOCHROME2',
  planarConfiguration: 0,
  sample: 'integer',
  ...differs,
});

/** Samples side by side, the first one in the lowest bits (PS3.5 8.1.1): the plain model. */
function packed(samples: readonly number[], bits: number, from = 0): Buffer {
  const out = Buffer.alloc(Math.ceil((from + samples.length * bits) / 8));
  samples.forEach((sample, i) => {
    for (let bit = 0; bit < bits; bit++) {
      const at = from + i * bits + bit;
      if ((sample >> bit) & 1) out[at >> 3] = (out[at >> 3] as number) | (1 << (at & 7));
    }
  });
  return out;
}

describe('native frames', () => {
  test('of any number of bits become whole bytes', () => {
    const cells = fc
      .integer({ min: 1, max: 24 })
      .chain((bits) => fc.tuple(fc.constant(bits), fc.array(fc.nat(2 ** bits - 1), { minLength: 1, maxLength: 50 })));
    fc.assert(
      fc.property(cells, ([bits, samples]) => {
        const frame = decodeNative(packed(samples, bits), image({ columns: samples.length, bitsAllocated: bits }));
        const size = frame.bitsAllocated / 8;
        expect(samples.map((_, i) => frame.bytes.readUIntLE(i * size, size))).toEqual(samples);
        expect(frame.bitsStored).toBe(bits);
      }),
    );
  });

  test('of bits are cut out wherever they begin', () => {
    const bits = fc.tuple(fc.array(fc.nat(1), { minLength: 1, maxLength: 80 }), fc.nat(30));
    fc.assert(
      fc.property(bits, ([samples, from]) => {
        const around = packed([...Array<number>(from).fill(1), ...samples, 1, 1, 1], 1);
        expect(cutBits(around, from, samples.length)).toEqual(packed(samples, 1));
      }),
    );
  });

  test('with colour by plane become colour by pixel, of 8 and of 16 bits', () => {
    const eight = decodeNative(
      Buffer.from([1, 2, 3, 4, 5, 6]),
      image({ columns: 2, samplesPerPixel: 3, planarConfiguration: 1, photometricInterpretation: 'RGB' }),
    );
    expect([...eight.bytes]).toEqual([1, 3, 5, 2, 4, 6]);
    expect(eight.planarConfiguration).toBe(0);
    const sixteen = decodeNative(
      Buffer.from([1, 10, 2, 20, 3, 30, 4, 40, 5, 50, 6, 60]),
      image({ columns: 2, samplesPerPixel: 3, bitsAllocated: 16, planarConfiguration: 1 }),
    );
    expect([...sixteen.bytes]).toEqual([1, 10, 3, 30, 5, 50, 2, 20, 4, 40, 6, 60]);
  });

  test('of YBR_FULL_422 give two neighbours the colour that they share', () => {
    const shared = image({ columns: 4, samplesPerPixel: 3, photometricInterpretation: 'YBR_FULL_422' });
    const frame = decodeNative(Buffer.from([1, 2, 101, 201, 3, 4, 102, 202]), shared);
    expect([...frame.bytes]).toEqual([1, 101, 201, 2, 101, 201, 3, 102, 202, 4, 102, 202]);
    expect(frame.photometricInterpretation).toBe('YBR_FULL');
  });

  test('that say YBR_FULL_422 over colour that is not shared are taken as long as they are', () => {
    const shape = {
      rows: 2,
      columns: 2,
      samplesPerPixel: 3,
      bitsAllocated: 8,
      photometricInterpretation: 'YBR_FULL_422',
    };
    expect(nativeFrameBits(shape, 16, 2)).toBe(64);
    expect(nativeFrameBits(shape, 24, 2)).toBe(96);
    expect(nativeFrameBits({ ...shape, photometricInterpretation: 'RGB' }, 16, 2)).toBe(96);
  });

  test('keep the bits beside the stored value, in which overlays lie', () => {
    const frame = decodeNative(Buffer.from([0x34, 0xf2]), image({ bitsAllocated: 16, bitsStored: 12, highBit: 11 }));
    expect(frame.bytes.toString('hex')).toBe('34f2');
  });

  test('that are too short are refused', () => {
    expect(() => decodeNative(Buffer.alloc(3), image({ columns: 4 }))).toThrow('Pixel Data ends early');
  });

  test('are turned around word by word', () => {
    expect(swapWords(Buffer.from([1, 2, 3, 4]), 2).toString('hex')).toBe('02010403');
    expect(swapWords(Buffer.from([1, 2, 3, 4]), 4).toString('hex')).toBe('04030201');
    expect(swapWords(Buffer.from([1, 2, 3, 4]), 1).toString('hex')).toBe('01020304');
  });
});
