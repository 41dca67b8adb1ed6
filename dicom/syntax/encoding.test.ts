import open from '@cornerstonejs/codec-openjpeg/decodewasmjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PixelPool } from '#derive/pixel-pool.ts';
import { corpusFile, hasCorpus, manifest, type ManifestRow } from '#tests/corpus.ts';
import { openStoredFile } from '#tests/stored-file.ts';
import type { DecodedFrame } from '../pixels/decoded-frame.ts';
import { CannotEncode } from '../pixels/encoded-frame.ts';
import { losslessEncodings } from './all.ts';
import { encodeRle } from './rle-encoder.ts';
import { decodeRle } from './rle-lossless.ts';
import { encodeHtJpeg2000, encodeJpeg2000, encodeJpegLossless, encodeJpegLS } from './wasm-encoding.ts';

/** A frame of cells, unsigned unless it says otherwise. */
function frameOf(columns: number, cells: readonly number[], differs: Partial<DecodedFrame> = {}): DecodedFrame {
  const { bitsAllocated = 8, samplesPerPixel = 1 } = differs;
  const bytes = Buffer.alloc((cells.length * bitsAllocated) / 8);
  cells.forEach((cell, at) => bytes.writeUIntLE(cell, (at * bitsAllocated) / 8, bitsAllocated / 8));
  return {
    rows: cells.length / columns / samplesPerPixel,
    columns,
    samplesPerPixel,
    bitsAllocated,
    bitsStored: bitsAllocated,
    highBit: (differs.bitsStored ?? bitsAllocated) - 1,
    isSigned: false,
    photometricInterpretation: samplesPerPixel === 3 ? 'RGB' : 'MONOCHROME2',
    planarConfiguration: 0,
    sample: 'integer',
    bytes,
    ...differs,
  };
}

/** 64 by 64 cells that are anything. */
const noise = (cells: number, bits: number): number[] => {
  let state = 1;
  return Array.from({ length: cells }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return (state >>> 8) % 2 ** bits;
  });
};

describe('RLE Lossless (PS3.5 Annex G)', () => {
  test('has runs that end with their row, and segments of an even length', () => {
    const { bytes } = encodeRle(frameOf(4, [7, 7, 7, 7, 7, 7, 1, 2]));
    // Four times 7 (257 − 4); twice 7; two literal ones.
    expect(bytes.toString('hex', 64)).toBe('fd07ff07010102' + '00');
    expect(bytes.readUInt32LE(0)).toBe(1);
    expect(bytes.readUInt32LE(4)).toBe(64);
  });

  test('has a segment for each byte of each sample, the most significant first', () => {
    const { bytes, planarConfiguration } = encodeRle(
      frameOf(1, [0x1122, 0x3344, 0x5566], { bitsAllocated: 16, samplesPerPixel: 3 }),
    );
    expect(bytes.readUInt32LE(0)).toBe(6);
    expect(bytes.toString('hex', 64)).toBe('001100220033004400550066');
    expect(planarConfiguration).toBe(1);
  });

  test('splits runs and literals longer than 128, and a pair within literals is none', () => {
    const long = [...Array.from({ length: 300 }, () => 5), ...Array.from({ length: 300 }, (_, at) => at % 256)];
    const { bytes, ...image } = encodeRle(frameOf(600, long));
    expect(decodeRle(bytes, image).bytes.equals(Buffer.from(long))).toBe(true);
    expect(bytes.toString('hex', 64, 70)).toBe('81058105d505');
    expect(encodeRle(frameOf(5, [1, 2, 2, 3, 4])).bytes.toString('hex', 64)).toBe('040102020304');
  });
});

describe('a frame that a syntax cannot hold', () => {
  const refused: [string, Partial<DecodedFrame>, (typeof losslessEncodings)[number]['encodeFrame'][]][] = [
    ['samples have 32 bits', { bitsAllocated: 32 }, losslessEncodings.map(({ encodeFrame }) => encodeFrame)],
    ['samples are floating point', { bitsAllocated: 32, sample: 'float' }, [encodeRle, encodeJpeg2000]],
    ['"HSV"', { samplesPerPixel: 3, photometricInterpretation: 'HSV' }, [encodeRle, encodeJpegLS]],
    ['colours have 16 bits', { samplesPerPixel: 3, bitsAllocated: 16 }, [encodeJpeg2000, encodeHtJpeg2000]],
    ['8 bits have signs', { isSigned: true }, [encodeJpeg2000, encodeHtJpeg2000]],
    [
      'colours are YBR_FULL',
      { samplesPerPixel: 3, photometricInterpretation: 'YBR_FULL' },
      [encodeHtJpeg2000, encodeJpegLossless],
    ],
    ['one row or column', {}, [encodeJpeg2000]],
  ];
  test.each(refused)('is refused: %s', async (why, differs, encoders) => {
    const { samplesPerPixel = 1 } = differs;
    for (const encode of encoders) {
      const error = await Promise.resolve()
        .then(() =>
          encode?.(
            frameOf(
              1,
              Array.from({ length: 4 * samplesPerPixel }, () => 1),
              differs,
            ),
          ),
        )
        .catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(CannotEncode);
      expect((error as Error).message).toContain(why);
    }
  });
});

test.each([
  ['noise, which nothing makes smaller', noise(4_096, 16), { bitsAllocated: 16 }],
  ['colours of noise', noise(3 * 4_096, 8), { samplesPerPixel: 3 }],
  ['cells of 12 bits', noise(4_096, 12), { bitsAllocated: 16, bitsStored: 12 }],
  ['an overlay above 12 bits', noise(4_096, 13), { bitsAllocated: 16, bitsStored: 12 }],
  ['the upper 12 bits', noise(4_096, 12).map((cell) => cell * 16), { bitsAllocated: 16, bitsStored: 12, highBit: 15 }],
  [
    'signs through all of the cell',
    noise(4_096, 12).map((cell) => (cell < 2_048 ? cell : cell + 0xf000)),
    { bitsAllocated: 16, bitsStored: 12, isSigned: true },
  ],
  ['signs without it', noise(4_096, 12), { bitsAllocated: 16, bitsStored: 12, isSigned: true }],
  ['8 bits in 16', noise(4_096, 8), { bitsAllocated: 16, bitsStored: 8 }],
  ['7 bits in 8', noise(4_096, 7), { bitsStored: 7 }],
])('every syntax keeps %s to the last bit', async (_what, cells, differs) => {
  const frame = frameOf(64, cells, differs);
  for (const { name, encodeFrame, decodeFrame } of losslessEncodings) {
    const { bytes, ...image } = await encodeFrame!(frame);
    const again = await decodeFrame!(bytes, image);
    expect(again.bytes.equals(frame.bytes), name).toBe(true);
    expect({ ...again, bytes: 0 }, name).toEqual({ ...frame, bytes: 0 });
  }
});

describe.skipIf(!hasCorpus)('real frames of every kind', () => {
  let pool: PixelPool;
  beforeAll(() => {
    pool = new PixelPool({ threads: 2, waiting: 100, taskMs: 10 * 60_000 });
  });
  afterAll(() => pool[Symbol.asyncDispose]());

  const kindOf = ({ bits_allocated, bits_stored, photometric, samples, shows = '' }: ManifestRow): string =>
    [bits_allocated, bits_stored, photometric, samples, /signed/.exec(shows)].join();
  const smallest = hasCorpus
    ? [...Map.groupBy(manifest(), kindOf).values()].map((rows) =>
        rows.reduce((one, other) => (Number(other['bytes']) < Number(one['bytes']) ? other : one)),
      )
    : [];

  const known =
    /^(1 samples of Photometric Interpretation ""|colours (are YBR_FULL|have 16 bits)|samples (are floating point numbers|(are single|have (32|64)) bits))$/;

  test('come back from every syntax as they went in, or are refused', async () => {
    const refusals = new Set<string>();
    const counts = { same: 0, refused: 0 };
    for (const { path = '' } of smallest) {
      const file = await openStoredFile(corpusFile(path)).catch(() => undefined);
      const encoded = await file?.frames.read(0).catch(() => undefined);
      if (!file || !encoded) continue;
      // What the pool gets is gone.
      const task = () => ({ transferSyntaxUID: file.syntax.uid, image: file.image, encoded: Buffer.from(encoded) });
      const frame = await pool.decode(file.syntax.uid, file.image, task().encoded).catch(() => undefined);
      if (!frame) continue;
      for (const { uid, name } of losslessEncodings) {
        try {
          const { bytes, ...image } = await pool.recode(task(), uid);
          const again = await pool.decode(uid, image, bytes);
          expect(again.bytes.equals(frame.bytes), `${path} in ${name}`).toBe(true);
          counts.same++;
        } catch (error) {
          if (!(error instanceof CannotEncode)) throw error;
          refusals.add(error.message);
          counts.refused++;
        }
      }
    }
    expect([...refusals].filter((why) => !known.test(why))).toEqual([]);
    expect(counts.same).toBeGreaterThan(100);
    expect(counts.refused).toBeGreaterThan(10);
  });

  test('are what another build of OpenJPEG reads, from both kinds of JPEG 2000', async () => {
    const openJpeg = await open({ print() {}, printErr() {} });
    for (const path of ['syntax/jpeg-2000/MR1_J2KR', 'syntax/jpeg-2000/VL1_J2KR']) {
      const file = await openStoredFile(corpusFile(path));
      if (!file) throw new Error(`${path} has no pixels`);
      const frame = await pool.decode(file.syntax.uid, file.image, await file.frames.read(0));
      for (const encode of [encodeJpeg2000, encodeHtJpeg2000]) {
        const { bytes } = await encode(frame);
        const decoder = new openJpeg.J2KDecoder();
        decoder.getEncodedBuffer(bytes.length).set(bytes);
        decoder.decode();
        expect(Buffer.from(decoder.getDecodedBuffer()).equals(frame.bytes), path).toBe(true);
        expect(decoder.getFrameInfo()).toMatchObject({ width: frame.columns, height: frame.rows });
        decoder.delete();
      }
    }
  });
});
