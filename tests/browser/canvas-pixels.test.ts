/**
 * What is on the screen at 1:1 is the 8-bit picture of PS3.3 C.11, within 1 of 255, drawn by the processor and by a graphics card
 * alike. Phantoms hold every stored value there is and are compared with the formulae (phantoms.ts); real files with the archive's
 * own picture of them, which derive/stored-image.test.ts holds against DCMTK's, and some with DCMTK's once more.
 */
import { execFile } from 'node:child_process';
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { dicomFile, type Attributes } from '#samples/write.ts';
import { corpusPath, hasCorpus } from '../corpus.ts';
import { isDrawnBy, whichDrawn } from '../thorough.ts';
import { hasChromium, pretendGraphicsCard } from './chromium.ts';
import { openedViewer, withoutWorker } from './opened-viewer.ts';
import { phantoms, type Phantom } from './phantoms.ts';
import { openSeries, shownColours, sizeViewport, untilShown } from './viewer-pages.ts';
import { isInstalled } from '../installed.ts';

const run = promisify(execFile);
const hasDcmtk = isInstalled('dcmodify');
const study = '2.25.77';

interface RealFile {
  what: string;
  path: string;
  /** how DCMTK is asked for the same picture, where it makes it */
  dcmtk?: string[];
  /** asked of the archive, where the file has none and the viewer opens it with one of its own */
  window?: string;
}

/** Real files, each with something that the others have not. */
const real: RealFile[] = [
  { what: 'CT, JPEG-LS', path: 'syntax/jpeg-ls/CT1_UNC.fragmented_bot_jpeg_ls.80.dcm', window: '40,400,linear' },
  { what: 'MR, JPEG 2000', path: 'syntax/jpeg-2000/MR1_J2KR' },
  { what: 'a Modality LUT Sequence', path: 'lut/mlut_18.dcm' },
  { what: 'a VOI LUT Sequence', path: 'lut/vlut_04.dcm', dcmtk: ['+Wl', '1'] },
  { what: 'overlays in unused bits and in groups of their own', path: 'lut/ovly_p01.dcm' },
  { what: 'nine signed bits of sixteen', path: 'lut/signed-raw-9bit.dcm' },
  { what: 'an overlay over MR', path: 'modality/mr/MR-SIEMENS-DICOM-WithOverlays.dcm', dcmtk: ['+Wi', '1'] },
  { what: 'an overlay of another toolkit', path: 'modality/mr/examples_overlay.dcm' },
  { what: 'PALETTE COLOR', path: 'color/examples_palette.dcm', dcmtk: [] },
  { what: 'PALETTE COLOR of 16 bits', path: 'color/TestPattern_Palette_16.dcm', dcmtk: [] },
  { what: 'YBR_FULL_422, uncompressed', path: 'color/US-YBR_FULL_422-EVRLE.dcm' },
  { what: 'YBR_FULL, RLE', path: 'syntax/rle/YBR_FULL-RLE.dcm' },
  { what: 'YBR_FULL_422, JPEG baseline', path: 'syntax/jpeg-baseline/examples_ybr_color.dcm' },
];
const firstReal = 1000;
const hasReal = hasCorpus && hasDcmtk;

describe.skipIf(!hasChromium)('the canvas at 1:1', () => {
  const viewer = openedViewer({ settings: withoutWorker, browser: { viewport: { width: 1000, height: 700 } } });

  beforeAll(async () => {
    const files = phantoms.map(({ attributes }, index) => dicomFile({ ...attributes, ...uids(index + 1) }));
    for (const [index, { path }] of hasReal ? real.entries() : []) {
      const file = join(viewer.directory, 'file.dcm');
      await copyFile(corpusPath(path), file);
      const { StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID, SeriesNumber } = uids(firstReal + index);
      const changes = [
        `0020,000d=${StudyInstanceUID}`,
        `0020,000e=${SeriesInstanceUID}`,
        `0008,0018=${SOPInstanceUID}`,
        `0020,0011=${SeriesNumber}`,
      ];
      await run('dcmodify', ['-nb', ...changes.flatMap((change) => ['-i', change]), file]);
      files.push(await readFile(file));
    }
    expect(await viewer.store(...files)).toBe(true);
  });

  describe.each(['processor', 'graphics card'] as const)(`drawn by the %s, ${whichDrawn}`, (drawnBy) => {
    const isGiven = (number: number) => isDrawnBy(drawnBy === 'processor' ? 0 : 1, number);

    beforeEach(async () => {
      if (drawnBy === 'graphics card') await pretendGraphicsCard(viewer.page);
    });

    test('is what the formulae of the standard make of every stored value', async () => {
      const { page } = viewer;
      const wrong: string[] = [];
      const next = walk(page, (index) => uids(index + 1));
      for (const [index, { name, expected, attributes }] of phantoms.entries()) {
        if (!isGiven(index)) continue;
        const { Rows, Columns } = attributes as { Rows: number; Columns: number };
        await next(index);
        const pixels = pixelsOf(expected, Rows * Columns);
        const complaint = await complaintOf(page, { rows: Rows, columns: Columns }, (shown) =>
          difference(shown, pixels),
        );
        if (complaint) wrong.push(`${name}: ${complaint}`);
      }
      expect(wrong).toEqual([]);
      const backend = await page.locator('.viewport').getAttribute('data-backend');
      expect(backend).toBe(drawnBy === 'processor' ? 'cpu' : 'gpu');
    });

    test.skipIf(!hasReal)('is the picture that the archive makes of real files', async () => {
      const { page } = viewer;
      const wrong: string[] = [];
      const next = walk(page, (place) => uids(firstReal + place - phantoms.length));
      for (const [index, { what, path, dcmtk, window }] of real.entries()) {
        if (!isGiven(index)) continue;
        const { bytes, rows, columns } = await rendered(firstReal + index, window);
        await next(phantoms.length + index);
        const byDcmtk = dcmtk && (await pictureByDcmtk(path, dcmtk));
        const complaint = await complaintOf(
          page,
          { rows, columns },
          (shown) => difference(shown, bytes) ?? (byDcmtk && difference(shown, byDcmtk)),
        );
        if (complaint) wrong.push(`${what} (${path}): ${complaint}`);
      }
      expect(wrong).toEqual([]);
    });
  });

  /** What shows the series at a place of the strip: the first one is opened by its address, and each later one walked to. */
  function walk(page: Page, seriesAt: (place: number) => { SeriesInstanceUID: string }) {
    let at = -1;
    return async (place: number): Promise<void> => {
      if (at < 0) {
        await openSeries(page, viewer.lightbox.address, study, seriesAt(place).SeriesInstanceUID);
        at = place;
      }
      for (; at < place; at++) {
        await page.keyboard.press('ArrowRight');
        await page
          .locator('.series')
          .nth(at + 1)
          .and(page.locator('[aria-current=true]'))
          .waitFor();
      }
      await untilShown(page, 0);
    };
  }

  /**
   * What there is to say of red, green and blue of each pixel on the screen, whatever lies over the image included. An image is
   * drawn a moment after it is said to be shown: only what stays wrong is.
   */
  async function complaintOf(
    page: Page,
    { rows, columns }: { rows: number; columns: number },
    look: (shown: Uint8Array) => string | undefined,
  ): Promise<string | undefined> {
    await sizeViewport(page, columns, rows);
    let complaint: string | undefined;
    for (let looked = 0; looked < 20; looked++) {
      complaint = look(await shownColours(page));
      if (complaint === undefined) break;
    }
    return complaint;
  }

  /** The archive's picture of the first frame, without annotation. */
  async function rendered(
    number: number,
    window?: string,
  ): Promise<{ bytes: Uint8Array; rows: number; columns: number }> {
    const { SeriesInstanceUID, SOPInstanceUID } = uids(number);
    const path = `/dicom-web/studies/${study}/series/${SeriesInstanceUID}/instances/${SOPInstanceUID}/frames/1/rendered`;
    const answer = await viewer.browser.context.request.get(viewer.address(path), {
      headers: { Accept: 'image/png' },
      ...(window !== undefined && { params: { window } }),
    });
    expect(answer.status()).toBe(200);
    const { data, info } = await sharp(await answer.body())
      .toColourspace('srgb')
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const bytes = info.channels === 3 ? data : pixelsOf((at) => data[at]!, data.length);
    return { bytes, rows: info.height, columns: info.width };
  }

  async function pictureByDcmtk(path: string, options: string[]): Promise<Uint8Array> {
    const name = join(viewer.directory, 'picture.pnm');
    await run('dcmj2pnm', [...options, corpusPath(path), name]);
    const file = await readFile(name);
    const [head, kind] = /^P([56])\s(?:#.*\n)?\d+\s\d+\s255\s/.exec(file.toString('latin1', 0, 200))!;
    const bytes = file.subarray(head.length);
    return kind === '6' ? bytes : pixelsOf((at) => bytes[at]!, bytes.length);
  }
});

const uids = (number: number) =>
  ({
    StudyInstanceUID: study,
    SeriesInstanceUID: `${study}.${number}`,
    SOPInstanceUID: `${study}.${number}.1`,
    SeriesNumber: number,
  }) satisfies Attributes;

function pixelsOf(expected: Phantom['expected'], pixels: number): Uint8Array {
  const bytes = new Uint8Array(3 * pixels);
  for (let at = 0; at < pixels; at += 1) {
    const colour = expected(at);
    bytes.set(typeof colour === 'number' ? [colour, colour, colour] : colour, 3 * at);
  }
  return bytes;
}

function difference(shown: Uint8Array, expected: Uint8Array): string | undefined {
  if (shown.length !== expected.length) return `${shown.length} samples instead of ${expected.length}`;
  let wrong = 0;
  let worst = { by: 0, at: 0 };
  shown.forEach((value, at) => {
    const by = Math.abs(value - expected[at]!);
    if (by > 1) wrong += 1;
    if (by > worst.by) worst = { by, at };
  });
  if (wrong === 0) return undefined;
  const { at } = worst;
  return `${wrong} samples differ, as sample ${at}: ${shown[at]} instead of ${expected[at]}`;
}
