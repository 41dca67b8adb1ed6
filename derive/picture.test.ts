import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseDataset } from '#dicom/file/parse.ts';
import { openPart10 } from '#dicom/file/part10-reader.ts';
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import { limits } from '#settings/limits.ts';
import { describe, expect, test } from 'vitest';

import { describeFrame, type FrameDescription } from './frame-description.ts';
import { CannotShow, frameBytes, type Picture, renderFrame } from './picture.ts';

const grey16: FrameDescription = {
  rows: 1,
  columns: 1,
  samplesPerPixel: 1,
  photometricInterpretation: 'MONOCHROME2',
  planar: false,
  bitsAllocated: 16,
  bitsStored: 16,
  highBit: 15,
  signed: false,
  bigEndian: false,
  rescaleSlope: 1,
  rescaleIntercept: 0,
  window: undefined,
  padding: undefined,
  palette: undefined,
};

/** Shows words as one row of a frame. */
function shown(words: readonly number[], differs: Partial<FrameDescription>): number[] {
  const frame = Buffer.alloc(2 * words.length);
  words.forEach((word, index) => {
    if (differs.bigEndian) frame.writeUInt16BE(word & 0xffff, 2 * index);
    else frame.writeUInt16LE(word & 0xffff, 2 * index);
  });
  return [...renderFrame(frame, { ...grey16, columns: words.length, ...differs }).pixels];
}

describe('the window', () => {
  /** PS3.3 C.11.2.1.2.1, Note 4: c = 2048, w = 4096 maps 0 … 4095 to the whole range. */
  test('LINEAR maps the example of the standard to the whole range', () => {
    const window = { center: 2048, width: 4096, shape: 'LINEAR' } as const;
    expect(shown([0, 4095, 1, 2047, 2048], { window })).toEqual([0, 255, 0, 127, 128]);
  });

  test('LINEAR with a width of 1 is a threshold at the centre less a half', () => {
    const window = { center: 2048, width: 1, shape: 'LINEAR' } as const;
    expect(shown([2047, 2048], { window })).toEqual([0, 255]);
  });

  test('LINEAR follows the pseudo-code of the standard for every value', () => {
    const [c, w] = [40, 401];
    const window = { center: c, width: w, shape: 'LINEAR' } as const;
    const words = Array.from({ length: 1200 }, (_, index) => index);
    const expected = words.map((word) => {
      const x = word - 500;
      if (x <= c - 0.5 - (w - 1) / 2) return 0;
      if (x > c - 0.5 + (w - 1) / 2) return 255;
      return Math.round(((x - (c - 0.5)) / (w - 1) + 0.5) * 255);
    });
    expect(shown(words, { window, rescaleIntercept: -500 })).toEqual(expected);
  });

  test('LINEAR_EXACT spans exactly the width, SIGMOID passes the middle at the centre', () => {
    const exact = { center: 100, width: 200, shape: 'LINEAR_EXACT' } as const;
    expect(shown([0, 100, 200, 300], { window: exact })).toEqual([0, 128, 255, 255]);
    const sigmoid = { center: 100, width: 200, shape: 'SIGMOID' } as const;
    expect(shown([100, 0, 65535], { window: sigmoid })).toEqual([128, Math.round(255 / (1 + Math.exp(2))), 255]);
  });
});

describe('stored values', () => {
  const window = { center: 0, width: 4096, shape: 'LINEAR_EXACT' } as const;

  test('are two’s complement of Bits Stored where the representation is signed, whatever the bits above hold', () => {
    const signed = { signed: true, bitsStored: 12, highBit: 11, window };
    expect(shown([0x0000, 0x07ff, 0x0800, 0xf800, 0x1000], signed)).toEqual([128, 255, 0, 0, 128]);
  });

  test('lie below High Bit, which need not be the lowest bits', () => {
    expect(shown([0x7ff0, 0x8000, 0x800f], { signed: true, bitsStored: 12, highBit: 15, window })).toEqual([255, 0, 0]);
  });

  test('are read in the byte order of the transfer syntax', () => {
    const words = [0, 1000, 4095];
    expect(shown(words, { window, bigEndian: true })).toEqual(shown(words, { window }));
  });

  test('are rescaled before they are windowed', () => {
    const hounsfield = { rescaleSlope: 2, rescaleIntercept: -1000, window: { ...window, width: 2000 } };
    expect(shown([0, 500, 1000], hounsfield)).toEqual([0, 128, 255]);
  });

  test('MONOCHROME1 shows low values bright', () => {
    const window8 = { center: 128, width: 256, shape: 'LINEAR' } as const;
    expect(shown([0, 255], { photometricInterpretation: 'MONOCHROME1', window: window8 })).toEqual([255, 0]);
  });
});

describe('without a window', () => {
  test('8 bits are shown as they are', () => {
    const frame = Uint8Array.from([0, 7, 200, 255]);
    const description = { ...grey16, columns: 4, bitsAllocated: 8, bitsStored: 8, highBit: 7 };
    expect([...renderFrame(frame, description).pixels]).toEqual([...frame]);
  });

  test('more bits are spread from the darkest to the brightest, a few outliers and padding left out', () => {
    const words = Array.from({ length: 1001 }, (_, index) => 1000 + index);
    const padded = [...words, ...Array.from({ length: 500 }, () => 63_536)];
    const pixels = shown(padded, { padding: { from: 63_536, to: 63_536 } });
    expect(pixels.slice(0, 1001).filter((pixel) => pixel === 0).length).toBeLessThan(12);
    expect(pixels.slice(0, 1001).filter((pixel) => pixel === 255).length).toBeLessThan(12);
    expect(pixels[500]).toBeCloseTo(128, -0.5);
  });

  test('a frame of one value, or of padding only, is shown', () => {
    expect(shown([5, 5, 5], {})).toHaveLength(3);
    expect(shown([5, 5], { padding: { from: 0, to: 9 } })).toHaveLength(2);
  });
});

describe('what cannot be shown says so', () => {
  test.each([
    ['a frame that is too short', { columns: 3 }],
    ['an unknown photometric interpretation', { photometricInterpretation: 'HSV' }],
    ['one bit a pixel', { bitsAllocated: 1, bitsStored: 1, highBit: 0 }],
    ['more bits stored than allocated', { bitsStored: 17 }],
    ['a high bit outside the cell', { highBit: 16 }],
    ['no bits at all', { bitsStored: 0 }],
    ['rows of nothing', { rows: 0 }],
  ])('%s', (_, differs) => {
    expect(() => renderFrame(Buffer.alloc(4), { ...grey16, columns: 2, ...differs })).toThrow(CannotShow);
  });
});

const corpus = process.env['DICOM_CORPUS'] ?? fileURLToPath(new URL('../../shared/dicom', import.meta.url));
const dcm2pnm = spawnSync('dcm2pnm', ['--version']).error === undefined;
const missing = [!existsSync(corpus) && 'the DICOM corpus', !dcm2pnm && 'dcm2pnm of DCMTK'].filter(Boolean);

describe.skipIf(missing.length > 0)(
  `as DCMTK shows it${missing.length ? ` (missing: ${missing.join(', ')})` : ''}`,
  () => {
    test('every slice of a real CT in its first window', async () => {
      const folder = join(corpus, 'series/ct-chest-siemens');
      const files = readdirSync(folder).filter((name) => !name.startsWith('.'));
      expect(files.length).toBeGreaterThan(0);
      for (const name of files.filter((_, index) => index % Math.ceil(files.length / 4) === 0)) {
        await expectSame(join(folder, name), ['+Wi', '1']);
      }
    });

    test.each([
      'color/SC_rgb.dcm',
      'color/SC_rgb_small_odd.dcm',
      'color/SC_ybr_full_uncompressed.dcm',
      'color/SC_ybr_full_422_uncompressed.dcm',
      'color/color-pl.dcm',
      'color/color-px.dcm',
      'color/examples_palette.dcm',
      'color/OT-PAL-8-face.dcm',
      'color/TestPattern_Palette.dcm',
      'color/TestPattern_Palette_16.dcm',
      'color/TestPattern_RGB.dcm',
      'color/US-RGB-8-esopecho',
      'color/examples_rgb_color.dcm',
    ])('%s', async (name) => {
      await expectSame(join(corpus, name), []);
    });
  },
);

/** Compares with what dcm2pnm writes. It rounds in its own ways, each of the three terms of YBR by itself. */
async function expectSame(path: string, windowing: readonly string[]): Promise<void> {
  const ours = await firstFrame(path);
  const theirs = parsePnm(execFileSync('dcm2pnm', ['--write-raw-pnm', ...windowing, path], { maxBuffer: 2 ** 28 }));
  expect([ours.width, ours.height, ours.channels]).toEqual([theirs.width, theirs.height, theirs.channels]);
  let worst = 0;
  for (let i = 0; i < ours.pixels.length; i++) {
    worst = Math.max(worst, Math.abs((ours.pixels[i] as number) - (theirs.pixels[i] as number)));
  }
  expect(worst).toBeLessThanOrEqual(path.includes('ybr') ? 2 : 1);
}

async function firstFrame(path: string): Promise<Picture> {
  const file = readFileSync(path);
  const { transferSyntaxUID, dataset } = await openPart10(pieces(file));
  const syntax = transferSyntaxes.get(transferSyntaxUID);
  if (!syntax || syntax.encapsulated) throw new Error(`${path} is not native`);
  const bytes = Buffer.concat(await all(dataset));
  const parsed = await parseDataset(pieces(bytes), syntax, { ...limits.dataset, inflatedBytes: 0 });
  const description = describeFrame(parsed);
  const length = parsed.elements.get(0x7fe00010)?.length as number;
  // At most padding (FFFC,FFFC), an OB, stands behind Pixel Data in these files.
  const padding = parsed.elements.get(0xfffcfffc);
  const from = bytes.length - length - (padding ? padding.length + 12 : 0);
  return renderFrame(bytes.subarray(from, from + frameBytes(description)), description);
}

async function* pieces(bytes: Buffer): AsyncIterable<Uint8Array> {
  yield bytes;
}

async function all(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

/** P5 and P6 with one byte a sample. */
function parsePnm(bytes: Buffer): Picture {
  const [head = '', kind, width, height] =
    /^(P[56])\s(?:#.*\s)*(\d+)\s(\d+)\s255\s/.exec(bytes.toString('latin1', 0, 200)) ?? [];
  const channels = kind === 'P6' ? 3 : 1;
  return { width: Number(width), height: Number(height), channels, pixels: bytes.subarray(head.length) };
}
