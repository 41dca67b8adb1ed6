/** What is measured in the reading room, against phantoms whose truth is computed: lengths, angles, values, regions. */
import type { Page } from 'playwright-core';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { dicomFile } from '#samples/write.ts';
import type { RunningLightbox } from '../running-lightbox.ts';
import { hasChromium, openBrowser } from './chromium.ts';
import { openedViewer, password } from './opened-viewer.ts';
import { cr, ct, hounsfield, size, spacingMm } from './reading-samples.ts';
import { openList, openSeries, sizeViewport, untilShown } from './viewer-pages.ts';

let lightbox: RunningLightbox;
let page: Page;
let complaints: string[];

describe.skipIf(!hasChromium)('measuring', () => {
  const viewer = openedViewer();

  beforeAll(async () => {
    ({ lightbox } = viewer);
    expect(await viewer.store(...[...ct, cr!].map(({ attributes }) => dicomFile(attributes)))).toBe(true);
  });

  beforeEach(() => {
    ({ page, complaints } = viewer);
  });

  afterEach(() => {
    expect(complaints).toEqual([]);
  });

  /** At 1:1, so that a pixel of the screen is one of the image. */
  async function openSlice(): Promise<void> {
    const { StudyInstanceUID, SeriesInstanceUID } = ct[0]!.attributes;
    await openSeries(page, lightbox.address, String(StudyInstanceUID), String(SeriesInstanceUID));
    await sizeViewport(page, size, size);
  }

  /** @param points  in pixels of the viewport */
  async function drag(...points: [number, number][]): Promise<void> {
    const box = (await page.locator('.viewport').first().boundingBox())!;
    const at = ([x, y]: [number, number]) => [box.x + x, box.y + y] as const;
    await page.mouse.move(...at(points[0]!));
    await page.mouse.down();
    for (const point of points.slice(1)) await page.mouse.move(...at(point), { steps: 8 });
    await page.mouse.up();
  }

  const words = () => page.locator('.svg-layer text').first();
  /** The numbers beside the measurement. They are computed a moment after it was drawn, so they are asked for again and again. */
  const numbers = async () =>
    ((await words().textContent())!.match(/-?[\d,]+(\.\d+)?/g) ?? []).map((text) => Number(text.replaceAll(',', '')));
  const numberIn = async () => (await numbers())[0]!;
  const offBy = (expected: number) => async () => Math.abs((await numberIn()) - expected);

  test('a length is right to half a pixel', async () => {
    await openSlice();
    await page.keyboard.press('d');
    await drag([100, 100], [300, 100]);
    await words().waitFor();
    await expect.poll(offBy(200 * spacingMm)).toBeLessThanOrEqual(spacingMm / 2);
  });

  test('a length is right on a screen of two pixels to one of CSS, as phones have', async () => {
    await using phone = await openBrowser({ deviceScaleFactor: 2 });
    await page.close();
    ({ page, complaints } = await phone.open());
    await openList(page, lightbox.address, password);
    const { StudyInstanceUID, SeriesInstanceUID } = ct[0]!.attributes;
    await openSeries(page, lightbox.address, String(StudyInstanceUID), String(SeriesInstanceUID));
    const { width, height } = (await page.locator('.viewport').boundingBox())!;
    const middle = [Math.round(width / 2), Math.round(height / 2)] as const;
    await page.keyboard.press('d');
    await drag([middle[0] - 100, middle[1]], [middle[0] + 100, middle[1]]);
    await words().waitFor();
    const imagePixels = (200 * size) / Math.min(width, height);
    await expect.poll(offBy(imagePixels * spacingMm)).toBeLessThanOrEqual(0.5 * spacingMm);
  });

  test('an angle is right to half a degree', async () => {
    await openSlice();
    await page.keyboard.press('a');
    await drag([100, 100], [200, 100]);
    await drag([200, 200], [200, 200]);
    await words().waitFor();
    await expect.poll(offBy(90)).toBeLessThanOrEqual(0.5);
  });

  test('the probe says the Hounsfield units of the pixel under it, however the image is turned', async () => {
    await openSlice();
    await page.keyboard.press('q');
    for (const [key, [column, row]] of [
      ['', [300, 200]],
      ['r', [200, 511 - 300]],
      ['h', [200, 300]],
    ] as const) {
      if (key) await page.keyboard.press(key);
      await drag([300, 200], [300, 200]);
      await words().waitFor();
      const near = [-1, 0].flatMap((dx) =>
        [-1, 0, 1].flatMap((dy) => [0, 1].map((d) => hounsfield(column + dx + d, row + dy))),
      );
      await expect.poll(async () => near.includes(await numberIn()), { message: `after ${key}` }).toBe(true);
      await page.keyboard.press('Backspace');
      await words().waitFor({ state: 'detached' });
    }
  });

  test('a region says the area and the mean of what is in it', async () => {
    await openSlice();
    await page.keyboard.press('b');
    await drag([200, 200], [260, 240]);
    await words().waitFor();
    const inside = Array.from({ length: 60 * 40 }, (_, at) => hounsfield(200 + (at % 60), 200 + Math.floor(at / 60)));
    const expected = inside.reduce((sum, value) => sum + value, 0) / inside.length;
    await expect.poll(async () => Math.abs((await numbers())[1]! - expected)).toBeLessThan(3);
    await expect.poll(async () => Math.sqrt(await numberIn())).toBeCloseTo(Math.sqrt(60 * 40) * spacingMm, 0);
  });

  test('what was measured goes with Backspace and comes back with Ctrl+Z, on its own image only', async () => {
    await openSlice();
    await page.keyboard.press('d');
    await drag([100, 100], [300, 100]);
    await words().waitFor();
    await page.keyboard.press('ArrowDown');
    await untilShown(page, 1);
    await words().waitFor({ state: 'detached' });
    await page.keyboard.press('ArrowUp');
    await words().waitFor();
    await page.keyboard.press('Backspace');
    await words().waitFor({ state: 'detached' });
    await page.keyboard.press('Control+z');
    await words().waitFor();
  });

  test('a length on a radiograph says that it holds at the detector', async () => {
    const { StudyInstanceUID, SeriesInstanceUID } = cr!.attributes;
    await openSeries(page, lightbox.address, String(StudyInstanceUID), String(SeriesInstanceUID));
    await page.keyboard.press('d');
    await drag([100, 100], [300, 100]);
    await words().waitFor();
    await words().getByText(/\d mm/).waitFor();
    await page.locator('.corner').getByText('Right · PA').waitFor();
    expect(await page.locator('.scale-bar').innerText()).toMatch(/detector|calibrated|unknown/);
  });
});
