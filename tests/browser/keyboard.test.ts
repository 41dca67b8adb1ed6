/** A reading by the keyboard alone: from the list to an image and its corners, its window, and back. */
import { beforeAll, describe, expect, test } from 'vitest';

import { dicomFile } from '#samples/write.ts';
import { hasChromium } from './chromium.ts';
import { openedViewer, withoutWorker } from './opened-viewer.ts';
import { ct } from './reading-samples.ts';
import { shownPixels, untilShown } from './viewer-pages.ts';

describe.skipIf(!hasChromium)('who has a keyboard only', () => {
  const viewer = openedViewer({ settings: withoutWorker });

  beforeAll(async () => {
    expect(await viewer.store(...ct.map(({ attributes }) => dicomFile(attributes)))).toBe(true);
  });

  test('opens a study, comes to each corner of an image, sets its window, and goes back to the list', async () => {
    const { page } = viewer;
    await viewer.openList();
    await page.locator('.study-table tbody a').first().waitFor();
    await page.getByRole('searchbox').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await untilShown(page, 0);
    await page.keyboard.press('ArrowDown');
    await untilShown(page, 1);

    const zoom = () => page.locator('.corner.bottom').getByText('Zoom').innerText();
    for (let times = 0; times < 4; times += 1) {
      const before = await zoom();
      await page.keyboard.press('+');
      await expect.poll(zoom).not.toBe(before);
    }
    const zoomed = await shownPixels(page);
    for (const [there, back] of [
      ['Shift+ArrowLeft', 'Shift+ArrowRight'],
      ['Shift+ArrowUp', 'Shift+ArrowDown'],
    ] as const) {
      await page.keyboard.press(there);
      await expect.poll(async () => (await shownPixels(page)).equals(zoomed)).toBe(false);
      await page.keyboard.press(back);
      await expect.poll(async () => (await shownPixels(page)).equals(zoomed)).toBe(true);
    }
    await page.locator('.viewport[data-shown="1"]').waitFor();

    const window = () => page.locator('.corner.bottom').getByText(/^W \d/).innerText();
    const figures = async () => (await window()).match(/-?\d+/g)!.map(Number) as [number, number];
    const [width, centre] = await figures();
    await page.keyboard.press('Control+ArrowRight');
    await expect.poll(async () => (await figures())[0]).toBeGreaterThan(width);
    await page.keyboard.press('Control+ArrowUp');
    await expect.poll(async () => (await figures())[1]).toBeGreaterThan(centre);
    await page.keyboard.press('Control+ArrowLeft');
    await page.keyboard.press('Control+ArrowDown');
    await expect.poll(figures).toEqual([width, centre]);

    await page.keyboard.press('?');
    await page.getByText('Shift+←', { exact: true }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('Shift+←', { exact: true }).waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');
    await page.waitForURL((url) => url.pathname === '/');
    expect(viewer.complaints).toEqual([]);
  });
});
