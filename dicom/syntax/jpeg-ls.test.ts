import { describe, expect, test } from 'vitest';
import { plainImage } from '#tests/plain-image.ts';
import { CannotDecode } from '../pixels/decoded-frame.ts';
import type { ImagePixel } from '../pixels/image-pixel.ts';
import { decodeJpegLS } from './jpeg-ls.ts';

const side = 12;
const image = (bitsStored: number): ImagePixel => plainImage({ rows: side, columns: side }, { bitsStored });

/** Slopes and noise in squares of four pixels. */
function samplesOf(bits: number): number[] {
  return Array.from({ length: side * side }, (_, at) => {
    const [x, y] = [at % side, Math.floor(at / side)];
    const isNoise = ((x >> 2) + (y >> 2)) % 2 === 1;
    return (isNoise ? x * x * 7 + y * 13 + x * y * 3 : x * 2 + y) % 2 ** bits;
  });
}

/** By dcmcjpls of DCMTK 3.6.7: `+el +pc` for no deviation, else `+en +md`. */
const streams = [
  {
    bits: 7,
    deviation: 0,
    stream:
      'ffd8fff7000b07000c000c01011100ffda00080101000000009b6000005680e8a0a8670e1852900000160000007d3b0000030c00000c0d2e' +
      '0000057b313d5d71000002c57991bfe000006f80000820000006e8a2e09e7000003f227000000bde3cbbd2f2000006481270000036b4e3d' +
      '19a3e430e242ccb36fd0f24d72a302e000d900020d019000002e3b341cd770727e2be4fbc7ab64880007e3d56ea46fcffd900',
  },
  {
    bits: 7,
    deviation: 3,
    stream:
      'ffd8fff7000b07000c000c01011100ffda0008010100030000dc0040114a2e6d4180358082ace80752efc041ba0470002248040581640' +
      '1cb6916e478120c0048bde2b014c108e56b02240c0105400016033d8026d72de035ee44f63ef4502b1e60ffd900',
  },
  {
    bits: 6,
    deviation: 1,
    stream:
      'ffd8fff7000b06000c000c01011100ffda0008010100010000b900a0100dac946004b0020039f60001202002b728010b0020039400404006' +
      '0d685006a98006b737038a0e8d0002833585a00f6852278e600d4c140000338040100185a02f83100cd2d8155f00005e3203fe125801e264ffd9',
  },
];

describe('a JPEG-LS frame', () => {
  test.each(streams)(
    'of $bits bits by DCMTK, which takes other thresholds than the standard, is what it was but for $deviation',
    async ({ bits, deviation, stream }) => {
      const { bytes } = await decodeJpegLS(Buffer.from(stream, 'hex'), image(bits));
      const furthest = samplesOf(bits).map((sample, at) => Math.abs(sample - (bytes[at] as number)));
      expect(Math.max(...furthest)).toBe(deviation);
    },
  );

  test('of 7 bits that is one picture by the one thresholds and another by the others is refused', async () => {
    // A slope by dcmcjpls `+el +pc`. By the thresholds of the standard it seems to come out well, and is none.
    const slope =
      'ffd8fff7000b07000c000c01011100ffda00080101000000000000effceffc2ffe4ffedffdbffaff7a7ff4ff7dff69ff73ff40ffd949';
    const decoding = decodeJpegLS(Buffer.from(slope, 'hex'), image(7));
    await expect(decoding).rejects.toThrow('another picture');
    await expect(decoding).rejects.toThrow(CannotDecode);
  });

  test('of 7 bits that ends in fill bytes is damaged, whatever stands where its scan would begin', async () => {
    const filled = `ffd8fff7000b070004000401011100${'ff'.repeat(10)}d9`;
    const small = { ...image(7), rows: 4, columns: 4 };
    await expect(decodeJpegLS(Buffer.from(filled, 'hex'), small)).rejects.toThrow(CannotDecode);
  });

  test('of 7 bits that is damaged is refused whichever thresholds it has', async () => {
    const [{ stream } = { stream: '' }] = streams;
    const damaged = Buffer.from(stream, 'hex');
    damaged.fill(0x55, 60, 90);
    await expect(decodeJpegLS(damaged, image(7))).rejects.toThrow(CannotDecode);
  });
});
