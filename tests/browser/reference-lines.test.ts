/** Where the slice of one viewport lies in another: lines against a body whose slices are computed. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { dicomFile } from '#samples/write.ts';
import { hasChromium } from './chromium.ts';
import { axial, sagittal, sheet, slicesOf, study } from './crossing-samples.ts';
import { axeFindings, openedViewer, withoutWorker } from './opened-viewer.ts';

const shots = process.env['SCREENSHOTS'];

describe.skipIf(!hasChromium)('reference lines', () => {
  const viewer = openedViewer({ settings: withoutWorker });
  let page: Page;

  beforeAll(async () => {
    expect(await viewer.store(...[axial, sagittal].flatMap(slicesOf).map((each) => dicomFile(each)))).toBe(true);
  });

  beforeEach(async () => {
    ({ page } = viewer);
    await page.goto(viewer.address(`/viewer?StudyInstanceUIDs=${study}`));
    await shows(1, 0);
    await page.locator('.layout-choice').selectOption('1x2');
    await shows(2, 0);
  });

  afterEach(() => {
    expect(viewer.complaints).toEqual([]);
  });

  const pane = (number: number) => page.locator('.pane').nth(number - 1);
  const shows = (number: number, index: number) => pane(number).locator(`.viewport[data-shown="${index}"]`).waitFor();
  const lines = (number: number) => pane(number).locator('.references line[data-shown]');
  const line = (number: number) => pane(number).locator('.references line.here[data-shown]');
  // A level line has no height, so a browser that is driven takes it for hidden.
  const isThere = (number: number) => line(number).waitFor({ state: 'attached' });
  const isGone = (number: number) => line(number).waitFor({ state: 'detached' });
  const endsOf = async (number: number) => {
    await isThere(number);
    return line(number).evaluate((shown) => ['x1', 'y1', 'x2', 'y2'].map((name) => Number(shown.getAttribute(name))));
  };

  async function scrollTo(number: number, index: number): Promise<void> {
    const { x, y, width, height } = (await pane(number).boundingBox())!;
    await page.mouse.move(x + width / 2, y + height / 2);
    for (;;) {
      const shown = Number(await pane(number).locator('.viewport').getAttribute('data-shown'));
      if (shown === index) return;
      await page.mouse.wheel(0, index > shown ? 120 : -120);
      await shows(number, shown + (index > shown ? 1 : -1));
    }
  }

  /** How high the sheet lies on the screen, down the middle of a viewport, by its brightness. */
  const sheetOnScreen = (number: number) =>
    pane(number)
      .locator('.viewport')
      .evaluate((viewport) => {
        const canvas = [...viewport.querySelectorAll<HTMLCanvasElement>('canvas:not(.planes)')].find(
          ({ style }) => style.display !== 'none',
        )!;
        const { data } = canvas.getContext('2d')!.getImageData(Math.round(canvas.width / 2), 0, 1, canvas.height);
        let [sum, weighed] = [0, 0];
        for (let y = 0; y < canvas.height; y += 1) {
          const light = Math.max(0, data[4 * y]! - 40); // what is around it has a tenth of its brightness
          sum += light;
          weighed += light * (y + 0.5);
        }
        return (weighed / sum) * (viewport.clientHeight / canvas.height);
      });

  test('of an axial slice lie on a sagittal image where the slice lies, to half a pixel, however that is moved', async () => {
    await scrollTo(1, sheet.slice);
    const offSheet = async () => {
      const [, y1, , y2] = await endsOf(2);
      return Math.max(Math.abs(y1! - (await sheetOnScreen(2))), Math.abs(y2! - y1!));
    };
    await expect.poll(offSheet).toBeLessThanOrEqual(0.5);
    // Across the image: 120 columns of 1.2 mm are 144 mm, the slice is 150 mm deep.
    const [x1, , x2] = await endsOf(2);
    const { width, height } = (await pane(2).boundingBox())!;
    const perMm = Math.min(width / 144, height / 150);
    expect(Math.abs(x2! - x1!)).toBeCloseTo(144 * perMm, 0);
    if (shots !== undefined) await writeFile(join(shots, 'reference-lines.png'), await page.screenshot());
    expect(await axeFindings(page)).toEqual([]);
    // The first and the last slice beside it: as far apart as 31 slices of 4.8 mm.
    const outermost = await pane(2)
      .locator('.references .outermost[data-shown]')
      .evaluateAll((shown) => shown.map((each) => Number(each.getAttribute('y1'))));
    expect(Math.abs(outermost[0]! - outermost[1]!)).toBeCloseTo(31 * 4.8 * perMm, 0);
    // Zoomed by dragging upwards, and moved: still on the sheet, and the line stays that of viewport 1 only when that leads.
    const { x, y } = (await pane(2).boundingBox())!;
    const middle = [x + width / 2, y + height / 2] as const;
    for (const [button, to] of [
      ['right', [middle[0], middle[1] - 40]],
      ['middle', [middle[0] + 30, middle[1] + 25]],
    ] as const) {
      await page.mouse.move(...middle);
      await page.mouse.down({ button });
      await page.mouse.move(to[0], to[1], { steps: 4 });
      await page.mouse.up({ button });
    }
    await isGone(2);
    await isThere(1);
    await scrollTo(1, sheet.slice + 1);
    await scrollTo(1, sheet.slice);
    await expect.poll(offSheet).toBeLessThanOrEqual(0.5);
  });

  test('follow the slice that is scrolled, and are gone in the viewport that leads', async () => {
    const [, before] = await endsOf(2);
    await scrollTo(1, 3);
    await expect.poll(async () => (await endsOf(2))[1]! > before!).toBe(true);
    expect(await lines(1).count()).toBe(0);
    await scrollTo(2, 1);
    await isThere(1);
    expect(await lines(2).count()).toBe(0);
    const [x1, , x2] = await endsOf(1);
    expect(Math.abs(x1! - x2!)).toBeLessThan(0.01); // upright
  });

  test('go with X or their button and come back, and the choice outlives the page', async () => {
    await isThere(2);
    await page.keyboard.press('x');
    await isGone(2);
    await page.reload();
    await shows(1, 0);
    await page.locator('.layout-choice').selectOption('1x2');
    await shows(2, 0);
    expect(await lines(2).count()).toBe(0);
    const button = page.getByRole('button', { name: 'Reference lines' });
    expect(await button.getAttribute('aria-pressed')).toBe('false');
    await button.click();
    await isThere(2);
    expect(await button.getAttribute('aria-pressed')).toBe('true');
  });
});
