/**
 * What the viewer does for each image of a series of very many, and for each row of a long list: as much as for one of few. What is counted
 * is how often it looks an image up by its name and writes a number in a row, never time.
 */
import type { Page } from 'playwright-core';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { ctSeries } from '#samples/ct.ts';
import { dicomFile } from '#samples/write.ts';
import { hasChromium } from './chromium.ts';
import { fillingStudies, fillList, studyRows } from './list-page.ts';
import { openedViewer, withoutWorker } from './opened-viewer.ts';
import { storeStudies } from './pages.ts';
import { openSeries, untilShown } from './viewer-pages.ts';

const count = 600;
/** What one Page Down goes on by (tools/step-images.ts). */
const jump = 10;
const side = 16;
const [slice] = ctSeries({ seed: 'work of a large series', number: 1, slices: 1 });
const study = '2.25.91';
const series = `${study}.1`;
const instance = (at: number) => `${series}.${at + 1}`;

function* manySlices() {
  for (let at = 0; at < count; at += 1)
    yield {
      ...slice!.attributes,
      StudyInstanceUID: study,
      SeriesInstanceUID: series,
      SOPInstanceUID: instance(at),
      InstanceNumber: at + 1,
      ImagePositionPatient: [0, 0, at],
      Rows: side,
      Columns: side,
      PixelData: new Uint8Array(side * side * 2),
    };
}

describe.skipIf(!hasChromium)('of very many the viewer', () => {
  const viewer = openedViewer({ settings: withoutWorker });
  let page: Page;

  beforeAll(async () => {
    expect(await viewer.store(...[...manySlices()].map((each) => dicomFile(each)))).toBe(true);
  });

  beforeEach(async () => {
    ({ page } = viewer);
    await countLookUps(page);
  });

  afterEach(() => {
    expect(viewer.complaints).toEqual([]);
  });

  test('counts the images of a series in memory as they come', async () => {
    await openSeries(page, viewer.lightbox.address, study, series);
    await page.locator(`.series progress[value="${count}"]`).waitFor();
    expect((await lookUps(page)) / count).toBeLessThan(25);
  });

  test('asks ahead for a few images of a series at a time, wherever the reader goes', async () => {
    // All others stay on their way.
    const isShown = (uid: string) => Array.from({ length: 10 }, (_, page) => instance(page * jump)).includes(uid);
    await page.route(/\/frames\/1$/, (route) => {
      const [, uid = ''] = /instances\/([^/]+)\/frames/.exec(route.request().url()) ?? [];
      return isShown(uid) ? route.continue() : undefined;
    });
    await openSeries(page, viewer.lightbox.address, study, series);
    await page.locator('.viewport').hover();
    await lookUps(page);
    for (let pages = 1; pages <= 5; pages += 1) {
      await page.keyboard.press('PageDown');
      await untilShown(page, pages * jump);
    }
    expect((await lookUps(page)) / 5).toBeLessThan(count / 4);
  });

  test('makes the rows of the list anew of which something has changed, and no others', async () => {
    await fillList(viewer.lightbox.address);
    await page.addInitScript(() => {
      const numbers = { written: 0 };
      Object.assign(globalThis, { numbers });
      const { get } = Object.getOwnPropertyDescriptor(Intl.NumberFormat.prototype, 'format')!;
      Object.defineProperty(Intl.NumberFormat.prototype, 'format', {
        get(this: Intl.NumberFormat) {
          numbers.written += 1;
          return Reflect.apply(get!, this, []) as unknown;
        },
      });
    });
    await viewer.openList();
    await page.locator('.live').waitFor();
    while ((await studyRows(page).count()) < fillingStudies) await studyRows(page).last().scrollIntoViewIfNeeded();
    await page.evaluate(() => Object.assign((globalThis as unknown as Counted).numbers, { written: 0 }));
    const [study] = await storeStudies(viewer.lightbox.address, fillingStudies, 1, { StudyDate: '20991231' });
    await page.locator(`tr[data-study="${study}"]`).waitFor();
    // Two in its row, and some around the list.
    const written = await page.evaluate(() => (globalThis as unknown as Counted).numbers.written);
    expect(written).toBeLessThan(20);
  });
});

interface Counted {
  numbers: { written: number };
}

async function countLookUps(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const lookUps = { count: 0 };
    Object.assign(globalThis, { lookUps });
    const counted = <Asked extends (this: never, key: never) => unknown>(ask: Asked) =>
      function (this: unknown, key: unknown) {
        if (typeof key === 'string' && key.startsWith('frame:')) lookUps.count += 1;
        return Reflect.apply(ask, this, [key]) as unknown;
      } as unknown as Asked;
    Set.prototype.has = counted(Set.prototype.has);
    Map.prototype.get = counted(Map.prototype.get);
  });
}

/** Since they were asked for last. */
const lookUps = (page: Page) =>
  page.evaluate(() => {
    const { lookUps } = globalThis as unknown as { lookUps: { count: number } };
    const { count } = lookUps;
    lookUps.count = 0;
    return count;
  });
