import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { plainImage } from '#tests/plain-image.ts';
import { CannotDecode } from '../pixels/decoded-frame.ts';
import type { ImagePixel } from '../pixels/image-pixel.ts';
import { readJpegXLSize } from './jpeg-xl-stream.ts';
import { decodeJpegXL } from './jpeg-xl.ts';

const image = (differs: Partial<ImagePixel> = {}): ImagePixel => ({
  ...plainImage({ rows: 16, columns: 16 }, { bitsStored: 12 }),
  ...differs,
});

/** A JPEG of 16 × 16 pixels, and the same recompressed by cjxl 0.7 with --lossless_jpeg=1. */
const jpeg = Buffer.from(
  '/9j/2wBDAAYEBQYFBAYGBQYHBwYIChAKCgkJChQODwwQFxQYGBcUFhYaHSUfGhsjHBYWICwgIyYnKSopGR8tMC0oMCUoKSj/2wBDAQcHBwoIChMKChMoGhYaKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCj/wAARCAAQABADASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAABgf/xAAaEAABBQEAAAAAAAAAAAAAAAAABQYiMqEx/8QAFQEBAQAAAAAAAAAAAAAAAAAAAQP/xAAaEQACAgMAAAAAAAAAAAAAAAAABgQhBTEy/9oADAMBAAIRAxEAPwCVJLdrDBmkt3kMGKS3awwZpLdrDCs7ObsFVj5s/9k=',
  'base64',
);
const recompressed = Buffer.from(
  'AAAADEpYTCANCocKAAAAFGZ0eXBqeGwgAAAAAGp4bCAAAAARanhscAAAAAD/CkNAJAAAAEJqYnJktg0gCILQslCjQBIAAACQ/X9CTgAAAEDlIccMOsz/SgIAAACI/18QQgEAAEDGIDXMMf8L/ABAZQEAOwAAARFqeGxwgAAAAeBbAhAA+AMObgxsDm7+/w4AABgACAABAAAAAACAgCWJFMi8SQ+Ap5nhHgCAQpKCggLJdgxOx+DJ0TYSYzDBriHTGFDvn4mEKOiCPSC3cjVOADHYOgQA4arQWRkAAPBUCAAAIqsEAAATAAAAQE8AAAAAAAAAAAAAAAAAAACAFEmQGyTfS4hTiHegHizKtEmzRR/ASxGaQ+gGYIYsEIURhWxIAIAXA0C01B8ERA2hrAD4StgkDQAAKAsJAAAl+gQAABMAAACAvQAAAAAAAAAAAAAAAAAAAAAAAAAAAEBJIiWRJ16aPgCoWJadGUKDuh8eOJy79g8OnZ0ZQoHKzgyhQWVnhtCgAA==',
  'base64',
);

async function encode(samples: Buffer, bitsPerSample: number, componentCount: number): Promise<Buffer> {
  const { default: open } = await import('@cornerstonejs/codec-libjxl/encodewasmjs');
  const wasm = createRequire(import.meta.url).resolve('@cornerstonejs/codec-libjxl/encodewasm');
  const { JpegXLEncoder } = await open({ wasmBinary: readFileSync(wasm), print() {}, printErr() {} });
  const encoder = new JpegXLEncoder();
  encoder.getDecodedBuffer({ width: 16, height: 16, bitsPerSample, componentCount, isSigned: false }).set(samples);
  encoder.setLossless(true);
  encoder.encode();
  return Buffer.from(encoder.getEncodedBuffer());
}

describe('a JPEG XL frame', () => {
  test('of 12 bits comes out bit by bit', async () => {
    const samples = Buffer.alloc(512);
    for (let i = 0; i < 256; i++) samples.writeUInt16LE((i * 37) % 4096, 2 * i);
    const frame = await decodeJpegXL(await encode(samples, 12, 1), image());
    expect(frame.bytes.equals(samples)).toBe(true);
  });

  test('of three colours comes out as RGB by pixel', async () => {
    const samples = Buffer.from(Array.from({ length: 768 }, (_, i) => (i * 3) % 256));
    const frame = await decodeJpegXL(
      await encode(samples, 8, 3),
      image({ samplesPerPixel: 3, bitsAllocated: 8, bitsStored: 8, highBit: 7, photometricInterpretation: 'RGB' }),
    );
    expect(frame.bytes.equals(samples)).toBe(true);
  });

  test('that was a JPEG is the picture that the JPEG is', async () => {
    const ofJpeg = { samplesPerPixel: 3, bitsAllocated: 8, bitsStored: 8, photometricInterpretation: 'YBR_FULL_422' };
    const frame = await decodeJpegXL(recompressed, image(ofJpeg));
    expect(frame.photometricInterpretation).toBe('RGB');
    const expected = await sharp(jpeg).raw().toBuffer();
    const differences = expected.map((value, i) => Math.abs(value - (frame.bytes[i] as number)));
    expect(Math.max(...differences)).toBeLessThanOrEqual(2);
  });

  test('that claims more pixels than the image has is refused before anything is made of it', async () => {
    // 2 ** 30 rows in the longest form, and as many columns.
    const claims = Buffer.from('ff0a' + 'feffffff03', 'hex');
    await expect(decodeJpegXL(claims, image())).rejects.toThrow('the stream has 1073741824 × 1073741824 pixels');
    const unequal = Buffer.from('ff0a' + 'fefffffff1ffffff0f', 'hex');
    expect(readJpegXLSize(unequal)).toEqual({ rows: 2 ** 30, columns: 2 ** 30 });
    expect(readJpegXLSize(recompressed)).toEqual({ rows: 16, columns: 16 });
  });

  test('that is damaged, or another image, is refused', async () => {
    const encoded = await encode(Buffer.alloc(512, 7), 12, 1);
    await expect(decodeJpegXL(encoded.subarray(0, 10), image())).rejects.toThrow(CannotDecode);
    await expect(decodeJpegXL(Buffer.alloc(64), image())).rejects.toThrow(CannotDecode);
    await expect(decodeJpegXL(encoded, image({ rows: 15 }))).rejects.toThrow(
      'the stream has 16 × 16 pixels, not 15 × 16',
    );
  });
});
