import { describe, expect, test } from 'vitest';
import { corpusFile, hasCorpus } from '#tests/corpus.ts';
import { emptyJpeg2000, usualCoding } from '#tests/empty-jpeg-2000.ts';
import { plainImage } from '#tests/plain-image.ts';
import { openStoredFile } from '#tests/stored-file.ts';
import { CannotDecode } from '../pixels/decoded-frame.ts';
import type { ImagePixel } from '../pixels/image-pixel.ts';
import { decodeJpeg2000, decodeReducedJpeg2000, halvingsOfJpeg2000 } from './jpeg-2000.ts';
import { readJpeg2000Stream } from './jpeg-2000-stream.ts';
import { encodeHtJpeg2000, encodeJpeg2000 } from './wasm-encoding.ts';

async function frameOf(path: string) {
  const file = await openStoredFile(corpusFile(path));
  if (!file) throw new Error(`${path} has no pixels`);
  return { image: file.image, encoded: await file.frames.read(0) };
}

/** A box of a JP2 file (ISO/IEC 15444-1 I.4). */
function box(type: string, content: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32BE(8 + content.length, 0);
  header.write(type, 4, 'latin1');
  return Buffer.concat([header, content]);
}

/** Rises by `slope` from sample to sample and from line to line. The low band of the 5/3 wavelet keeps such samples as they are, but at the far edges. */
function ramp(image: ImagePixel, from: number, slope: number): Buffer {
  const { rows, columns, samplesPerPixel, bitsAllocated } = image;
  const bytes = Buffer.alloc((rows * columns * samplesPerPixel * bitsAllocated) / 8);
  const width = columns * samplesPerPixel;
  for (let at = 0; at < rows * width; at++) {
    const pixel = Math.floor((at % width) / samplesPerPixel);
    const value = from + slope * (Math.floor(at / width) + pixel) + (at % samplesPerPixel);
    if (bitsAllocated === 8) bytes.writeUInt8(value, at);
    else bytes.writeInt16LE(value, 2 * at);
  }
  return bytes;
}

describe('a JPEG 2000 frame in a smaller resolution of its own', () => {
  test.each([
    ['grey', { bitsStored: 12 }, 100],
    ['signed', { bitsStored: 12, isSigned: true }, -900],
    ['of one byte', { bitsStored: 8 }, 10],
    ['in colour', { bitsStored: 8, samples: 3 }, 10],
  ])('has every fourth sample of a ramp (%s)', async (_, differs, from) => {
    const image = plainImage({ rows: 61, columns: 90 }, differs);
    const { bytes: encoded } = await encodeJpeg2000({ ...image, bytes: ramp(image, from, 1) });
    const reduced = await decodeReducedJpeg2000(encoded, image, 2);
    expect({ ...reduced, bytes: undefined }).toEqual({ ...image, rows: 16, columns: 23, bytes: undefined });
    const expected = ramp(reduced, from, 4);
    const size = reduced.bitsAllocated / 8;
    for (let row = 0; row < 14; row++) {
      const line = [row * 23, row * 23 + 21].map((at) => at * size * reduced.samplesPerPixel) as [number, number];
      expect(reduced.bytes.subarray(...line).toString('hex'), `row ${row}`).toBe(
        expected.subarray(...line).toString('hex'),
      );
    }
  });

  test('is one of those that its header names, and of a High-Throughput stream there is none', async () => {
    const image = plainImage({ rows: 64, columns: 64 }, { bitsStored: 8 });
    const frame = { ...image, bytes: ramp(image, 0, 1) };
    const { bytes: plain } = await encodeJpeg2000(frame);
    expect(halvingsOfJpeg2000(plain)).toBe(5);
    expect(await decodeReducedJpeg2000(plain, image, 5)).toMatchObject({ rows: 2, columns: 2 });
    await expect(decodeReducedJpeg2000(plain, image, 6)).rejects.toThrow(CannotDecode);
    const { bytes: high } = await encodeHtJpeg2000(frame);
    expect(halvingsOfJpeg2000(high)).toBe(0);
  });

  test('is of no stream whose image lies off the origin of its grid: its halves may have a pixel more', async () => {
    const image = plainImage({ rows: 64, columns: 64 }, { bitsStored: 8 });
    const { bytes } = await encodeJpeg2000({ ...image, bytes: ramp(image, 0, 1) });
    // SIZ (A.5.1): the size of the grid, and where the image begins in it.
    for (const at of [8, 16]) bytes.writeUInt32BE(bytes.readUInt32BE(at) + 1, at);
    expect(readJpeg2000Stream(bytes).columns).toBe(64);
    expect(halvingsOfJpeg2000(bytes)).toBe(0);
  });
});

describe.skipIf(!hasCorpus)('a JPEG 2000 frame', () => {
  test('of a few hundred bytes that claims a picture, or tiles, of which a decoder would be busy for minutes is refused', async () => {
    const { encoded, image } = await frameOf('syntax/jpeg-2000/MR_small_jp2klossless.dcm');
    // SIZ (A.5.1): behind marker, length and capabilities the size of the grid; that of a tile 16 bytes on.
    const claiming = (side: number, tile: number): Buffer => {
      const claimed = Buffer.from(encoded.subarray(0, 500));
      for (const [at, value] of [
        [8, side],
        [12, side],
        [24, tile],
        [28, tile],
      ] as const)
        claimed.writeUInt32BE(value, at);
      return claimed;
    };
    const of = (side: number) => ({ ...image, rows: side, columns: side });
    await expect(decodeJpeg2000(claiming(16_000, 16_000), of(16_000))).rejects.toThrow('256000000 samples');
    await expect(decodeJpeg2000(claiming(250, 1), of(250))).rejects.toThrow('62500 tiles');
    await expect(decodeJpeg2000(claiming(250, 0), of(250))).rejects.toThrow('Infinity tiles');
  });

  test('is decoded by the block coder that it needs, whatever its transfer syntax is called', async () => {
    const plain = await frameOf('syntax/jpeg-2000/MR1_J2KR');
    const high = await frameOf('syntax/htj2k/MR1_JPH');
    expect(readJpeg2000Stream(plain.encoded).highThroughput).toBe(false);
    expect(readJpeg2000Stream(high.encoded).highThroughput).toBe(true);
    // Both were made losslessly of one image.
    expect(
      (await decodeJpeg2000(plain.encoded, plain.image)).bytes.equals(
        (await decodeJpeg2000(high.encoded, high.image)).bytes,
      ),
    ).toBe(true);
  });

  test('is found within a JP2 file', async () => {
    const { encoded, image } = await frameOf('syntax/jpeg-2000/MR_small_jp2klossless.dcm');
    const file = Buffer.concat([
      Buffer.from('0000000c6a5020200d0a870a', 'hex'),
      box('ftyp', Buffer.from('jp2 \0\0\0\0jp2 ')),
      box('jp2c', encoded),
    ]);
    const { bytes } = await decodeJpeg2000(encoded, image);
    expect((await decodeJpeg2000(file, image)).bytes.equals(bytes)).toBe(true);
  });

  test('has its component transformation undone', async () => {
    const { encoded, image } = await frameOf('syntax/jpeg-2000/VL1_J2KR');
    expect(image.photometricInterpretation).toBe('YBR_RCT');
    expect((await decodeJpeg2000(encoded, image)).photometricInterpretation).toBe('RGB');
  });

  test('that is cut off, damaged or of another image is refused', async () => {
    for (const path of ['syntax/jpeg-2000/MR1_J2KR', 'syntax/htj2k/MR1_JPH']) {
      const { encoded, image } = await frameOf(path);
      await expect(decodeJpeg2000(encoded.subarray(0, encoded.length >> 1), image), path).rejects.toThrow(CannotDecode);
      await expect(decodeJpeg2000(encoded.subarray(0, 30), image), path).rejects.toThrow(CannotDecode);
      await expect(decodeJpeg2000(encoded, { ...image, columns: 256 }), path).rejects.toThrow(
        'the stream has 512 × 512 pixels, not 512 × 256',
      );
    }
  });
});

describe('a JPEG 2000 frame of a hundred bytes', () => {
  const grey = (side: number): ImagePixel => ({
    ...colours(16, 'MONOCHROME2'),
    rows: side,
    columns: side,
    samplesPerPixel: 1,
  });
  // Five decompositions in code blocks of 4 × 4.
  const fine = 'ff52000c00000001000500000001';

  test('that is cut as usual is a grey picture', async () => {
    const { bytes } = await decodeJpeg2000(emptyJpeg2000(400), grey(400));
    expect(bytes.equals(Buffer.from(Uint16Array.from({ length: 400 * 400 }, () => 0x8000).buffer))).toBe(true);
  });

  test.each([
    ['in its header', emptyJpeg2000(4000, fine)],
    ['in the header of a tile', emptyJpeg2000(4000, usualCoding, fine)],
    ['of a component', emptyJpeg2000(4000, usualCoding, 'ff53000900000500000001')],
    ['by precincts of 2 × 2', emptyJpeg2000(1000, 'ff52001201000001000500000001111111111111')],
  ])('that says %s that it is cut more finely than any picture is refused', async (_, stream) => {
    const { rows } = readJpeg2000Stream(stream);
    // A million, and where tiles or components say it too, those of the main header.
    await expect(decodeJpeg2000(stream, grey(rows))).rejects.toThrow(
      /^(999|100\d)\d{3} code blocks of JPEG 2000, of at most 524288$/,
    );
  });
});

/** Three rows of two pixels. */
const colours = (bitsStored: 8 | 16, photometricInterpretation: string): ImagePixel => ({
  ...plainImage({ rows: 3, columns: 2 }, { bitsStored, samples: 3 }),
  photometricInterpretation,
});

describe('a frame of three colours', () => {
  const steps = [0, 1, 2, 3, 4, 5];
  const deep = steps.flatMap((at) => [10_000, 20_000, 30_000].map((colour) => colour + 1000 * at));
  const words = Buffer.from(Uint16Array.from(deep).buffer);
  // By opj_compress 2.5.0 of OpenJPEG, with -mct 0 and 1.
  const untransformed =
    'ff4fff51002f0000000000020000000300000000000000000000000200000003000000000000000000030f01010f01010f0101' +
    'ff52000c00000001000004040001ff5c00044080ff90000a00000000003c0001ff93' +
    'cffc303008ebb790efc70f0d72a33bd7c7fe0c1808e3aeafff3b9f2619dd7c7fc1fe028006529c2fbd2cfb1a604effd9';
  const transformed =
    'ff4fff51002f0000000000020000000300000000000000000000000200000003000000000000000000030f01010f01010f0101' +
    'ff52000c00000001010004040001ff5c00044080ff90000a0000000000380001ff93' +
    'c7fe0c1808e3aeafff3b9f2619dd7c7fc7fe0c1202340a7bca3e3fd7e7c7fe0c1208ec1e7bca3e3fd7e7ffd9';

  test.each([
    ['RGB', untransformed],
    ['YBR_RCT', transformed],
  ])('of 16 bits is decoded from %s', async (photometric, stream) => {
    const frame = await decodeJpeg2000(Buffer.from(stream, 'hex'), colours(16, photometric));
    expect(frame.bytes.equals(words)).toBe(true);
    expect(frame).toMatchObject({ photometricInterpretation: 'RGB', planarConfiguration: 0, bitsAllocated: 16 });
  });

  test('of 16 bits that is cut off or damaged is refused', async () => {
    const whole = Buffer.from(transformed, 'hex');
    for (const length of [60, 84, 100, 120, whole.length - 20])
      await expect(decodeJpeg2000(whole.subarray(0, length), colours(16, 'RGB'))).rejects.toThrow(CannotDecode);
    // And the next one is decoded all the same.
    expect((await decodeJpeg2000(whole, colours(16, 'YBR_RCT'))).bytes.equals(words)).toBe(true);
  });

  // By ojph_compress 0.21.2 of OpenJPH, with -reversible true -colour_trans false -num_decomps 1.
  test.each([
    [
      8,
      Buffer.from(steps.flatMap((at) => [50, 100, 150].map((colour) => colour + 10 * at))),
      'ff4fff51002f400000000002000000030000000000000000000000020000000300000000000000000003070101070101070101' +
        'ff500008000200000001ff52000c00020001000104044001ff5c00072048484848ff90000a0000000000410001ff93' +
        'c02691e001037400c0262df8000b7400c0263484010b7400c0260052fe00cb7400c0260052fe00cb7400c0260052fe00cb7400ffd9',
    ],
    [
      16,
      words,
      'ff4fff51002f4000000000020000000300000000000000000000000200000003000000000000000000030f01010f01010f0101' +
        'ff500008000200000009ff52000c00020001000104044001ff5c00072088888888ff90000a0000000000510001ff93' +
        'c0002a00f7adb78e050b7400c0002a00d7df4be0048b7400c00027b761d803837400c0002700ce77fe028b7400' +
        'c0002700ce77fe028b7400c0002700ce77fe028b7400ffd9',
    ],
  ] as const)(
    'of %i bits is decoded from a High-Throughput stream without component transformation',
    async (bits, samples, stream) => {
      const frame = await decodeJpeg2000(Buffer.from(stream, 'hex'), colours(bits, 'RGB'));
      expect([...frame.bytes]).toEqual([...samples]);
    },
  );
});
