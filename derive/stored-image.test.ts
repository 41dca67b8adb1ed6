import { spawnSync } from 'node:child_process';
import sharp from 'sharp';
import { afterAll, describe, expect, test } from 'vitest';
import type { Dataset } from '#dicom/data/dataset.ts';
import type { RenderedFrame } from '#dicom/pixels/render.ts';
import { encodeHtJpeg2000, encodeJpeg2000 } from '#dicom/syntax/wasm-encoding.ts';
import { ctSeries } from '#samples/ct.ts';
import { dicomFile } from '#samples/write.ts';
import { limits } from '#settings/limits.ts';
import { corpusFile, corpusPath, hasCorpus, manifest } from '#tests/corpus.ts';
import { explicit, us } from '#tests/dataset-bytes.ts';
import { isInstalled } from '#tests/installed.ts';
import { oneFrameFile } from '#tests/one-frame-file.ts';
import { plainImage } from '#tests/plain-image.ts';
import { openStoredFile, type StoredFile } from '#tests/stored-file.ts';
import { PixelPool } from './pixel-pool.ts';
import { renderStoredFrame } from './stored-image.ts';
import { encodeThumbnail } from './thumbnail.ts';

const pool = new PixelPool({ threads: 2, waiting: 10 });
afterAll(() => pool[Symbol.asyncDispose]());

async function open(name: string): Promise<StoredFile> {
  const stored = await openStoredFile(corpusFile(name));
  if (!stored) throw new Error(`${name} has no pixels`);
  return stored;
}

const render = (stored: StoredFile, frame = 1): Promise<RenderedFrame & Disposable> =>
  renderStoredFrame(stored, { frame }, pool);

/** The cells of a native frame of 16 bits in little endian. */
async function words(stored: StoredFile): Promise<number[]> {
  const bytes = await stored.frames.read(0);
  return Array.from({ length: bytes.length / 2 }, (_, index) => bytes.readUInt16LE(2 * index));
}

/** LUT Data of the only item of a sequence. */
function lutData(dataset: Dataset, sequence: number): number[] {
  const bytes = dataset.elements.get(sequence)!.items![0]!.elements.get(0x00283006)!.bytes!;
  return Array.from({ length: bytes.length / 2 }, (_, index) => bytes.readUInt16LE(2 * index));
}

/** Without a window: from the smallest to the largest value. */
function spread(values: readonly number[]): number[] {
  const from = values.reduce((a, b) => Math.min(a, b));
  const to = values.reduce((a, b) => Math.max(a, b));
  return values.map((value) => Math.round(255 * ((value - from) / (to - from))));
}

const same = (ours: RenderedFrame, expected: readonly number[]): boolean => Buffer.from(expected).equals(ours.bytes);
const alike = (ours: readonly number[], others: readonly number[]): boolean =>
  Buffer.from(ours).equals(Buffer.from(others));

describe('as it is read', () => {
  const [slice] = [...ctSeries({ seed: 'as read', number: 1, slices: 1 })];
  const { WindowCenter: _, WindowWidth: __, ...without } = slice!.attributes;
  const render = async (more: object, shown: object) => {
    const stored = (await openStoredFile(dicomFile({ ...without, ...more })))!;
    using picture = await renderStoredFrame(stored, { frame: 1, ...shown }, pool);
    return [...picture.bytes];
  };
  const asRead = { asRead: true };

  test('a CT without a window is at soft tissue, and over all of its values for who asks for a rendered image', async () => {
    const softTissue = { window: { center: 40, width: 400, function: 'LINEAR' } };
    expect(alike(await render({}, asRead), await render({}, softTissue))).toBe(true);
    expect(alike(await render({}, {}), await render({}, softTissue))).toBe(false);
    const own = { WindowCenter: '300', WindowWidth: '1500' };
    expect(alike(await render(own, asRead), await render(own, {}))).toBe(true);
  });

  test('a PET is black on white', async () => {
    const pet = {
      Modality: 'PT',
      SOPClassUID: '1.2.840.10008.5.1.4.1.1.128',
      WindowCenter: '300',
      WindowWidth: '1500',
    };
    const plain = await render(pet, {});
    const turned = await render(pet, asRead);
    expect(plain.filter((grey, at) => Math.abs(255 - grey - turned[at]!) > 1)).toEqual([]);
  });
});

describe('a large JPEG 2000 frame', () => {
  const image = plainImage({ rows: 2_100, columns: 4_200 }, { bitsStored: 16 });
  const across = Buffer.alloc(2 * image.columns);
  for (let column = 0; column < image.columns; column++) across.writeUInt16LE(10 * column, 2 * column);
  const bytes = Buffer.alloc(image.rows * across.length, across);
  const open = async (encoded: Buffer, padding?: number): Promise<StoredFile> => {
    const attributes = padding === undefined ? [] : [explicit(0x00280120, 'US', us(padding))];
    return (await openStoredFile(oneFrameFile(image, '1.2.840.10008.1.2.4.90', encoded, { attributes })))!;
  };
  const plain = encodeJpeg2000({ ...image, bytes }).then((frame) => frame.bytes);
  const within = { width: 256, height: 256 };
  const window = { center: 20_995, width: 41_991, function: 'LINEAR' } as const;

  test('is decoded no larger than a small picture of it needs', async () => {
    const stored = await open(await plain);
    using small = await renderStoredFrame(stored, { frame: 1, window, within }, pool);
    expect(small).toMatchObject({ rows: 263, columns: 525, whole: { rows: 2_100, columns: 4_200 } });
    // From black to white.
    for (const column of [0, 100, 250, 500])
      expect(
        Math.abs((small.bytes[100 * 525 + column] as number) - (255 * 8 * column) / 4_199),
        `${column}`,
      ).toBeLessThan(2);
    using least = await renderStoredFrame(stored, { frame: 1, window, within: { width: 20, height: 20 } }, pool);
    // A fifth time by its stream, a sixth by its pixels.
    expect(least).toMatchObject({ rows: 33, columns: 66 });
    // The shape is that of the whole: 256 × 128.
    const { width, height } = await sharp(await encodeThumbnail(small)).metadata();
    expect([width, height]).toEqual([256, 128]);
  });

  test('is made small from all of its pixels where its stream has no such resolution, and stays whole for a region', async () => {
    const high = await open((await encodeHtJpeg2000({ ...image, bytes })).bytes);
    using small = await renderStoredFrame(high, { frame: 1, window, within }, pool);
    const region = { ...within, region: { x: 0, y: 0 } };
    using part = await renderStoredFrame(await open(await plain), { frame: 1, window, within: region }, pool);
    expect(small).toMatchObject({ rows: 263, columns: 525, whole: { rows: 2_100, columns: 4_200 } });
    expect(small.bytes[524]).toBe(255);
    expect([part.rows, part.columns, part.whole]).toEqual([2_100, 4_200, undefined]);
    expect(part.bytes[image.columns - 1]).toBe(255);
  });

  test('is decoded whole where a tile has fewer resolutions than the main header says', async () => {
    const stream = await plain;
    let [cod, at] = [0, 2];
    for (; stream.readUInt16BE(at) !== 0xff90; at += 2 + stream.readUInt16BE(at + 2))
      if (stream.readUInt16BE(at) === 0xff52) cod = at;
    const ofTile = stream.subarray(cod, cod + 2 + stream.readUInt16BE(cod + 2));
    const claims = Buffer.concat([stream.subarray(0, at + 12), ofTile, stream.subarray(at + 12)]);
    claims.writeUInt32BE(claims.readUInt32BE(at + 6) + ofTile.length, at + 6);
    claims[cod + 9] = 7;
    const least = { width: 20, height: 20 };
    using small = await renderStoredFrame(await open(claims), { frame: 1, window, within: least }, pool);
    expect([small.rows, small.columns]).toEqual([33, 66]);
    expect(Math.abs((small.bytes[60] as number) - (255 * (60 * 64 + 31.5)) / 4_199)).toBeLessThan(1);
  });

  test('is decoded whole where its smallest and its largest value are the window', async () => {
    using small = await renderStoredFrame(await open(await plain), { frame: 1, within }, pool);
    expect([small.rows, small.columns, small.bytes[524]]).toEqual([263, 525, 255]);
  });

  test('is decoded whole where it has padding, which a smaller resolution mixes with what lies beside it', async () => {
    const padding = 65_535;
    const first = 1_003;
    const padded = Buffer.from(across);
    for (let column = 0; column < first; column++) padded.writeUInt16LE(padding, 2 * column);
    const { bytes: encoded } = await encodeJpeg2000({ ...image, bytes: Buffer.alloc(bytes.length, padded) });
    using small = await renderStoredFrame(await open(encoded, padding), { frame: 1, window, within }, pool);
    expect([small.rows, small.columns]).toEqual([263, 525]);
    // The first eight columns that are none of the padding's, and others.
    for (const column of [Math.ceil(first / 8), 250, 375, 524]) {
      const shown = small.bytes[125 * small.columns + column] as number;
      expect(Math.abs(shown - (255 * (8 * column + 3.5)) / 4_199), `${column}`).toBeLessThan(1.5);
    }
  });
});

test('a dose is scaled before its window is applied (C.8.8.3)', async () => {
  const attributes = [
    explicit(0x00281050, 'DS', '50'),
    explicit(0x00281051, 'DS', '100'),
    explicit(0x00281056, 'CS', 'LINEAR_EXACT'),
    explicit(0x3004000e, 'DS', '0.25'),
  ];
  const image = plainImage({ rows: 1, columns: 3 }, { bitsStored: 16 });
  const doses = Buffer.from(Uint16Array.of(0, 200, 400).buffer);
  const stored = await openStoredFile(oneFrameFile(image, '1.2.840.10008.1.2.1', doses, { attributes }));
  using picture = await render(stored!);
  expect([...picture.bytes]).toEqual([0, 128, 255]);
});

describe.skipIf(!hasCorpus)('what is kept of an image', () => {
  test.each(['lut/mlut_18.dcm', 'multiframe/6_1.dcm', 'modality/mr/examples_overlay.dcm', 'lut/vlut_04.dcm'])(
    'holds no more memory than it says (%s)',
    async (path) => {
      const { dataset: kept, heldBytes } = await open(path);
      const buffers = new Set(valuesOf(kept).map(({ buffer }) => buffer));
      const held = [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0);
      expect(held).toBeGreaterThan(0);
      expect(held).toBeLessThanOrEqual(heldBytes);
      expect(heldBytes).toBeLessThan(held + 100_000);
    },
  );
});

function valuesOf({ elements }: Dataset): Buffer[] {
  return [...elements.values()].flatMap(({ bytes, items }) => [
    ...(bytes ? [bytes] : []),
    ...(items ?? []).flatMap(valuesOf),
  ]);
}

describe.skipIf(!hasCorpus)(`real files by the formulae${hasCorpus ? '' : ' (the DICOM corpus is missing)'}`, () => {
  test('a Modality LUT of 4,096 entries from −2048 on', async () => {
    const stored = await open('lut/mlut_18.dcm');
    const lut = lutData(stored.dataset, 0x00283000);
    const values = (await words(stored)).map((word) => lut[((word & 0xfff) ^ 0x800) - 0x800 + 2048]!);
    expect(same(await render(stored), spread(values))).toBe(true);
  });

  test('a VOI LUT of 256 entries of 16 bits', async () => {
    const stored = await open('lut/vlut_04.dcm');
    const lut = lutData(stored.dataset, 0x00283010);
    const frame = await stored.frames.read(0);
    expect(
      same(
        await render(stored),
        Array.from(frame, (value) => Math.round((255 * lut[value]!) / 65_535)),
      ),
    ).toBe(true);
  });

  test('one after the other, in the same memory', async () => {
    const stored = await open('dicomdir/77654033/CT2/17136');
    const first = await render(stored);
    const shown = Buffer.from(first.bytes);
    const memory = new Uint8Array(first.bytes.buffer);
    expect(memory).toHaveLength(limits.pixels.lentBytes);
    memory.set([77], memory.length - 1);
    first[Symbol.dispose]();
    using second = await render(stored);
    expect(new Uint8Array(second.bytes.buffer).at(-1)).toBe(77);
    // Not before the first is given back.
    using third = await render(stored);
    expect([second, third].every(({ bytes }) => shown.equals(bytes))).toBe(true);
    expect(third.bytes.buffer).not.toBe(second.bytes.buffer);
  });

  test('nine signed bits of sixteen', async () => {
    const stored = await open('lut/signed-raw-9bit.dcm');
    const values = (await words(stored)).map((word) => (word & 0x100 ? (word & 0x1ff) - 0x200 : word & 0x1ff));
    expect(same(await render(stored), spread(values))).toBe(true);
  });

  test('four overlays: in bits 15 and 14 over twelve bits, and in two groups of their own', async () => {
    const stored = await open('lut/ovly_p01.dcm');
    const cells = await words(stored);
    const grey = spread(cells.map((cell) => cell & 0xfff));
    const planes = [0x60043000, 0x60063000].map((tag) => stored.dataset.elements.get(tag)!.bytes!);
    const isPoint = (cell: number, index: number): boolean =>
      (cell & 0xc000) !== 0 || planes.some((bits) => (bits[index >> 3]! >> (index & 7)) & 1);
    expect(
      same(
        await render(stored),
        cells.map((cell, index) => (isPoint(cell, index) ? 255 : grey[index]!)),
      ),
    ).toBe(true);
  });

  test('what lossy compression took above Bits Stored as the largest value there is, and no small one', async () => {
    const stored = await open('syntax/jpeg-2000/jpeg2000-multiframe-multifragments.dcm');
    const { bytes, bitsStored } = await pool.decode(stored.syntax.uid, stored.image, await stored.frames.read(0));
    const [c, w] = [1_518, 2_810];
    const cells = Array.from({ length: bytes.length / 2 }, (_, index) => bytes.readUInt16LE(2 * index));
    expect(bitsStored).toBe(12);
    expect(cells.filter((cell) => cell > 4_095)).toHaveLength(12);
    const y = cells.map((cell) => (cell - (c - 0.5)) / (w - 1) + 0.5);
    expect(
      same(
        await render(stored),
        y.map((each) => Math.round(255 * Math.min(1, Math.max(0, each)))),
      ),
    ).toBe(true);
  });

  test('Hounsfield units in a LINEAR window (C.11.2.1.2.1)', async () => {
    const stored = await open('dicomdir/77654033/CT2/17136');
    const [c, w] = [30, 100];
    const expected = (await words(stored)).map((word) => {
      const x = (word > 0x7fff ? word - 0x10000 : word) - 1024;
      if (x <= c - 0.5 - (w - 1) / 2) return 0;
      if (x > c - 0.5 + (w - 1) / 2) return 255;
      return Math.round(((x - (c - 0.5)) / (w - 1) + 0.5) * 255);
    });
    expect(same(await render(stored), expected)).toBe(true);
  });
});

/**
 * Where DCMTK 3.6.7 shows something else, and why ours stands.
 * A stream that says itself that it is YCbCr while the data set says RGB: DCMTK believes the data set.
 * A window of min and max of values with a range of less than some hundreds: DCMTK adds 1 to its width.
 * Padding: DCMTK counts it in min and max. Supplemental palettes: DCMTK leaves them out.
 */
const differs = new Set([
  'modality/mg/example-mg.dcm',
  'syntax/jpeg-baseline/pydicom__SC_rgb_jpeg_lossy_gdcm.dcm',
  'charset/002_non_isotropic__001.dcm',
  'modality/pt/GH610.dcm',
  'modality/rt/RI6XDosiGap.dcm',
  'syntax/explicit-le/CT1_UNC',
  'syntax/jpeg-lossless/CT1_JPLL',
  'syntax/rle/CT1_RLE',
  'modality/ct/eCT_Supplemental.dcm',
  'syntax/jpeg-lossless/CT0012.fragmented_no_bot_jpeg_lossless.57.dcm',
  'syntax/jpeg-lossless/CT0012.fragmented_no_bot_jpeg_lossless.70.dcm',
  'syntax/rle/CT0012.not_fragmented_bot_rle.dcm',
  'syntax/rle/CT0012.not_fragmented_no_bot_rle.dcm',
  // 32-bit samples in big endian: DCMTK swaps the two words of each.
  'syntax/explicit-be/rtdose_expb.dcm',
]);

/** The first file of each kind of pixels that there is. */
function oneOfEachKind(): string[] {
  const kinds = new Map<string, string>();
  for (const row of hasCorpus ? manifest() : []) {
    const { path = '' } = row;
    if (!row['rows'] || Number(row['bytes']) > 2_000_000 || /^(broken|series)\//.test(path) || differs.has(path))
      continue;
    const kind = [
      'transfer_syntax',
      'photometric',
      'bits_allocated',
      'bits_stored',
      'samples',
      'manufacturer',
      'shows',
    ];
    const key = kind.map((name) => row[name]).join();
    if (!kinds.has(key)) kinds.set(key, path);
  }
  return [...kinds.values(), 'modality/palette/spring.dcm', 'modality/mr/examples_overlay.dcm'];
}

const dcmtk = isInstalled('dcmj2pnm');
const missing = [!hasCorpus && 'the DICOM corpus', !dcmtk && 'dcmj2pnm of DCMTK'].filter(Boolean);

describe.skipIf(missing.length > 0)(
  `as DCMTK shows it${missing.length ? ` (missing: ${missing.join(', ')})` : ''}`,
  () => {
    test('each kind of pixels that it can show, to 1 of 255, YBR to 2, since it rounds each term by itself', async () => {
      const wrong: string[] = [];
      let compared = 0;
      for (const name of oneOfEachKind()) {
        const stored = await openStoredFile(corpusFile(name));
        if (!stored?.syntax.decodeFrame) continue;
        const grey = stored.image.photometricInterpretation.startsWith('MONOCHROME');
        const theirs = shownByDcmtk(name, stored.dataset, grey);
        if (!theirs) continue;
        const ours = await render(stored);
        compared++;
        const tolerance = stored.image.photometricInterpretation.startsWith('YBR') ? 2 : 1;
        const worst = furthest(ours.bytes, theirs);
        if (worst > tolerance) wrong.push(`${name}: differs by ${worst}`);
      }
      expect(wrong).toEqual([]);
      expect(compared).toBeGreaterThan(35);
    });
  },
);

/** @returns undefined for what DCMTK cannot show */
function shownByDcmtk(name: string, dataset: Dataset, grey: boolean): Buffer | undefined {
  // Functional groups are nothing that it looks into.
  if (grey && dataset.elements.has(0x52009229)) return undefined;
  // The first window or table of the data set, else the smallest and the largest value.
  const hasWindow = (dataset.elements.get(0x00281050)?.length ?? 0) > 0;
  const window = !grey ? [] : hasWindow ? ['+Wi', '1'] : dataset.elements.has(0x00283010) ? ['+Wl', '1'] : ['+Wm'];
  const { stdout } = spawnSync('dcmj2pnm', ['--write-raw-pnm', ...window, corpusPath(name)], { maxBuffer: 2 ** 28 });
  const [head] = /^P[56]\s(?:#.*\s)*\d+\s\d+\s255\s/.exec(stdout.toString('latin1', 0, 200)) ?? [];
  return head === undefined ? undefined : stdout.subarray(head.length);
}

function furthest(ours: Uint8Array, theirs: Uint8Array): number {
  if (ours.length !== theirs.length) return Infinity;
  let worst = 0;
  for (let i = 0; i < ours.length; i++) worst = Math.max(worst, Math.abs(ours[i]! - theirs[i]!));
  return worst;
}
