/** What a reader does in the viewer's pages, in the words of the tests. */
import type { Page } from 'playwright-core';

import { pretendGraphicsCard } from './chromium.ts';

/** Opens the study list, signing in where the browser is not yet. */
export async function openList(page: Page, address: string, password: string): Promise<void> {
  await page.goto(address);
  const name = page.getByLabel('Account name');
  await name.or(page.getByRole('searchbox')).waitFor();
  if (!(await name.isVisible())) return;
  await name.fill('admin');
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL((url) => url.pathname === '/');
}

/** Waits until the image at `index` (from 0) is the one drawn. */
export async function untilShown(page: Page, index: number): Promise<void> {
  await page.locator(`.viewport[data-shown="${index}"]`).waitFor();
}

/**
 * Goes to an address of ours, and from a page of ours without loading it anew, which takes most of what opening the viewer takes:
 * what is open there is closed first, and nothing of it comes back.
 */
export async function goInside(page: Page, address: string): Promise<void> {
  if (page.url() === 'about:blank') return void (await page.goto(address));
  await page.evaluate(async (to) => {
    const go = async (path: string) => {
      history.pushState(null, '', path);
      dispatchEvent(new PopStateEvent('popstate'));
      await new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)));
    };
    await go('/nothing-stands-here');
    sessionStorage.clear();
    await go(to);
  }, address);
}

/** Opens a series of a study and waits for its first image. */
export async function openSeries(page: Page, address: string, study: string, series: string): Promise<void> {
  await page.goto(new URL(`/viewer?StudyInstanceUIDs=${study}&SeriesInstanceUID=${series}`, address).href);
  await untilShown(page, 0);
}

/**
 * Makes the viewport as large as the image, so that one pixel of the canvas is one pixel of the image. A narrower window may
 * have another layout, so it takes a second step.
 */
export async function sizeViewport(page: Page, columns: number, rows: number): Promise<void> {
  for (let step = 0; step < 3; step += 1) {
    const outer = page.viewportSize()!;
    const inner = await page.locator('.viewport').boundingBox();
    if (inner!.width === columns && inner!.height === rows) break;
    await page.setViewportSize({
      width: Math.round(outer.width + columns - inner!.width),
      height: Math.round(outer.height + rows - inner!.height),
    });
  }
  await page.waitForFunction(
    ([width, height]) => {
      const canvases = [...document.querySelectorAll<HTMLCanvasElement>('.viewport canvas:not(.planes)')];
      const shown = canvases.find(({ style }) => style.display !== 'none');
      return shown?.width === width && shown?.height === height;
    },
    [columns, rows],
  );
}

/** The grey values on the screen, row by row, after whatever is being drawn is drawn. */
export async function shownPixels(page: Page): Promise<Buffer> {
  const base64 = await page.evaluate(async () => {
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    const canvas = [...document.querySelectorAll<HTMLCanvasElement>('.viewport canvas:not(.planes)')].find(
      ({ style }) => style.display !== 'none',
    )!;
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    let text = '';
    for (let at = 0; at < data.length; at += 4) text += String.fromCharCode(data[at]!);
    return btoa(text);
  });
  return Buffer.from(base64, 'base64');
}

/** Opens a series of square images, drawn by the processor or as by a graphics card, so that its pixels are those of the canvas. */
export async function openAtOne(
  page: Page,
  address: string,
  { study, series, side, drawnBy }: { study: string; series: string; side: number; drawnBy: string },
): Promise<Page> {
  if (drawnBy === 'graphics card') await pretendGraphicsCard(page);
  await openSeries(page, address, study, series);
  await sizeViewport(page, side, side);
  return page;
}

/** Red, green and blue of each pixel on the screen, row by row: the image, and what the file lays over it. */
export async function shownColours(page: Page): Promise<Uint8Array> {
  const base64 = await page.evaluate(async () => {
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    const canvases = [...document.querySelectorAll<HTMLCanvasElement>('.viewport canvas:not(.planes)')];
    const planes = [...document.querySelectorAll<HTMLCanvasElement>('.viewport canvas.planes')];
    const layers = [...canvases, ...planes].filter((canvas) => canvas.checkVisibility() && canvas.width > 0);
    const { width, height } = layers[0]!;
    const together = new OffscreenCanvas(width, height).getContext('2d')!;
    for (const layer of layers) together.drawImage(layer, 0, 0);
    const { data } = together.getImageData(0, 0, width, height);
    let text = '';
    for (let at = 0; at < data.length; at += 4) {
      text += String.fromCharCode(data[at]!, data[at + 1]!, data[at + 2]!);
    }
    return btoa(text);
  });
  return Buffer.from(base64, 'base64');
}
