/**
 * What is asked for when, and what is on the screen first, from a link to a study to its first image: a weak computer reads and starts
 * what draws images for a second, and a thin line takes longer to bring it. Nothing here is about times.
 */
import type { Page, Route } from 'playwright-core';
import sharp from 'sharp';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { dicomFile } from '#samples/write.ts';
import { hasChromium } from './chromium.ts';
import { openedViewer } from './opened-viewer.ts';
import { ct } from './reading-samples.ts';
import { untilShown } from './viewer-pages.ts';

/** Pixels that are twice as high as wide: the image is, too. */
const tall = {
  ...ct[0]!.attributes,
  PixelSpacing: [1, 0.5],
  StudyInstanceUID: '2.25.91',
  SeriesInstanceUID: '2.25.91.1',
};

const script = (name: string) => new RegExp(`/assets/${name}-[\\w-]+\\.js$`);

describe.skipIf(!hasChromium)('from a link to the first image', () => {
  const viewer = openedViewer();
  let page: Page;
  /** What was asked of the archive, in its order. */
  let asked: string[];

  beforeAll(async () => {
    const files = [...ct.map(({ attributes }) => attributes), { ...tall, SOPInstanceUID: '2.25.91.1.1' }];
    expect(await viewer.store(...files.map((each) => dicomFile(each)))).toBe(true);
  });

  beforeEach(() => {
    ({ page } = viewer);
    asked = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  });

  afterEach(() => {
    expect(viewer.complaints).toEqual([]);
  });

  const link = (study: unknown) => viewer.address(`/viewer?StudyInstanceUIDs=${String(study)}`);
  const preview = () => page.locator('.preview img[src*="/rendered"]');
  const framesAsked = () => asked.filter((path) => path.endsWith('/frames/1'));

  /** Keeps an answer back. @returns what lets it go */
  async function hold(url: RegExp): Promise<() => void> {
    const { promise: free, resolve: letGo } = Promise.withResolvers<void>();
    await page.route(url, async (route: Route) => {
      await free;
      await route.continue();
    });
    return letGo;
  }

  test('the page of the images comes while the archive says who is signed in', async () => {
    const answerSession = await hold(/\/api\/session$/);
    await page.goto(link(ct[0]!.attributes['StudyInstanceUID']));
    await expect.poll(() => asked.some((path) => script('viewer-page').test(path))).toBe(true);
    answerSession();
    await untilShown(page, 0);
  });

  test('what draws images is not waited for: the preview is there before, and the frame on its way', async () => {
    const bringDrawing = await hold(script('drawing'));
    await page.goto(link(ct[0]!.attributes['StudyInstanceUID']));
    await expect.poll(() => preview().evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(512);
    await page.getByText('Preview – not for diagnosis').waitFor();
    await expect.poll(framesAsked).toHaveLength(1);
    expect(await page.locator('.viewport canvas').count()).toBe(0);
    bringDrawing();
    await untilShown(page, 0);
    await page.locator('.preview').waitFor({ state: 'detached' });
    await page.locator('.series progress[value="6"]').waitFor();
    expect(framesAsked()).toHaveLength(new Set(framesAsked()).size); // none twice
  });

  test('nothing is called a preview before there is one, however long the archive takes', async () => {
    const giveFrame = await hold(/\/frames\/1$/);
    const giveThumbnail = await hold(/\/thumbnail$/);
    const giveRendered = await hold(/\/rendered\b/);
    await page.goto(link(ct[0]!.attributes['StudyInstanceUID']));
    await page.getByText('Loading image 1').waitFor();
    await preview().waitFor();
    const badge = page.getByText('Preview – not for diagnosis');
    expect(await badge.count()).toBe(0);
    const seen = () =>
      page.locator('.preview img').evaluateAll((all) => all.map((each) => (each as HTMLImageElement).naturalWidth));
    giveRendered();
    await badge.waitFor();
    expect(await seen()).toEqual([512]);
    giveThumbnail();
    giveFrame();
    await untilShown(page, 0);
    await page.locator('.preview').waitFor({ state: 'detached' });
  });

  test('where the archive cannot render the frame, the thumbnail stays; another frame asked for meanwhile does not take it away', async () => {
    const giveFrame = await hold(/\/frames\/1$/);
    const giveRefusal = Promise.withResolvers<void>();
    await page.route(/\/rendered\b/, async (route) => {
      await giveRefusal.promise;
      await route.fulfill({ status: 503 });
    });
    const refused: string[] = [];
    page.on('response', (response) => response.status() === 503 && refused.push(response.url()));
    await page.goto(link(ct[0]!.attributes['StudyInstanceUID']));
    const thumbnail = page.locator('.preview img[src*="/thumbnail"]');
    const badge = page.getByText('Preview – not for diagnosis');
    await preview().waitFor({ state: 'attached' });
    await badge.waitFor();
    giveRefusal.resolve();
    await preview().waitFor({ state: 'detached' });
    expect(await thumbnail.isVisible()).toBe(true);
    expect(await badge.isVisible()).toBe(true);
    await page.keyboard.press('ArrowDown');
    await page.getByText('Loading image 2').waitFor();
    await expect.poll(() => new Set(refused).size).toBe(2);
    await preview().waitFor({ state: 'detached' });
    expect(await thumbnail.isVisible()).toBe(true);
    expect(await badge.isVisible()).toBe(true);
    giveFrame();
    await untilShown(page, 1);
    await page.locator('.preview').waitFor({ state: 'detached' });
  });

  test('a frame that is asked for before anything can draw it is stopped when the reader leaves', async () => {
    await hold(script('drawing'));
    await hold(/\/frames\/1$/);
    const stopped = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/frames/1'));
    await page.goto(link(ct[0]!.attributes['StudyInstanceUID']));
    await expect.poll(framesAsked).toHaveLength(1);
    await page.keyboard.press('Escape'); // back to the list
    await stopped;
  });

  test('over a slow line nothing is fetched ahead of an image that somebody waits for', async () => {
    const held: Route[] = [];
    await page.addInitScript(() => localStorage.setItem('lightbox.line', 'slow'));
    await page.route(/\/frames\/1$/, (route) => void held.push(route));
    await page.goto(link(ct[0]!.attributes['StudyInstanceUID']));
    await expect.poll(() => held.length).toBe(1);
    await held[0]!.continue();
    await untilShown(page, 0);
    await expect.poll(() => held.length).toBe(3);
    await page.keyboard.press('End');
    await expect.poll(() => held.length).toBe(4);
    await Promise.all(held.slice(1, 3).map((route) => route.continue()));
    await page.getByRole('progressbar', { name: '3 of 6 images loaded' }).waitFor();
    expect(held.length).toBe(4);
    await held[3]!.continue();
    await untilShown(page, 5);
    await expect.poll(() => held.length).toBe(6);
    await page.evaluate(() => localStorage.removeItem('lightbox.line'));
  });

  test('the preview lies where the image will lie, in its shape', async () => {
    const bringDrawing = await hold(script('drawing'));
    await page.goto(link(tall.StudyInstanceUID));
    await expect.poll(() => preview().evaluate((image: HTMLImageElement) => image.naturalHeight)).toBe(512);
    const before = await middleOf(page);
    bringDrawing();
    await untilShown(page, 0);
    await page.locator('.preview').waitFor({ state: 'detached' });
    const after = await middleOf(page);
    const off = before.map((value, at) => Math.abs(value - after[at]!));
    expect(new Set(after).size).toBeGreaterThan(20);
    expect(off.reduce((sum, value) => sum + value, 0) / off.length).toBeLessThan(6);
  });

  test('where what draws images does not come, that is said, and loading the page again goes on', async () => {
    await page.route(script('drawing'), (route) => route.abort());
    await page.goto(link(ct[0]!.attributes['StudyInstanceUID']));
    const notice = page.getByRole('alert').filter({ hasText: 'The archive cannot be reached' });
    await notice.waitFor();
    await page.unroute(script('drawing'));
    await notice.getByRole('button').click();
    await untilShown(page, 0);
  });
});

/** Brightness of 24 × 24 parts of the screen, where no words stand. */
async function middleOf(page: Page): Promise<number[]> {
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  const { x, y, width, height } = (await page.locator('.viewport').boundingBox())!;
  const clip = { x: x + width / 4, y: y + height / 4, width: width / 2, height: height / 2 };
  const shot = sharp(await page.screenshot({ clip })).greyscale();
  return [...(await shot.resize(24, 24, { fit: 'fill' }).raw().toBuffer())];
}
