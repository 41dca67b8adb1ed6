/** The viewer on paper: each picture in its own shape, whose it is, and how long a centimetre is on it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { dicomFile } from '#samples/write.ts';
import { hasChromium } from './chromium.ts';
import { openedViewer, withoutWorker } from './opened-viewer.ts';
import { printedPages } from './printed-pages.ts';
import { ct, size, spacingMm } from './reading-samples.ts';
import { openSeries } from './viewer-pages.ts';

const shots = process.env['SCREENSHOTS'];

describe.skipIf(!hasChromium)('printed', () => {
  const viewer = openedViewer({ settings: withoutWorker });
  let page: Page;

  beforeAll(async () => {
    expect(await viewer.store(...ct.map(({ attributes }) => dicomFile(attributes)))).toBe(true);
  });

  beforeEach(() => {
    ({ page } = viewer);
  });

  async function open(width: number, height: number): Promise<void> {
    await page.setViewportSize({ width, height });
    const { StudyInstanceUID, SeriesInstanceUID } = ct[0]!.attributes;
    await openSeries(page, viewer.lightbox.address, String(StudyInstanceUID), String(SeriesInstanceUID));
  }

  test.each([
    ['wide', 1280, 620],
    ['tall', 500, 900],
  ] as const)(
    'a %s viewport (%i × %i) keeps its shape on either side of the paper, and what was measured its place',
    async (...how) => {
      const [shape, width, height] = how;
      await open(width, height);
      const viewport = page.locator('.viewport');
      const box = (await viewport.boundingBox())!;
      const [columns, rows] = await viewport.evaluate((element) => [element.clientWidth, element.clientHeight]);
      await page.keyboard.press('d');
      await page.mouse.move(box.x + 150, box.y + 200);
      await page.mouse.down();
      await page.mouse.move(box.x + 250, box.y + 200, { steps: 5 });
      await page.mouse.up();
      await page.locator('.svg-layer text').first().waitFor();
      for (const landscape of [false, true]) {
        const where = landscape ? 'landscape' : 'portrait';
        const pdf = await page.pdf({ format: 'A4', landscape, printBackground: true });
        if (shots !== undefined) await writeFile(join(shots, `print-${shape}-${where}.pdf`), pdf);
        const { pages, pictures, lines } = printedPages(pdf);
        expect(pages, where).toBe(1);
        const picture = pictures.find((each) => each.columns === columns && each.rows === rows)!;
        const onPaper = { wide: picture.width / picture.columns, high: picture.height / picture.rows };
        expect(onPaper.wide / onPaper.high, where).toBeCloseTo(1, 2);
        expect(
          lines.some((length) => Math.abs(length / (100 * onPaper.wide) - 1) < 0.02),
          where,
        ).toBe(true);
        // Within the margins of the sheet (595 × 842 points), and not smaller than it need be.
        const [most, least] = landscape ? [785, 540] : [540, 785];
        expect(picture.width, where).toBeLessThanOrEqual(most + 2);
        expect(picture.width / most > 0.95 || picture.height / least > 0.85, where).toBe(true);
      }
      expect(viewer.complaints).toEqual([]);
    },
  );

  test.each([
    ['all of an image that the page has room for', 500, 900, 4],
    ['what the page has room for of a larger one', 1280, 800, 0],
  ] as const)('%s comes out in life size, and says so', async (_what, width, height, steps) => {
    await page.addInitScript(() => {
      // The dialog is the browser's own; what it would print is taken below.
      globalThis.print = () => document.documentElement.toggleAttribute('data-printing', true);
    });
    await open(width, height);
    for (let step = 0; step < steps; step++) await page.keyboard.press('+');
    const viewport = page.locator('.viewport');
    const box = (await viewport.boundingBox())!;
    const [columns, rows] = await viewport.evaluate((element) => [element.clientWidth, element.clientHeight]);
    await page.keyboard.press('d');
    // In the middle, which is on the page in any case.
    const [x, y] = [box.x + columns! / 2, box.y + rows! / 2];
    await page.mouse.move(x - 50, y);
    await page.mouse.down();
    await page.mouse.move(x + 50, y, { steps: 5 });
    await page.mouse.up();
    const measured = await page.locator('.svg-layer text').first().textContent();
    await page.getByLabel('Print the images shown').selectOption({ label: 'Life size 1:1 (calibrated)' });
    await page.locator('html[data-printing]').waitFor({ state: 'attached' });
    await page.locator('.print-head').getByText('Life size (1:1) if printed at 100 %').waitFor({ state: 'attached' });
    const words = await page.locator('.scale-bar').textContent();
    const pdf = await page.pdf({ format: 'A4', printBackground: true });
    if (shots !== undefined) await writeFile(join(shots, `print-life-${width}.pdf`), pdf);

    const points = (mm: number) => (mm / 25.4) * 72;
    const { pages, pictures, lines } = printedPages(pdf);
    expect(pages).toBe(1);
    // By the truth of the phantom, which fills the shorter side of its viewport, nearer by a quarter with each step.
    const mmPerPixel = (size * spacingMm) / Math.min(columns!, rows!) / 1.25 ** steps;
    const picture = pictures.find((each) => each.columns === columns && each.rows === rows)!;
    expect(picture.width / points(columns! * mmPerPixel)).toBeCloseTo(1, 2);
    expect(picture.height / points(rows! * mmPerPixel)).toBeCloseTo(1, 2);
    // What a reader measured, and the bar with its shadow of some points, are as long on paper as they say.
    const length = points(Number(/([\d.]+) mm/.exec(measured!)![1]));
    expect(lines.some((line) => Math.abs(line / length - 1) < 0.01)).toBe(true);
    expect(words).toContain('calibrated · 1:1');
    const bar = points(10 * Number(/([\d.]+) cm/.exec(words!)![1]));
    expect(pictures.some((each) => each.width > bar && each.width < bar + 10)).toBe(true);
    // What is printed next, by the browser's own command, is fitted again.
    await page.locator('.print-head').getByText('Fitted to the page').waitFor({ state: 'attached' });
    expect(viewer.complaints).toEqual([]);
  });

  test('four viewports are on one page, each in its shape, on either side of the paper', async () => {
    await open(1280, 800);
    await page.getByLabel('Layout').selectOption('2x2');
    for (const at of [1, 2, 3]) {
      await page.locator('.series').first().dragTo(page.locator('.pane').nth(at));
      await page.locator('.pane').nth(at).locator('.viewport[data-shown]').waitFor();
    }
    const [columns, rows] = await page
      .locator('.viewport')
      .first()
      .evaluate((element) => [element.clientWidth, element.clientHeight]);
    for (const landscape of [false, true]) {
      const where = landscape ? 'landscape' : 'portrait';
      const { pages, pictures } = printedPages(await page.pdf({ format: 'A4', landscape, printBackground: true }));
      expect(pages, where).toBe(1);
      const four = pictures.filter((each) => each.columns === columns && each.rows === rows);
      expect(four, where).toHaveLength(4);
      for (const each of four) expect(each.width / each.columns / (each.height / each.rows), where).toBeCloseTo(1, 2);
    }
  });

  test('the sheet says whose images they are, of which study, and that the bar and not the sheet is to be measured by', async () => {
    const { PatientID } = ct[0]!.attributes;
    await open(1280, 800);
    await page.getByLabel('Layout').selectOption('1x2');
    await page.locator('.series').first().dragTo(page.locator('.pane').nth(1));
    await page.locator('.pane').nth(1).locator('.viewport[data-shown]').waitFor();
    for (const colorScheme of ['light', 'dark'] as const) {
      const head = page.locator('.print-head');
      expect(await head.isVisible()).toBe(false);
      await page.emulateMedia({ media: 'print', colorScheme });
      await head.getByText(String(PatientID)).waitFor();
      await head.getByText('CT ngực không tiêm thuốc').waitFor();
      await head.getByText('Fitted to the page, not life size').waitFor();
      expect(await head.getByText(String(PatientID)).count()).toBe(1);
      await expect.poll(barError).toBeLessThan(0.01);
      const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      expect(paper).toBe('rgb(255, 255, 255)');
      if (shots !== undefined) await writeFile(join(shots, `print-sheet-${colorScheme}.png`), await page.screenshot());
      await page.emulateMedia({ media: null, colorScheme: null });
    }
  });

  test('the study list is dark on white, in the light and in the dark theme', async () => {
    await page.setViewportSize({ width: 1280, height: 800 });
    await viewer.openList();
    const { StudyInstanceUID } = ct[0]!.attributes;
    const row = page.locator(`tr[data-study="${String(StudyInstanceUID)}"]`);
    await row.waitFor();
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ media: 'print', colorScheme });
      if (shots !== undefined) await writeFile(join(shots, `print-list-${colorScheme}.png`), await page.screenshot());
      const pale = await page.evaluate(() => {
        const brightness = (colour: string) => {
          const [red = 0, green = 0, blue = 0, opaque = 1] = [...colour.matchAll(/[\d.]+/g)].map(Number);
          return opaque === 0 ? 255 : (red + green + blue) / 3;
        };
        const all = [...document.querySelectorAll<HTMLElement>('body, main, tr[data-study] :not(.thumbnail)')];
        return all
          .map((element) => ({ element, style: getComputedStyle(element) }))
          .filter(({ style }) => brightness(style.color) > 128 || brightness(style.backgroundColor) < 200)
          .map(({ element }) => element.outerHTML.slice(0, 80));
      });
      expect(pale, colorScheme).toEqual([]);
    }
    await page.emulateMedia({ media: null, colorScheme: null });
  });

  /** How far the bar is from the length that it names, by the width of the whole image, which fills its viewport. */
  function barError(): Promise<number> {
    return page
      .locator('.pane')
      .first()
      .evaluate((pane, imageMm) => {
        const canvas = pane.querySelector('.viewport')!.getBoundingClientRect();
        const bar = pane.querySelector('.scale-line')!.getBoundingClientRect().width;
        const cm = Number(/([\d.]+) cm/.exec(pane.querySelector('.scale-bar')!.textContent!)![1]);
        const pixelsPerMm = Math.min(canvas.width, canvas.height) / imageMm;
        return Math.abs(bar / (cm * 10 * pixelsPerMm) - 1);
      }, size * spacingMm);
  }
});
