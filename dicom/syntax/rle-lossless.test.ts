import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plainImage } from '#tests/plain-image.ts';
import { CannotDecode } from '../pixels/decoded-frame.ts';
import type { ImagePixel } from '../pixels/image-pixel.ts';
import { decodeRle } from './rle-lossless.ts';

const image = (differs: Partial<ImagePixel> = {}): ImagePixel => ({
  ...plainImage({ rows: 1, columns: 10 }, { bitsStored: 8 }),
  ...differs,
});

/** A frame of segments that are encoded already (PS3.5 G.5). */
function frameOf(...segments: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(64);
  header.writeUInt32LE(segments.length, 0);
  let at = 64;
  segments.forEach((segment, i) => {
    header.writeUInt32LE(at, 4 + 4 * i);
    at += segment.length;
  });
  return Buffer.concat([header, ...segments]);
}

/** Runs of three and more replicated, the rest literal, each of at most 128 bytes (G.3.1). */
function encodeSegment(bytes: readonly number[]): Buffer {
  const out: number[] = [];
  let literal: number[] = [];
  const flush = (): void => {
    if (literal.length) out.push(literal.length - 1, ...literal);
    literal = [];
  };
  for (let at = 0; at < bytes.length;) {
    let run = 1;
    while (run < 128 && bytes[at + run] === bytes[at]) run++;
    if (run > 2) {
      flush();
      out.push(257 - run, bytes[at] as number);
      at += run;
    } else {
      literal.push(bytes[at++] as number);
      if (literal.length === 128) flush();
    }
  }
  flush();
  if (out.length % 2) out.push(0);
  return Buffer.from(out);
}

describe('an RLE frame', () => {
  test('has literal runs, replicate runs, and a byte that stands for nothing', () => {
    const segment = Buffer.from([2, 1, 2, 3, 128, 0xfd, 9, 2, 4, 5, 6, 0]);
    expect([...decodeRle(frameOf(segment), image()).bytes]).toEqual([1, 2, 3, 9, 9, 9, 9, 4, 5, 6]);
  });

  test('of 16 bits and three samples has a segment for each byte, the most significant first', () => {
    const planes = [0x11, 0x22, 0x33, 0x44, 0x55, 0x66].map((value) => Buffer.from([0xff, value]));
    const { bytes, planarConfiguration } = decodeRle(
      frameOf(...planes),
      image({ columns: 2, samplesPerPixel: 3, bitsAllocated: 16, planarConfiguration: 1 }),
    );
    expect(bytes.toString('hex')).toBe('221144336655'.repeat(2));
    expect(planarConfiguration).toBe(0);
  });

  test('of single bits becomes a byte a pixel', () => {
    const frame = decodeRle(
      frameOf(Buffer.from([1, 0b10000101, 0b01])),
      image({ columns: 9, bitsAllocated: 1, bitsStored: 1, highBit: 0 }),
    );
    expect([...frame.bytes]).toEqual([1, 0, 1, 0, 0, 0, 0, 1, 1]);
    expect(frame.bitsAllocated).toBe(8);
  });

  test('is what was encoded, whatever that was', () => {
    const samples = fc.record({
      rows: fc.integer({ min: 1, max: 12 }),
      columns: fc.integer({ min: 1, max: 40 }),
      samplesPerPixel: fc.constantFrom(1, 3),
      size: fc.constantFrom(1, 2, 4),
      seed: fc.array(fc.nat(255), { minLength: 1, maxLength: 8 }),
    });
    fc.assert(
      fc.property(samples, ({ rows, columns, samplesPerPixel, size, seed }) => {
        const pixels = rows * columns;
        const bytes = Array.from({ length: pixels * samplesPerPixel * size }, (_, i) => seed[(i >> 3) % seed.length]);
        const segments: Buffer[] = [];
        for (let sample = 0; sample < samplesPerPixel; sample++) {
          for (let byte = size - 1; byte >= 0; byte--) {
            const plane = Array.from(
              { length: pixels },
              (_, pixel) => bytes[(pixel * samplesPerPixel + sample) * size + byte] as number,
            );
            segments.push(encodeSegment(plane));
          }
        }
        const decoded = decodeRle(
          frameOf(...segments),
          image({ rows, columns, samplesPerPixel, bitsAllocated: size * 8 }),
        );
        expect([...decoded.bytes]).toEqual(bytes);
      }),
    );
  });

  test('that is damaged decodes to as many samples as it should have, or not at all', () => {
    const good = frameOf(encodeSegment([1, 2, 3, 3, 3, 3, 7, 8, 9, 9]));
    const change = fc.record({ at: fc.nat(good.length - 1), value: fc.nat(255), end: fc.nat(good.length) });
    fc.assert(
      fc.property(change, ({ at, value, end }) => {
        const bad = Buffer.from(good);
        bad[at] = value;
        try {
          expect(decodeRle(bad.subarray(0, end), image()).bytes.length).toBe(10);
        } catch (error) {
          expect(error).toBeInstanceOf(CannotDecode);
        }
      }),
    );
  });

  test('with a segment that ends early, or one too many, is refused', () => {
    expect(() => decodeRle(frameOf(Buffer.from([2, 1, 2, 3])), image())).toThrow('an RLE segment ends 7 bytes early');
    expect(() => decodeRle(frameOf(Buffer.from([9, 1, 2, 3])), image())).toThrow('inside a literal run');
    const oneShort = Buffer.from([9, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(() => decodeRle(frameOf(oneShort), image())).toThrow('inside a literal run');
    expect([...decodeRle(frameOf(oneShort), image({ columns: 9 })).bytes]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(() => decodeRle(frameOf(Buffer.from([0, 1]), Buffer.from([0, 1])), image())).toThrow(
      '2 RLE segments where the image has 1',
    );
    expect(() => decodeRle(Buffer.alloc(20), image())).toThrow('no header');
  });
});
