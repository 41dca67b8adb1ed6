/** The scale bar: as long as it says, whichever way the image is turned, and in full where viewports are small. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { dicomFile } from '#samples/write.ts';
import { hasChromium } from './chromium.ts';
import { openedViewer, withoutWorker } from './opened-viewer.ts';
import { changed, ct, size } from './reading-samples.ts';
import { openSeries } from './viewer-pages.ts';

const shots = process.env['SCREENSHOTS'];
const regionMm = { across: 1, down: 0.5 };
const { PixelSpacing: _spacing, ...unspaced } = ct[0]!.attributes;
/** An ultrasound image whose one region has another scale across than down (PS3.3 C.8.5.5). */
const ultrasound = changed({ name: 'us', attributes: unspaced }, '51', {
  Modality: 'US',
  SequenceOfUltrasoundRegions: [
    {
      RegionSpatialFormat: 1,
      RegionDataType: 1,
      RegionFlags: 0,
      RegionLocationMinX0: 0,
      RegionLocationMinY0: 0,
      RegionLocationMaxX1: size - 1,
      RegionLocationMaxY1: size - 1,
      PhysicalUnitsXDirection: 3,
      PhysicalUnitsYDirection: 3,
      PhysicalDeltaX: regionMm.across / 10,
      PhysicalDeltaY: regionMm.down / 10,
    },
  ],
});
/** What a scanner says at length. */
const wordy = [0, 1, 2, 3].map((at) =>
  changed(ct[at]!, '52', {
    SeriesInstanceUID: `2.25.752.${at}`,
    SOPInstanceUID: `2.25.752.${at}.1`,
    SeriesNumber: at + 1,
    PatientName: 'NGUYỄN^THỊ PHƯƠNG THẢO NGUYÊN',
    InstitutionName: 'Bệnh viện Đa khoa tỉnh Thái Nguyên',
    LossyImageCompression: '01',
    LossyImageCompressionRatio: '10',
    LossyImageCompressionMethod: 'ISO_15444_1',
  }),
);

describe.skipIf(!hasChromium)('the scale bar', () => {
  const viewer = openedViewer({ settings: withoutWorker });
  let page: Page;

  beforeAll(async () => {
    const samples = [...ct, ultrasound, ...wordy];
    expect(await viewer.store(...samples.map(({ attributes }) => dicomFile(attributes)))).toBe(true);
  });

  beforeEach(() => {
    ({ page } = viewer);
  });

  const open = ({ attributes }: { attributes: (typeof ct)[number]['attributes'] }) => {
    const { StudyInstanceUID, SeriesInstanceUID } = attributes;
    return openSeries(page, viewer.lightbox.address, String(StudyInstanceUID), String(SeriesInstanceUID));
  };

  /** Millimetres to a pixel of the screen, by the bar. */
  const byBar = () =>
    page.locator('.scale-bar').evaluate((bar) => {
      const [, amount, unit] = /([\d.]+) (cm|mm)/.exec(bar.textContent!)!;
      return (
        (Number(amount) * (unit === 'cm' ? 10 : 1)) / bar.querySelector('.scale-line')!.getBoundingClientRect().width
      );
    });

  test('where an image is not as long across as down, it follows the image when that is turned', async () => {
    await open(ultrasound);
    const { width, height } = (await page.locator('.viewport').boundingBox())!;
    const screenPixels = Math.min(width, height) / size; // to a pixel of the image, which is fitted
    const error = (mm: number) => async () => Math.abs((await byBar()) / (mm / screenPixels) - 1);
    await expect.poll(error(regionMm.across)).toBeLessThan(0.02);
    await page.keyboard.press('r');
    await expect.poll(error(regionMm.down)).toBeLessThan(0.02);
    await page.keyboard.press('r');
    await expect.poll(error(regionMm.across)).toBeLessThan(0.02);
    await page.keyboard.press('h');
    await page.keyboard.press('l');
    await expect.poll(error(regionMm.down)).toBeLessThan(0.02);
    await page.keyboard.press('+');
    await expect.poll(error(regionMm.down / 1.25)).toBeLessThan(0.02);
  });

  test.each([
    ['vi', 360, 740],
    ['en', 360, 640],
    ['vi', 740, 360],
    ['vi', 1280, 800],
  ] as const)(
    'four viewports in %s at %i × %i show it whole, with nothing over it',
    async (language, width, height) => {
      await page.setViewportSize({ width, height });
      await page.addInitScript((chosen) => localStorage.setItem('lightbox.language', chosen), language);
      await open(wordy[0]!);
      await page.locator('.layout-choice').selectOption('2x2');
      for (const at of [0, 1, 2, 3]) await page.locator('.pane').nth(at).locator('.viewport[data-shown]').waitFor();
      await expect.poll(() => page.locator('.scale-line').count()).toBe(4);
      if (shots !== undefined)
        await writeFile(join(shots, `scale-bar-${width}x${height}-${language}.png`), await page.screenshot());
      const trouble = () =>
        page.locator('.pane').evaluateAll((panes) =>
          panes.flatMap((pane) => {
            const inside = pane.getBoundingClientRect();
            const parts = (selector: string) =>
              [...pane.querySelectorAll(selector)]
                .filter((part) => part.checkVisibility())
                .map((part) => ({ words: part.textContent, box: part.getBoundingClientRect() }));
            const bar = parts('.scale-line, .scale-bar bdi');
            const cut = bar.filter(
              ({ box }) =>
                box.left < inside.left ||
                box.right > inside.right ||
                box.top < inside.top ||
                box.bottom > inside.bottom,
            );
            const meets = (a: DOMRect, b: DOMRect) =>
              a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
            const over = parts('.corner bdi, .edge').filter(({ box }) => bar.some((part) => meets(part.box, box)));
            return [...cut.map(({ words }) => `cut: ${words}`), ...over.map(({ words }) => `over it: ${words}`)];
          }),
        );
      await expect.poll(trouble).toEqual([]);
      await page.evaluate(() => localStorage.removeItem('lightbox.language'));
    },
  );
});
