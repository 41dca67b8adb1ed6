/**
 * The values that a reader measures are those that other toolkits decode: real images that the archive keeps go in by
 * STOW-RS, are loaded in Chromium by the viewer's own image loader, and what Cornerstone holds is hashed.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';

import { textValue } from '#dicom/data/dataset.ts';
import { modalityLutOf, modalityValue } from '#dicom/pixels/modality-lut.ts';
import { corpusFile, corpusPath, hasCorpus, truth, type ManifestRow } from '../corpus.ts';
import { openStoredFile, type StoredFile } from '../stored-file.ts';
import { atLeast, shareOf, whichFiles } from '../thorough.ts';
import { hasChromium } from './chromium.ts';
import type { Cells, HeldFrame } from './frame-page/hash-frames.ts';
import { heldFrames, heldPicture, openFramePage } from './frame-page.ts';
import { openedViewer, withoutWorker } from './opened-viewer.ts';
import { storeFiles } from './store-files.ts';
import { isInstalled } from '../installed.ts';

const hasDcmtk = isInstalled('dcmodify');
const run = promisify(execFile);
const explicitLE = '1.2.840.10008.1.2.1';
const jpegLS = '1.2.840.10008.1.2.4.80';
/** Uncompressed ones and RLE. */
const wholeCells = new Set(['', '.1', '.1.99', '.2', '.5'].map((suffix) => `1.2.840.10008.1.2${suffix}`));
const secondaryCapture = '1.2.840.10008.5.1.4.1.1.7';
const SOPClassUID = 0x00080016;
const uidTags = { study: 0x0020000d, series: 0x0020000e, instance: 0x00080018 };

/** Files with pixels in the tables of the corpus that are not compared, and why. */
const leftOut: Record<string, string> = {
  'broken/3gb-bulk-data-truncated': 'the data set ends inside Pixel Data, so it is not kept',
  'broken/MR_truncated.dcm': 'the data set ends inside Pixel Data, so it is not kept',
  'charset/FreezePattern.dcm': 'it has no UIDs, and DCMTK cannot read it to give it some',
  'syntax/htj2k/HTJ2KLossless_08_RGB.dcm': 'it has no UIDs, and DCMTK cannot give it some: it knows no HTJ2K',
  'syntax/htj2k/HTJ2K_08_RGB.dcm': 'it has no UIDs, and DCMTK cannot give it some; and the references disagree',
  'broken/GH340.dcm': 'samples of 12 bits side by side, which three toolkits read in three ways',
  'broken/GH177_D_CLUNIE_CT1_IVRLE_BigEndian_undefined_length.dcm': 'no other toolkit can read it',
  'syntax/jpeg-2000/JPEG2000-embedded-sequence-delimiter.dcm': 'its stream says 3,722,445,056 rows; GDCM alone guesses',
};

/** DCMTK makes no picture of 32-bit cells in OW; these others have the same samples, which the table shows. */
const sameSamples: Record<string, string> = {
  'color/SC_rgb_32bit.dcm': 'syntax/rle/SC_rgb_rle_32bit.dcm',
  'syntax/explicit-be/SC_rgb_expb_32bit.dcm': 'syntax/rle/SC_rgb_rle_32bit.dcm',
};

/** A stream that says itself that it is YCbCr, while the data set says RGB: other toolkits show its YCbCr as RGB. */
const falselyRgb = new Set(['modality/mg/example-mg.dcm', 'syntax/jpeg-baseline/pydicom__SC_rgb_jpeg_lossy_gdcm.dcm']);

/** As the corpus's own tables say: nothing has decoded it. */
const hasPicture = (rows: ManifestRow[]) => rows.some(({ status }) => status === 'ok');

interface Image {
  path: string;
  /** the transfer syntax that it is stored in */
  syntax: string;
  study: string;
  series: string;
  instance: string;
  cells: Cells;
  /** of the first frame's stored values, as other toolkits decode them */
  hashes: ReadonlySet<string>;
  /** how far a colour picture may be from DCMTK's, which rounds each term of YBR by itself */
  allowed: 1 | 2;
}

describe.skipIf(!hasChromium || !hasCorpus || !hasDcmtk)('what the viewer holds of real files', () => {
  const viewer = openedViewer({ settings: withoutWorker });
  let directory: string;
  let page: Page;

  beforeAll(async () => {
    ({ directory } = viewer);
    await viewer.signIn();
    page = await openFramePage(viewer.browser.context, viewer.lightbox.address, join(directory, 'page'));
  });

  let images: Image[] = [];

  test(`is what other toolkits decode, ${whichFiles}`, async () => {
    const stored = await storeAll();
    ({ images } = stored);
    expect(stored.notKept).toEqual([]);
    expect(images.length).toBeGreaterThan(atLeast(300));
    const { wrong, decodedHere } = await compare();
    expect(wrong).toEqual([]);
    // What a decoder here is not trusted with comes uncompressed; that one fails, nobody would see.
    expect(decodedHere).toBeGreaterThan(atLeast(80));
  });

  test('is the same over a slow line, where the archive compresses what is stored uncompressed', async () => {
    await page.evaluate(() => localStorage.setItem('lightbox.line', 'slow'));
    // By a clock that is so fast any line is slow, and none has to be waited for.
    await page.addInitScript(() => {
      const now = performance.now.bind(performance);
      performance.now = () => 1_000 * now();
    });
    await page.reload();
    await page.waitForFunction(() => 'holdFrames' in globalThis);
    const { wrong, syntaxes } = await compare(images.filter(({ syntax }) => wholeCells.has(syntax)));
    expect(wrong).toEqual([]);
    expect(syntaxes.filter((syntax) => syntax === jpegLS).length).toBeGreaterThan(atLeast(100));
  });

  test('keeps its signs where a JPEG 2000 stream says that it has none', async () => {
    // What is air, at −2000 HU, would be the whitest of all.
    const path = 'syntax/jpeg-2000/J2K_pixelrep_mismatch.dcm';
    const file = corpusFile(path);
    await storeFiles(viewer.browser.context, viewer.lightbox.address, [file]);
    const stored = (await openStoredFile(file))!;
    const rows = truth().filter((row) => row['path'] === path);
    const image = {
      path,
      syntax: stored.syntax.uid,
      ...uidsOf(stored),
      ...(await expectedOf(rows, stored, file)),
    };
    expect(await compare([image])).toEqual({ wrong: [], syntaxes: [image.syntax], decodedHere: 1 });
  });

  async function compare(of = images): Promise<{ wrong: string[]; syntaxes: string[]; decodedHere: number }> {
    const wrong: string[] = [];
    let decodedHere = 0;
    const syntaxes: string[] = [];
    for (const ofOne of Map.groupBy(of, ({ study, series }) => `${study} ${series}`).values()) {
      const { study, series } = ofOne[0]!;
      const wanted = ofOne.map(({ instance, cells }) => ({ SOPInstanceUID: instance, cells }));
      const held = await heldFrames(page, study, series, wanted);
      for (const [at, image] of ofOne.entries()) {
        const frame = held[at]!;
        if ('transferSyntaxUID' in frame) {
          syntaxes.push(frame.transferSyntaxUID);
          if (frame.transferSyntaxUID === image.syntax && image.syntax !== explicitLE) decodedHere++;
        }
        const complaint = await complaintOf(frame, image);
        if (complaint) wrong.push(`${image.path}: ${complaint}`);
      }
    }
    return { wrong, syntaxes, decodedHere };
  }

  /** Many files are one instance in several transfer syntaxes: each gets a UID of its own. */
  async function storeAll(): Promise<{ images: Image[]; notKept: string[] }> {
    const images: Image[] = [];
    const notKept: string[] = [];
    const known = new Set<string>();
    const rowsByPath = Map.groupBy(truth(), ({ path }) => path!);
    const withPicture = [...rowsByPath].filter(([path, rows]) => !(path in leftOut) && hasPicture(rows));
    for (const [path, rows] of shareOf(withPicture, ([path]) => path)) {
      const own = corpusFile(path);
      const asItIs = (await openStoredFile(own))!;
      const { study, series, instance } = uidsOf(asItIs);
      let file = own;
      const bad = [study, series, instance].filter((uid) => !isUid(uid));
      if (bad.includes('')) file = await withUids(own, known.size);
      else if (bad.length > 0)
        file = bad.reduce((bytes, uid, at) => inPlaceOf(uid, known.size + 1000 * at, bytes), own);
      else if (known.has(instance)) file = inPlaceOf(instance, known.size, own);
      const stored = file === own ? asItIs : (await openStoredFile(file))!;
      const uids = uidsOf(stored);
      if (known.has(uids.instance) || !(await storeFiles(viewer.browser.context, viewer.lightbox.address, [file])))
        notKept.push(path);
      else images.push({ path, syntax: stored.syntax.uid, ...uids, ...(await expectedOf(rows, stored, file)) });
      known.add(uids.instance);
    }
    return { images, notKept };
  }

  /** A new study, series and instance, for a file that has none. */
  async function withUids(file: Buffer, number: number): Promise<Buffer> {
    const name = join(directory, 'file.dcm');
    await writeFile(name, file);
    const isWithoutClass = textValue((await openStoredFile(file))!.whole, SOPClassUID) === '';
    const uids = [`0020,000d=2.25.9`, `0020,000e=2.25.9.${number}`, `0008,0018=2.25.9.${number}.1`];
    if (isWithoutClass) uids.push(`0008,0016=${secondaryCapture}`);
    await run('dcmodify', ['-nb', ...uids.flatMap((uid) => ['-i', uid]), name]);
    return readFile(name);
  }

  async function complaintOf(
    frame: HeldFrame,
    { path, study, series, instance, hashes, allowed }: Image,
  ): Promise<string | undefined> {
    if ('trouble' in frame) return `${frame.trouble} ${frame.detail ?? ''}`;
    if (frame.signLost) return `values without their sign, from ${frame.transferSyntaxUID}`;
    if (!falselyRgb.has(path) && frame.hashes.some((hash) => hashes.has(hash))) return undefined;
    if (!frame.color) return `other values, from ${frame.transferSyntaxUID}`;
    const held = await heldPicture(page, instance);
    const byDcmtk = falselyRgb.has(path) ? undefined : await pictureByDcmtk(path);
    const expected = byDcmtk ?? (await pictureByArchive({ study, series, instance }));
    const furthest = held.reduce((most, value, at) => Math.max(most, Math.abs(value - expected[at]!)), 0);
    return held.length === expected.length && furthest <= allowed ? undefined : `a picture that differs by ${furthest}`;
  }

  /**
   * What is colour by a palette, YBR or of more than 8 bits is held as RGB of 8 bits, as DCMTK shows it.
   * @returns undefined where DCMTK shows grey: it knows no supplemental palette (PS3.3 C.7.6.19)
   */
  async function pictureByDcmtk(path: string): Promise<Buffer | undefined> {
    const twin = sameSamples[path];
    if (twin) expect(samplesOf(twin)).toEqual(samplesOf(path));
    const name = join(directory, 'picture.ppm');
    const program = path.includes('jpeg-ls') ? 'dcml2pnm' : 'dcmj2pnm';
    await run(program, [corpusPath(twin ?? path), name]);
    const ppm = await readFile(name);
    const head = /^P6\s\d+\s\d+\s255\s/.exec(ppm.toString('latin1', 0, 40));
    return head ? ppm.subarray(head[0].length) : undefined;
  }

  async function pictureByArchive({ study, series, instance }: Pick<Image, 'study' | 'series' | 'instance'>) {
    const path = `/dicom-web/studies/${study}/series/${series}/instances/${instance}/frames/1/rendered`;
    const answer = await page.request.get(viewer.address(path), { headers: { accept: 'image/png' } });
    return sharp(await answer.body())
      .removeAlpha()
      .toColourspace('srgb')
      .raw()
      .toBuffer();
  }
});

const samplesOf = (path: string) =>
  truth().find((row) => row['path'] === path && row['status'] === 'ok')?.['frame1_sha256'];

const isUid = (uid: string) => /^[\d.]{1,64}$/.test(uid);

function uidsOf({ whole }: StoredFile): { study: string; series: string; instance: string } {
  const { study, series, instance } = uidTags;
  return {
    study: textValue(whole, study),
    series: textValue(whole, series),
    instance: textValue(whole, instance),
  };
}

/** The same bytes with another UID of the same length. */
function inPlaceOf(uid: string, number: number, file: Buffer): Buffer {
  const other = `2.25.${String(number)
    .padStart(4, '0')
    .padStart(uid.length - 5, '9')}`
    .slice(0, 64)
    .padEnd(uid.length, '\0');
  const copy = Buffer.from(file);
  for (let at = copy.indexOf(uid); at >= 0; at = copy.indexOf(uid, at + 1)) copy.write(other, at);
  return copy;
}

type Expected = Pick<Image, 'cells' | 'hashes' | 'allowed'>;

async function expectedOf(rows: ManifestRow[], stored: StoredFile, file: Buffer): Promise<Expected> {
  const sample = sampleIn(file);
  const isYbr = stored.image.photometricInterpretation.startsWith('YBR');
  return { cells: cellsOf(stored, sample), hashes: await hashesOf(rows, stored, sample), allowed: isYbr ? 2 : 1 };
}

type Sample = 'integer' | 'float' | 'double';

/** By the header of Float Pixel Data (7FE0,0008) OF or Double Float Pixel Data (7FE0,0009) OD. */
function sampleIn(file: Buffer): Sample {
  if (file.includes(Buffer.from('e07f08004f46', 'hex'))) return 'float';
  return file.includes(Buffer.from('e07f09004f44', 'hex')) ? 'double' : 'integer';
}

/** The values on which toolkits agree; where only one can decode it, its own. Colour: what DCMTK makes RGB is RGB. */
async function hashesOf(
  rows: ManifestRow[],
  { syntax, image, frames }: StoredFile,
  sample: Sample,
): Promise<Set<string>> {
  const agreed = rows.filter(({ consensus, tool = '' }) => consensus || tool.endsWith('default colour'));
  const decoded = (agreed.some(({ consensus }) => consensus) ? agreed : rows).filter(({ status }) => status === 'ok');
  const hashes = new Set(decoded.map((row) => row['frame1_sha256']!));
  const { bitsAllocated, bitsStored, highBit } = image;
  const hasMoreInCells = bitsStored < bitsAllocated || sample === 'double';
  if (syntax.encapsulated || !hasMoreInCells || ![16, 64].includes(bitsAllocated)) return hashes;
  // Toolkits hash whole cells, with the overlays beside the values; and floats of 64 bits, which are held as 32.
  const cells = Buffer.from(await frames.read(0));
  if (!hashes.has(sha256(cells))) return hashes;
  const count = Math.floor((8 * cells.length) / bitsAllocated);
  if (sample === 'double') return new Set([sha256(Float32Array.from(new Float64Array(aligned(cells), 0, count)))]);
  const shift = highBit + 1 - bitsStored;
  const values = new Uint16Array(aligned(cells), 0, count).map((cell) => (cell >> shift) & (2 ** bitsStored - 1));
  return hashes.add(sha256(values));
}

const aligned = (bytes: Buffer) => Uint8Array.from(bytes).buffer;

/** What leads from the values that are measured back to those that are stored. */
function cellsOf({ dataset, image }: StoredFile, sample: Sample): Cells {
  const { bitsAllocated, bitsStored, isSigned } = image;
  const lut = modalityLutOf(dataset, 1, isSigned);
  const isFloat = sample !== 'integer';
  const cells = { bitsAllocated, bitsStored, isSigned, slope: 1, intercept: 0, table: undefined, isFloat };
  if (lut.kind === 'rescale') return { ...cells, slope: lut.slope, intercept: lut.intercept };
  const first = isSigned ? -(2 ** (bitsStored - 1)) : 0;
  const stored = Array.from({ length: 2 ** bitsStored }, (_, index) => first + index);
  return { ...cells, table: stored.map((value) => [modalityValue(lut, value), value]) };
}

const sha256 = (bytes: NodeJS.ArrayBufferView) => createHash('sha256').update(bytes).digest('hex');
