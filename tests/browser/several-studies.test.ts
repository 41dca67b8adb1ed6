/** Several studies in one address: the strip tells them apart, for the eye, the keyboard and whoever listens. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';

import { dicomFile } from '#samples/write.ts';
import { hasChromium } from './chromium.ts';
import { axeFindings, openedViewer, withoutWorker } from './opened-viewer.ts';
import { changed, cr, ct } from './reading-samples.ts';

const shots = process.env['SCREENSHOTS'];
const before = changed(ct[0]!, '61', {
  StudyDate: '20240312',
  StudyTime: '093000',
  StudyDescription: 'CT ngực lần trước',
});
const after = changed(ct[1]!, '62', { StudyDate: '20250714', StudyTime: '071600', StudyDescription: 'CT ngực' });
const others = changed(cr!, '63', { PatientID: 'BN-77', PatientName: 'LÊ^VĂN^NAM', StudyDescription: 'X-quang ngực' });
const ofOneName = changed(cr!, '65', {
  PatientID: 'BN-78',
  PatientName: 'LÊ^VĂN^NAM',
  StudyDescription: 'X-quang chân',
});
/** Nobody sees that its ID is another one. */
const lookalike = changed(cr!, '66', {
  PatientID: 'BN-78\u200e',
  PatientName: 'LÊ^VĂN^NAM',
  StudyDescription: 'X-quang tay',
});
const second = changed(ct[2]!, '62', {
  SeriesInstanceUID: '2.25.762.2',
  SOPInstanceUID: '2.25.762.2.1',
  SeriesNumber: 2,
});
/** Its series has the UID of one of another study, which is wrong and happens. */
const namesake = changed(ct[3]!, '64', { SeriesInstanceUID: '2.25.762.1' });
/** It comes while both are being read. */
const late = changed(ct[4]!, '64', {
  SeriesInstanceUID: '2.25.764.2',
  SOPInstanceUID: '2.25.764.2.1',
  SeriesNumber: 2,
});
/** It comes after that, to the series of the namesake. */
const later = changed(ct[5]!, '64', { SeriesInstanceUID: '2.25.762.1', SOPInstanceUID: '2.25.764.1.2' });
/** It comes while nothing else is wanted. */
const awaited = changed(ct[5]!, '61', {
  SeriesInstanceUID: '2.25.761.9',
  SOPInstanceUID: '2.25.761.9.1',
  SeriesNumber: 9,
});
/** It comes last of all. */
const last = changed(ct[0]!, '64', {
  SeriesInstanceUID: '2.25.764.3',
  SOPInstanceUID: '2.25.764.3.1',
  SeriesNumber: 3,
});
const uids = [after, before, others].map(({ attributes }) => String(attributes['StudyInstanceUID']));

describe.skipIf(!hasChromium)('several studies in one address', () => {
  const viewer = openedViewer({ settings: withoutWorker, browser: { waitsLess: true } });

  beforeAll(async () => {
    const samples = [before, after, others, ofOneName, lookalike, second, namesake];
    expect(await viewer.store(...samples.map(({ attributes }) => dicomFile(attributes)))).toBe(true);
  });

  const open = async (...studies: string[]) => {
    await viewer.page.goto(viewer.address(`/viewer?StudyInstanceUIDs=${studies.join(',')}`));
    await viewer.page.locator('.viewport[data-shown="0"]').waitFor();
  };

  test('each stands under its date and description, in the order of the address', async () => {
    const { page, complaints } = viewer;
    await open(uids[0]!, uids[1]!, '2.25.404');
    const strip = page.getByRole('navigation', { name: 'Series' });
    await expect
      .poll(() => strip.getByRole('heading', { level: 2 }).allInnerTexts())
      .toEqual(['14 Jul 2025 07:16\nCT ngực', '12 Mar 2024 09:30\nCT ngực lần trước', 'Date unknown\nNo description']);
    const now = page.getByRole('region', { name: '14 Jul 2025 07:16 CT ngực' });
    const then = page.getByRole('region', { name: '12 Mar 2024 09:30 CT ngực lần trước' });
    await expect.poll(() => now.getByRole('button').count()).toBe(2);
    await expect.poll(() => then.getByRole('button').count()).toBe(1);
    await page.getByRole('region', { name: 'Date unknown' }).getByText('has no images yet').waitFor();

    // By the keyboard from the last series of one study to the first of the next, and back.
    await page.keyboard.press('ArrowRight');
    await now.locator('.series[aria-current]').nth(0).waitFor();
    await expect.poll(() => now.locator('.series').nth(1).getAttribute('aria-current')).toBe('true');
    await page.keyboard.press('ArrowRight');
    await then.locator('.series[aria-current]').waitFor();
    await page.locator('.corner.top.right').getByText('CT ngực lần trước').waitFor();
    await now.locator('.series').first().focus();
    await page.keyboard.press('Enter');
    await page.locator('.corner.top.right').getByText('CT ngực', { exact: true }).waitFor();
    expect(complaints).toEqual([]);
  });

  test('where they are of different patients, each says whose it is', async () => {
    await open(uids[0]!, uids[2]!);
    const region = viewer.page.getByRole('region', { name: /LÊ VĂN NAM X-quang ngực/ });
    await region.getByRole('button').click();
    await viewer.page.locator('.corner.top.left').getByText('LÊ VĂN NAM').waitFor();
  });

  test('where two of them have one name, each says its ID as well', async () => {
    await open(uids[2]!, '2.25.765');
    for (const who of ['LÊ VĂN NAM · BN-77 X-quang ngực', 'LÊ VĂN NAM · BN-78 X-quang chân'])
      await viewer.page.getByRole('region', { name: who }).waitFor();
  });

  test('where two IDs differ by what nobody sees, the studies are of different patients', async () => {
    await open('2.25.765', '2.25.766');
    for (const who of ['LÊ VĂN NAM · BN-78 X-quang chân', 'LÊ VĂN NAM · BN-78 X-quang tay'])
      await viewer.page.getByRole('region', { name: who }).waitFor();
  });

  test('one study needs no heading', async () => {
    await open(uids[0]!);
    await expect.poll(() => viewer.page.locator('.series').count()).toBe(2);
    expect(await viewer.page.locator('.series-strip h2').count()).toBe(0);
  });

  test('with a series of one UID, each has its own: in the strip, side by side, and when something comes', async () => {
    const { page, complaints } = viewer;
    await open(uids[0]!, '2.25.764');
    const pane = (at: number) => page.locator('.pane').nth(at);
    const ofSecond = page.locator('.strip-study').nth(1).locator('.series');
    await ofSecond.waitFor();
    await page.getByLabel('Layout').selectOption('2x2');
    for (const at of [1, 2]) await pane(at).locator('.viewport[data-shown="0"]').waitFor();
    await pane(2).locator('.viewport').click();
    await page.waitForURL((url) => url.searchParams.get('SOPInstanceUID') === namesake.attributes['SOPInstanceUID']);
    expect(await ofSecond.getAttribute('aria-current')).toBe('true');
    expect(await page.locator('.series[aria-current]').count()).toBe(1);
    expect(await page.locator('.series[data-elsewhere=true]').count()).toBe(2);

    const asked = [uids[0]!, '2.25.764'].map((study) =>
      page.waitForResponse((answer) => answer.url().includes(`/studies/${study}/series/2.25.762.1/metadata`)),
    );
    expect(await viewer.store(dicomFile(late.attributes))).toBe(true);
    await Promise.all(asked);
    await expect.poll(() => ofSecond.count()).toBe(2);
    // With the next news, what was asked for with the last one is known.
    expect(await viewer.store(dicomFile(later.attributes))).toBe(true);
    await pane(2).locator('.pane-news').getByText('1 new image').waitFor();
    expect(await page.getByText('withdrawn').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test('a series that has not come is shown when it comes, of whichever of them it is', async () => {
    const { page } = viewer;
    await page.goto(viewer.address(`/viewer?StudyInstanceUIDs=${uids[0]},${uids[1]}&SeriesInstanceUID=2.25.761.9`));
    await page.getByRole('alert').getByText('The series asked for is not in this study').waitFor();
    expect(await viewer.store(dicomFile(awaited.attributes))).toBe(true);
    await page.locator('.viewport[data-shown="0"]').waitFor();
    await page.waitForURL((url) => url.searchParams.get('SeriesInstanceUID') === '2.25.761.9');
  });

  test('a series that has not come is of no study that is not here, where another one of them is', async () => {
    const { page } = viewer;
    await page.goto(viewer.address(`/viewer?StudyInstanceUIDs=2.25.404,${uids[0]}&SeriesInstanceUID=2.25.405`));
    await page.getByRole('alert').getByText('The series asked for is not in this study').waitFor();
  });

  test('what comes to one of them is shown though nobody can say what the other one has', async () => {
    const { page } = viewer;
    await open(uids[0]!, '2.25.764');
    await page.route(`**/studies/${uids[0]}/series`, (route) => route.fulfill({ status: 503 }));
    const [ofFirst, ofSecond] = [0, 1].map((at) => page.locator('.strip-study').nth(at).locator('.series'));
    await expect.poll(() => ofFirst!.count()).toBe(2);
    const before = await ofSecond!.count();
    expect(await viewer.store(dicomFile(last.attributes))).toBe(true);
    await expect.poll(() => ofSecond!.count()).toBe(before + 1);
    expect(await ofFirst!.count()).toBe(2);
  });

  let tries = 0;
  test('an answer that was long under way takes away nothing that a later one has brought', async () => {
    const { page } = viewer;
    // A study of this try: what an earlier one has stored would be no news.
    const study = `2.25.767.${(tries += 1)}`;
    const storeSeries = async (SeriesNumber: number) => {
      const SeriesInstanceUID = `${study}.${SeriesNumber}`;
      const uids = { StudyInstanceUID: study, SeriesInstanceUID, SOPInstanceUID: `${SeriesInstanceUID}.1` };
      expect(await viewer.store(dicomFile({ ...ct[0]!.attributes, ...uids, SeriesNumber }))).toBe(true);
    };
    await storeSeries(1);
    await open(study);
    const series = page.locator('.series');
    await expect.poll(() => series.count()).toBe(1);
    const isLate = Promise.withResolvers<void>();
    const isAsked = Promise.withResolvers<void>();
    await page.route(
      `**/studies/${study}/series`,
      async (route) => {
        const response = await route.fetch();
        isAsked.resolve();
        await isLate.promise;
        await route.fulfill({ response });
      },
      { times: 1 },
    );
    // When an answer is taken, the images of what is shown are looked at.
    const looksAtImages = () => page.waitForRequest(`**/series/${study}.1/metadata`);
    await storeSeries(2);
    await isAsked.promise;
    const isTaken = looksAtImages();
    await storeSeries(3);
    await isTaken;
    await expect.poll(() => series.count()).toBe(3);
    const isTakenLate = Promise.all([page.waitForResponse(`**/studies/${study}/series`), looksAtImages()]);
    isLate.resolve();
    await isTakenLate;
    expect(await series.count()).toBe(3);
  });

  test('of a study with more series than one answer holds all are there, some hundred at a time', async () => {
    const { page } = viewer;
    await page.route(/\/studies\/[\d.]+\/series(\?|$)/, async (route) => {
      const address = new URL(route.request().url());
      const rest = address.searchParams.get('offset') !== null;
      address.search = '';
      const answer = await route.fetch({ url: address.href });
      const [one] = (await answer.json()) as object[];
      const reports = Array.from({ length: 1_000 }, (_, number) => ({
        ...one,
        '00080060': { vr: 'CS', Value: ['SR'] },
        '0020000E': { vr: 'UI', Value: [`2.25.763.${number}`] },
        '00200011': { vr: 'IS', Value: [0] },
      }));
      await route.fulfill(rest ? { response: answer } : { response: answer, json: reports });
    });
    await open(uids[0]!);
    // Those around the one that is shown, the last but one of them all.
    const series = page.locator('.series');
    const before = page.getByRole('button', { name: /^Show more of the series before/ });
    await before.getByText('(900)').waitFor();
    expect(await series.count()).toBe(102);
    expect(await series.nth(100).getAttribute('aria-current')).toBe('true');
    expect(await axeFindings(page)).toEqual([]);
    for (const left of [700, 500, 300, 100]) {
      await before.click();
      await before.getByText(`(${left})`).waitFor();
    }
    await before.click();
    await expect.poll(() => series.count()).toBe(1_002);
    expect(await before.count()).toBe(0);
  });

  test('it can be used on a phone and on a wide screen, in both languages', async () => {
    const { page } = viewer;
    for (const [width, language] of [
      [360, 'vi'],
      [1280, 'vi'],
      [1920, 'en'],
    ] as const) {
      await page.setViewportSize({ width, height: 800 });
      // Narrowed and widened it is another one as well; another language comes with another opening.
      if (width !== 1280) {
        await page.addInitScript((chosen) => localStorage.setItem('lightbox.language', chosen), language);
        await page.goto(viewer.address(`/viewer?StudyInstanceUIDs=${uids.join(',')}`));
        await page.locator('.viewport[data-shown="0"]').waitFor();
        await page.locator('.strip-study').nth(2).waitFor();
      }
      expect([width, await axeFindings(page)]).toEqual([width, []]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
      const narrow = await page
        .locator('.strip-study h2')
        .evaluateAll((all) => all.some((heading) => heading.scrollWidth > heading.clientWidth));
      expect(narrow).toBe(false);
      if (shots !== undefined)
        await writeFile(join(shots, `several-${width}-${language}.png`), await page.screenshot());
    }
    await page.evaluate(() => localStorage.removeItem('lightbox.language'));
  });
});
