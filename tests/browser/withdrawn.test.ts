/** Images that a rejection note (IHE RAD TF-3 4.66) takes away while they are read: told at once, and not read on as if nothing had happened. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, test } from 'vitest';

import { fileHead } from '#dicom/file/file-meta.ts';
import type { Attributes } from '#samples/write.ts';
import { dicomFile } from '#samples/write.ts';
import { keyObjectSelection, rejectionNote } from '../rejection-note.ts';
import { hasChromium } from './chromium.ts';
import { axeFindings, openedViewer, password, withoutWorker } from './opened-viewer.ts';
import { changed, ct } from './reading-samples.ts';
import { openSeries, untilShown } from './viewer-pages.ts';

const shots = process.env['SCREENSHOTS'];
const authorization = `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`;

interface Slice {
  study: string;
  series: string;
  instance: string;
  attributes: Attributes;
}

/** The slices of a study; those of its second series are told apart by their description. */
function studyOf(number: string, count: number, series = 1): Slice[] {
  return ct.slice(0, count).map((sample, at) => {
    const [study, of] = [`2.25.7${number}`, `2.25.7${number}.${series}`];
    const instance = `${of}.${at + 1}`;
    const more = { SeriesInstanceUID: of, SOPInstanceUID: instance, SeriesNumber: series, PatientID: 'P1' };
    // A note rejects only images of its own patient, who in it has no issuer.
    const { IssuerOfPatientID: _issuer, ...attributes } = changed(sample, number, more).attributes;
    return { study, series: of, instance, attributes };
  });
}

describe.skipIf(!hasChromium)('images withdrawn while they are read', () => {
  const viewer = openedViewer({ settings: withoutWorker, browser: { waitsLess: true } });
  let page: Page;
  let notes = 0;

  beforeEach(async () => {
    ({ page } = viewer);
    await viewer.signIn();
  });

  const store = async (slices: Slice[]) =>
    expect(await viewer.store(...slices.map(({ attributes }) => dicomFile(attributes)))).toBe(true);

  /** As the modality does whose operator has seen that these are wrong. */
  async function reject(...slices: Slice[]): Promise<void> {
    notes += 1;
    const [{ study }] = slices as [Slice];
    const instance = `2.25.790.${notes}`;
    const rejects = { [study]: slices.map((slice) => [slice.series, slice.instance] as const) };
    const note = rejectionNote({ instance, study, series: `2.25.791.${notes}`, rejects });
    const head = fileHead({
      MediaStorageSOPClassUID: keyObjectSelection,
      MediaStorageSOPInstanceUID: instance,
      TransferSyntaxUID: '1.2.840.10008.1.2.1',
    });
    const answer = await fetch(viewer.address('/dicom-web/studies'), {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/dicom' },
      body: new Uint8Array(Buffer.concat([head, note])),
    });
    expect(answer.status).toBe(200);
  }

  /** Opens the series of a slice, and waits until the page has asked for it once more, as it does when it begins to hear of news. */
  async function openAndListen({ study, series }: Slice): Promise<void> {
    const isShown = Promise.withResolvers<void>();
    await page.route('**/api/events', async (route) => {
      await isShown.promise;
      await route.continue();
    });
    await openSeries(page, viewer.lightbox.address, study, series);
    const askedAgain = page.waitForResponse(`**/series/${series}/metadata`);
    isShown.resolve();
    await askedAgain;
  }

  /** The page asks what there is of a study when all of it has happened. */
  async function atOnce(study: string, happens: () => Promise<unknown>): Promise<void> {
    const hasHappened = Promise.withResolvers<void>();
    await page.route(`**/studies/${study}/series`, async (route) => {
      await hasHappened.promise;
      await route.continue();
    });
    await happens();
    hasHappened.resolve();
  }

  /** The archive cannot say what is left of a series until it has been asked once more after what happens. */
  async function whileBusy(series: string, happens: () => Promise<unknown>): Promise<void> {
    let hasHappened = false;
    let isOver = false;
    await page.route(`**/series/${series}/metadata`, (route) => {
      if (isOver) return route.continue();
      isOver = hasHappened;
      return route.fulfill({ status: 503 });
    });
    await happens();
    hasHappened = true;
  }

  const isSeen = () =>
    page
      .locator('.viewport canvas')
      .evaluateAll((all) =>
        all.some((canvas) => canvas.checkVisibility({ visibilityProperty: true, checkVisibilityCSS: true })),
      );
  const told = () => page.locator('.pane-news');
  const cover = () => page.locator('.pane .notice').getByText('This image was withdrawn from the study');

  test('the image on the screen is covered and says why; the others are told of, and read on', async () => {
    const slices = studyOf('81', 4);
    await store(slices);
    await openSeries(page, viewer.lightbox.address, slices[0]!.study, slices[0]!.series);
    await page.keyboard.press('ArrowDown');
    await untilShown(page, 1);
    await reject(slices[1]!);
    await cover().waitFor();
    await expect.poll(isSeen).toBe(false);
    await page.getByText('do not read on by it').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    for (const width of [360, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
      if (shots !== undefined) await writeFile(join(shots, `withdrawn-${width}.png`), await page.screenshot());
    }

    // The next one is as good as before.
    await page.keyboard.press('ArrowDown');
    await untilShown(page, 2);
    await told().getByText('1 image withdrawn from this series').waitFor();
    await expect.poll(isSeen).toBe(true);
    await page.keyboard.press('ArrowUp');
    await cover().waitFor();

    await page.getByRole('button', { name: 'Show the series as it is now' }).click();
    await page.locator('.viewport[data-count="3"][data-shown]').waitFor();
    await expect.poll(isSeen).toBe(true);
    await told().waitFor({ state: 'detached' });
    expect(viewer.complaints).toEqual([]);
  });

  test('one that is rejected as another takes its place is told of all the same', async () => {
    const slices = studyOf('82', 4);
    await store(slices.slice(0, 3));
    await openSeries(page, viewer.lightbox.address, slices[0]!.study, slices[0]!.series);
    await atOnce(slices[0]!.study, async () => {
      await reject(slices[0]!);
      await store([slices[3]!]);
    });
    await cover().waitFor();
    await page.getByRole('button', { name: 'Show the series as it is now' }).click();
    await page.locator('.viewport[data-count="3"][data-shown="0"]').waitFor();
    await page.keyboard.press('End');
    await untilShown(page, 2);
    await cover().waitFor({ state: 'detached' });
  });

  test('one that is rejected among more that come is told of when the scanner is quiet', async () => {
    const slices = studyOf('86', 5);
    await store(slices.slice(0, 2));
    await openAndListen(slices[0]!);
    await whileBusy(slices[0]!.series, () =>
      atOnce(slices[0]!.study, () => Promise.all([reject(slices[0]!), store(slices.slice(2))])),
    );
    await cover().waitFor();
    await page.getByRole('button', { name: 'Show the series as it is now' }).click();
    await page.locator('.viewport[data-count="4"][data-shown="0"]').waitFor();
  });

  test('one that is rejected while the archive is busy is covered though nothing more happens to its study', async () => {
    const slices = studyOf('88', 2);
    await store(slices);
    await openAndListen(slices[0]!);
    await whileBusy(slices[0]!.series, () => reject(slices[0]!));
    await cover().waitFor();
  });

  test('a series that was left is not opened again with what was rejected meanwhile', async () => {
    const [first, second] = [studyOf('83', 3), studyOf('83', 2, 2)];
    await store([...first, ...second]);
    await openSeries(page, viewer.lightbox.address, first[0]!.study, first[0]!.series);
    await page.keyboard.press('ArrowRight');
    await page.locator('.viewport[data-count="2"][data-shown="0"]').waitFor();
    await reject(first[0]!);
    await page.locator('.series').first().getByText('3 images − 1').waitFor();
    await page.keyboard.press('ArrowLeft');
    await page.locator('.viewport[data-count="2"][data-shown="0"]').waitFor();
    await page.waitForURL((url) => url.searchParams.get('SOPInstanceUID') === first[1]!.instance);
    await cover().waitFor({ state: 'detached' });
  });

  test('a study of which nothing is left says so, and what to do', async () => {
    const slices = studyOf('84', 2);
    await store(slices);
    await openSeries(page, viewer.lightbox.address, slices[0]!.study, slices[0]!.series);
    // What the browser has not fetched by then it cannot show.
    await page.keyboard.press('ArrowDown');
    await untilShown(page, 1);
    await reject(...slices);
    await cover().waitFor();
    await page.keyboard.press('ArrowUp');
    await page.locator('.viewport[data-shown="0"]').waitFor({ state: 'attached' });
    await cover().waitFor();
    await expect.poll(isSeen).toBe(false);
    await page.getByRole('button', { name: 'Show the series as it is now' }).click();
    await page
      .getByRole('alert')
      .getByText(/go back to the list/)
      .waitFor();
    await expect.poll(isSeen).toBe(false);
  });

  test('one that was withdrawn before the browser had it says so, and nothing else', async () => {
    const slices = studyOf('89', 3);
    await store(slices);
    const isRejected = Promise.withResolvers<void>();
    await page.route(`**/instances/${slices[1]!.instance}/**`, async (route) => {
      await isRejected.promise;
      await route.continue();
    });
    await openSeries(page, viewer.lightbox.address, slices[0]!.study, slices[0]!.series);
    await page.keyboard.press('ArrowDown');
    await reject(slices[1]!);
    await told().getByText('1 image withdrawn from this series').waitFor();
    isRejected.resolve();
    await cover().waitFor();
    expect(await page.locator('.pane .notice').count()).toBe(1);
    await expect.poll(isSeen).toBe(false);
    if (shots !== undefined) await writeFile(join(shots, 'withdrawn-unfetched.png'), await page.screenshot());
    await page.keyboard.press('ArrowDown');
    await untilShown(page, 2);
    await cover().waitFor({ state: 'detached' });
    await expect.poll(isSeen).toBe(true);
  });

  test('an image that was waited for is shown, though of another series nobody can say which images are left', async () => {
    const [read, awaited] = [studyOf('87', 1), studyOf('87', 2, 2)];
    await store([...read, awaited[0]!]);
    const { study, series, instance } = awaited[1]!;
    const named = `SeriesInstanceUID=${series}&SOPInstanceUID=${instance}`;
    await page.goto(viewer.address(`/viewer?StudyInstanceUIDs=${study}&${named}`));
    const pane = (at: number) => page.locator('.pane').nth(at);
    await pane(0).getByText('The image asked for is not in this series').waitFor();
    await page.getByLabel('Layout').selectOption('1x2');
    await pane(1).locator('.viewport').click();
    await page.locator('.series').first().click();
    await pane(1).locator('.viewport[data-shown="0"]').waitFor();
    await page.route(`**/series/${read[0]!.series}/metadata`, (route) => route.fulfill({ status: 503 }));
    await store([awaited[1]!]);
    await pane(0).locator('.viewport[data-count="2"][data-shown="1"]').waitFor();
  });

  test('what an administrator restores is uncovered', async () => {
    const slices = studyOf('85', 2);
    await store(slices);
    await openSeries(page, viewer.lightbox.address, slices[0]!.study, slices[0]!.series);
    await reject(slices[0]!);
    await cover().waitFor();
    const list = await fetch(viewer.address('/api/rejections'), { headers: { authorization } });
    const { rejections } = (await list.json()) as { rejections: { id: string }[] };
    const restored = await fetch(viewer.address(`/api/rejections/${rejections[0]!.id}/restore`), {
      method: 'POST',
      headers: { authorization },
    });
    expect(restored.ok).toBe(true);
    await cover().waitFor({ state: 'detached' });
    await expect.poll(isSeen).toBe(true);
  });
});
