/** What is pointed at in one viewport is found in the others: a ball whose place is known, by mouse, finger and keyboard. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { dicomFile } from '#samples/write.ts';
import { hasChromium, openBrowser } from './chromium.ts';
import { axial, ball, sagittal, slicesOf, study } from './crossing-samples.ts';
import { openedViewer, password, withoutWorker } from './opened-viewer.ts';
import { openList } from './viewer-pages.ts';

const shots = process.env['SCREENSHOTS'];
/** Axial slice 10 lies at z = 27, sagittal slice 7 at x = -18. */
const [axialOfBall, sagittalOfBall] = [10, 7];

describe.skipIf(!hasChromium)('a point of the patient', () => {
  const viewer = openedViewer({ settings: withoutWorker });
  let page: Page;

  beforeAll(async () => {
    expect(await viewer.store(...[axial, sagittal].flatMap(slicesOf).map((each) => dicomFile(each)))).toBe(true);
  });

  beforeEach(() => {
    ({ page } = viewer);
  });

  afterEach(() => {
    expect(viewer.complaints).toEqual([]);
  });

  const pane = (number: number) => page.locator('.pane').nth(number - 1);
  const shows = (number: number, index: number) => pane(number).locator(`.viewport[data-shown="${index}"]`).waitFor();
  const mark = (number: number) => pane(number).locator('.references .mark[data-shown]');

  async function openTwo(): Promise<void> {
    const instance = `${study}.1.${axialOfBall + 1}`;
    await page.goto(
      viewer.address(`/viewer?StudyInstanceUIDs=${study}&SeriesInstanceUID=${study}.1&SOPInstanceUID=${instance}`),
    );
    await shows(1, axialOfBall);
    await page.locator('.layout-choice').selectOption('1x2');
    await shows(2, 0);
  }

  /** Where a point of an image that is fitted into its viewport lies on the page; both in mm, the latter from the image's middle. */
  async function onPage(number: number, fieldMm: [number, number], fromMiddle: [number, number]) {
    const { x, y, width, height } = (await pane(number).boundingBox())!;
    const perMm = Math.min(width / fieldMm[0], height / fieldMm[1]);
    return [x + width / 2 + fromMiddle[0] * perMm, y + height / 2 + fromMiddle[1] * perMm] as const;
  }
  // Of the axial image the first pixel's middle is at (-80, -75), the field 160 by 150 mm; of the sagittal one at (-70, 75), 144 by 150.
  const ballInAxial = () => onPage(1, [160, 150], [ball[0] + 80.625 - 80, ball[1] + 75.75 - 75]);
  const ballInSagittal = () => onPage(2, [144, 150], [ball[1] + 70.6 - 72, 75.6 - ball[2] - 75]);

  async function expectMarkAt(number: number, [x, y]: readonly [number, number]): Promise<void> {
    await mark(number).waitFor();
    const away = async () => {
      const box = (await mark(number).boundingBox())!;
      return Math.hypot(box.x + box.width / 2 - x, box.y + box.height / 2 - y);
    };
    await expect.poll(away).toBeLessThanOrEqual(1.5); // a pixel of the pointer, and what rounding takes
  }

  test('takes the other viewport to the slice that holds it, marked there, with Shift and the left button', async () => {
    await openTwo();
    const at = await ballInAxial();
    await page.mouse.move(...at);
    await page.keyboard.down('Shift');
    await page.mouse.down();
    await page.mouse.up();
    await page.keyboard.up('Shift');
    await shows(2, sagittalOfBall);
    await expectMarkAt(2, await ballInSagittal());
    await expectMarkAt(1, at);
    if (shots !== undefined) await writeFile(join(shots, 'point.png'), await page.screenshot());
    // The window is as it was: no drag of it has begun.
    await pane(1).getByText('W 1000').waitFor();
    // Only on the slice that holds it; it is there again with that.
    await page.mouse.wheel(0, 120);
    await shows(1, axialOfBall + 1);
    await mark(1).waitFor({ state: 'detached' });
    await mark(2).waitFor();
    await page.mouse.wheel(0, -120);
    await mark(1).waitFor();
    // Esc takes the point away first, and leaves the page for the next one.
    await page.keyboard.press('Escape');
    await mark(1).waitFor({ state: 'detached' });
    await mark(2).waitFor({ state: 'detached' });
    expect(new URL(page.url()).pathname).toBe('/viewer');
  });

  test('is followed while the tool is dragged, and back from the other viewport', async () => {
    await openTwo();
    await page.keyboard.press('t');
    const [x, y] = await ballInAxial();
    await page.mouse.move(x + 80, y);
    await page.mouse.down();
    await page.mouse.move(x, y, { steps: 5 });
    await shows(2, sagittalOfBall);
    await page.mouse.up();
    await expectMarkAt(2, await ballInSagittal());
    const [column, row] = await ballInSagittal();
    await page.mouse.click(column, row - 100);
    // 100 pixels of the screen are so many slices of 4.8 mm higher.
    const { width, height } = (await pane(2).boundingBox())!;
    await shows(1, axialOfBall - Math.round(100 / Math.min(width / 144, height / 150) / 4.8));
    await mark(1).waitFor();
    expect(await pane(2).locator('.viewport').getAttribute('data-shown')).toBe(String(sagittalOfBall));
    // Series after series, the marks of what is left go with it.
    await page.keyboard.press('ArrowLeft');
    await mark(1).waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');
    expect(new URL(page.url()).pathname).toBe('/viewer');
  });

  test('is found by a tap of the finger', async () => {
    await using phone = await openBrowser({ hasTouch: true, isMobile: true, viewport: { width: 820, height: 600 } });
    await page.close();
    ({ page } = await phone.open());
    await openList(page, viewer.lightbox.address, password);
    await openTwo();
    await page.getByRole('button', { name: 'Find point' }).tap();
    await page.touchscreen.tap(...(await ballInAxial()));
    await shows(2, sagittalOfBall);
    await expectMarkAt(2, await ballInSagittal());
  });
});
