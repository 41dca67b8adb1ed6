/** The Display Shutter (PS3.3 C.7.6.11): what it hides is dark, no window is made of it, and the reader can take it away. */
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';

import { dicomFile, type Attributes } from '#samples/write.ts';
import { bareSlice } from './bare-slice.ts';
import { hasChromium } from './chromium.ts';
import { openedViewer, withoutWorker } from './opened-viewer.ts';
import { openAtOne, shownColours, sizeViewport } from './viewer-pages.ts';

const shots = process.env['SCREENSHOTS'];
const side = 512;
const study = '2.25.781';
const [upper, lower, left, right] = [101, 400, 51, 450];
const place = (at: number) => [Math.floor(at / side) + 1, (at % side) + 1] as const;
const isWithin = (at: number) => {
  const [row, column] = place(at);
  return row >= upper && row <= lower && column >= left && column <= right;
};
/** From 100 to 499 within, and 4000 all around: beside what is as bright all else is black. */
const valueAt = (at: number) => (isWithin(at) ? 100 + place(at)[1] - left : 4000);

const { ImagePositionPatient: _place, ImageOrientationPatient: _directions, ...slice } = bareSlice('shutter');

function radiograph(number: number, more: Attributes): Buffer {
  return dicomFile({
    ...slice,
    SOPClassUID: '1.2.840.10008.5.1.4.1.1.1.1', // Digital X-Ray Image Storage - For Presentation
    Modality: 'DX',
    StudyInstanceUID: study,
    SeriesInstanceUID: `${study}.${number}`,
    SOPInstanceUID: `${study}.${number}.1`,
    SeriesNumber: number,
    ShutterShape: 'RECTANGULAR',
    ShutterLeftVerticalEdge: left,
    ShutterRightVerticalEdge: right,
    ShutterUpperHorizontalEdge: upper,
    ShutterLowerHorizontalEdge: lower,
    PixelRepresentation: 0,
    PixelData: new Uint8Array(Uint16Array.from({ length: side * side }, (_, at) => valueAt(at)).buffer),
    ...more,
  });
}

/** How much brighter than the image is in its middle something is, down a column of it: each is of one value within. */
async function brightestBeyond(page: Page): Promise<number> {
  const shown = await shownColours(page);
  const { width, height } = await page.locator('.viewport canvas.planes').evaluate((canvas: HTMLCanvasElement) => {
    return { width: canvas.width, height: canvas.height };
  });
  const column = Math.round(0.35 * width);
  const values = Array.from({ length: height }, (_, row) => shown[3 * (row * width + column)]!);
  return Math.max(...values) - values[height >> 1]!;
}

const dark = radiograph(1, {});
const grey = radiograph(2, { ShutterPresentationValue: 0x8000, PhotometricInterpretation: 'MONOCHROME1' });
const window = { WindowCenter: 300, WindowWidth: 401 };
/** Three columns of a bright border, which are less than one of the screen where the image is much smaller. */
const thin = radiograph(4, {
  ShutterLeftVerticalEdge: 4,
  ShutterRightVerticalEdge: side,
  ShutterUpperHorizontalEdge: 1,
  ShutterLowerHorizontalEdge: side,
  ...window,
  PixelData: new Uint8Array(Uint16Array.from({ length: side * side }, (_, at) => (at % side < 3 ? 4000 : 100)).buffer),
});
const whole = radiograph(3, {
  ShutterLeftVerticalEdge: 1,
  ShutterRightVerticalEdge: side,
  ...window,
  ShutterUpperHorizontalEdge: 1,
  ShutterLowerHorizontalEdge: side,
});

describe.skipIf(!hasChromium)('the display shutter', () => {
  const viewer = openedViewer({ settings: withoutWorker, browser: { viewport: { width: 1000, height: 700 } } });

  beforeAll(async () => {
    expect(await viewer.store(dark, grey, whole, thin)).toBe(true);
  });

  const opened = (number: number, drawnBy = 'processor') =>
    openAtOne(viewer.page, viewer.lightbox.address, { study, series: `${study}.${number}`, side, drawnBy });

  const shoot = async (page: Page, name: string) => {
    for (const width of shots === undefined ? [] : [1920, 1280, 360]) {
      await page.setViewportSize({ width, height: 800 });
      await page.screenshot({ path: join(shots!, `shutter-${name}-${width}.png`) });
    }
  };

  /** How many pixels differ from what is expected by more than a step. */
  async function differing(page: Page, expected: (at: number) => number): Promise<number> {
    const shown = await shownColours(page);
    return Array.from({ length: side * side }, (_, at) => at).filter(
      (at) => Math.abs(shown[3 * at]! - expected(at)) > 1,
    ).length;
  }
  const shows = async (page: Page, expected: (at: number) => number) =>
    await expect.poll(() => differing(page, expected)).toBe(0);

  const share = (at: number) => Math.min(1, (valueAt(at) - 100) / 399);
  const closed = (at: number) => (isWithin(at) ? 255 * share(at) : 0);
  const open = (at: number) => 255 * share(at);

  test.each(['processor', 'graphics card'])(
    'hides what lies outside of it, drawn by the %s, until it is taken away',
    async (by) => {
      const page = await opened(1, by);
      await shows(page, closed);
      await page.keyboard.press('m');
      await shows(page, open);
      await page.getByText('Shutter off (M)').waitFor();
      await page.getByLabel('More commands').selectOption('Display shutter on or off (M)');
      await shows(page, closed);
      expect(await page.getByText('Shutter off (M)').count()).toBe(0);
      await shoot(page, by);
    },
  );

  test.each(['processor', 'graphics card'])(
    'leaves no bright line along its edge where the image is larger or smaller, drawn by the %s',
    async (by) => {
      const page = await opened(1, by);
      for (const size of [800, 400, 240]) {
        await sizeViewport(page, size, size);
        expect(await brightestBeyond(page)).toBeLessThan(10);
      }
    },
  );

  test.each(['processor', 'graphics card'])(
    'hides a strip that is thinner than a pixel of the screen, drawn by the %s',
    async (by) => {
      const page = await opened(4, by);
      for (const size of [side, 240, 120, 60]) {
        await sizeViewport(page, size, size);
        expect((await shownColours(page)).filter((value) => value > 10)).toHaveLength(0);
      }
    },
  );

  test('is as bright as the file asks, whether the image is inverted or not', async () => {
    const page = await opened(2);
    await shows(page, (at) => (isWithin(at) ? 255 * (1 - share(at)) : 128));
    await page.keyboard.press('i');
    await shows(page, (at) => (isWithin(at) ? 255 * share(at) : 128));
  });

  test('is no command where nothing is hidden', async () => {
    const page = await opened(3);
    const entries = await page.getByLabel('More commands').getByRole('option').allTextContents();
    expect(entries.filter((entry) => entry.includes('shutter'))).toEqual([]);
    await page.keyboard.press('m');
    expect(await page.getByText('Shutter off (M)').count()).toBe(0);
    // Nor has it taken away what the next series hides.
    await page.keyboard.press('ArrowLeft');
    await shows(page, (at) => (isWithin(at) ? 255 * (1 - share(at)) : 128));
  });

  test("is in the archive's own pictures, too", async () => {
    const { page } = viewer;
    const path = `/dicom-web/studies/${study}/series/${study}.1/instances/${study}.1.1/rendered`;
    const answer = await page.request.get(viewer.address(path), { headers: { accept: 'image/png' } });
    const pixels = await sharp(await answer.body())
      .toColourspace('b-w')
      .raw()
      .toBuffer();
    const wrong = Array.from(pixels, (value, at) => Math.abs(value - closed(at)) > 1).filter(Boolean);
    expect([pixels.length, wrong.length]).toEqual([side * side, 0]);
  });
});
