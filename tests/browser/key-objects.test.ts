/** What a report points at: an image, or one frame of it, is opened from there; one that is not there is said to be so. */
import type { Page } from 'playwright-core';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { dicomFile, type Attributes } from '#samples/write.ts';
import { hasChromium } from './chromium.ts';
import { slice, study, withoutPixels } from './document-samples.ts';
import { openedViewer } from './opened-viewer.ts';
import { expectReadable } from './pages.ts';

const keyObject = (number: number, ...referenced: Attributes[]) => ({
  ...withoutPixels(slice),
  SOPClassUID: '1.2.840.10008.5.1.4.1.1.88.59', // Key Object Selection Document Storage
  SeriesInstanceUID: `2.25.${number}.1`,
  SOPInstanceUID: `2.25.${number}.1.1`,
  Modality: 'KO',
  SeriesNumber: number,
  ValueType: 'CONTAINER',
  ConceptNameCodeSequence: [{ CodeValue: '113000', CodingSchemeDesignator: 'DCM', CodeMeaning: 'Of Interest' }],
  CurrentRequestedProcedureEvidenceSequence: [
    {
      ReferencedSeriesSequence: referenced.map((image) => ({
        ReferencedSOPSequence: [referenceTo(image)],
        SeriesInstanceUID: image['SeriesInstanceUID']!,
      })),
      StudyInstanceUID: study,
    },
  ],
  ContentSequence: referenced.map((image) => ({
    RelationshipType: 'CONTAINS',
    ValueType: 'IMAGE',
    ReferencedSOPSequence: [{ ...referenceTo(image), ...(image['NumberOfFrames'] && { ReferencedFrameNumber: '2' }) }],
  })),
});
const keyImage = keyObject(814, slice);
const film = {
  ...slice,
  SOPClassUID: '1.2.840.10008.5.1.4.1.1.7.3', // Multi-frame Grayscale Word Secondary Capture
  SeriesInstanceUID: '2.25.818.2',
  SOPInstanceUID: '2.25.818.2.1',
  SeriesNumber: 8,
  NumberOfFrames: 3,
  PixelData: Buffer.concat(Array.from({ length: 3 }, () => slice['PixelData'] as Buffer)),
};
/** Of three slices the first frame is the middle one. */
const { ImagePositionPatient: _p, ImageOrientationPatient: _o, ...placeless } = film as Attributes;
const volume = {
  ...placeless,
  SOPClassUID: '1.2.840.10008.5.1.4.1.1.2.1', // Enhanced CT Image Storage
  StudyInstanceUID: '2.25.822',
  SeriesInstanceUID: '2.25.822.1',
  SOPInstanceUID: '2.25.822.1.1',
  PerFrameFunctionalGroupsSequence: [5, 0, 10].map((z) => ({
    PlanePositionSequence: [{ ImagePositionPatient: [0, 0, z] }],
    PlaneOrientationSequence: [{ ImageOrientationPatient: [1, 0, 0, 0, 1, 0] }],
  })),
};
/** What has never come, and one frame of what has. */
const keyFrames = keyObject(818, { ...slice, SOPInstanceUID: '2.25.818.404' }, film);
const manyFrames = {
  ...keyObject(823, film),
  ContentSequence: [
    {
      RelationshipType: 'CONTAINS',
      ValueType: 'IMAGE',
      ReferencedSOPSequence: [
        { ...referenceTo(film), ReferencedFrameNumber: Array.from({ length: 22 }, (_, at) => String(at + 1)) },
      ],
    },
  ],
};
const structures = {
  ...withoutPixels(slice),
  SOPClassUID: '1.2.840.10008.5.1.4.1.1.481.3', // RT Structure Set Storage
  StudyInstanceUID: '2.25.824',
  SeriesInstanceUID: '2.25.824.1',
  SOPInstanceUID: '2.25.824.1.1',
  Modality: 'RTSTRUCT',
  StructureSetROISequence: Array.from({ length: 103 }, (_, at) => ({ ROIName: `S${at + 1}` })),
};
/** Another study with a series of the same UID, which is wrong and happens. */
const namesake = { ...slice, StudyInstanceUID: '2.25.817', SOPInstanceUID: '2.25.817.1.1' };
/** One of a study that never came, one of another study, and one of a series of this study that never came. */
const keysElsewhere = {
  ...keyObject(819, slice),
  CurrentRequestedProcedureEvidenceSequence: (
    [
      ['2.25.404', '2.25.404.1', '2.25.404.1.1'],
      ['2.25.817', String(slice['SeriesInstanceUID']), namesake.SOPInstanceUID],
      [study, '2.25.405', '2.25.405.1'],
    ] as const
  ).map(([StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID]) => ({
    ReferencedSeriesSequence: [
      { ReferencedSOPSequence: [referenceTo({ ...slice, SOPInstanceUID })], SeriesInstanceUID },
    ],
    StudyInstanceUID,
  })),
  ContentSequence: ['2.25.404.1.1', namesake.SOPInstanceUID, '2.25.405.1'].map((SOPInstanceUID) => ({
    RelationshipType: 'CONTAINS',
    ValueType: 'IMAGE',
    ReferencedSOPSequence: [referenceTo({ ...slice, SOPInstanceUID })],
  })),
};

describe.skipIf(!hasChromium)('what a report points at', () => {
  const viewer = openedViewer();
  let page: Page;

  beforeAll(async () => {
    const reports = [keyImage, keyFrames, manyFrames, keysElsewhere, structures];
    expect(await viewer.store(...[slice, film, volume, namesake, ...reports].map(dicomFile))).toBe(true);
  });

  beforeEach(() => {
    ({ page } = viewer);
  });

  const openStudy = (uid: string, on = page) => on.goto(viewer.address(`/viewer?StudyInstanceUIDs=${uid}`));

  test('the image that a key object points at is opened from there, each time', async () => {
    await page.goto(viewer.address(`/viewer?StudyInstanceUIDs=${study}&SeriesInstanceUID=2.25.814.1`));
    for (let time = 0; time < 2; time += 1) {
      const read = page.getByRole('article', { name: 'Report' });
      const link = read.getByRole('link', { name: /^Open image …/ });
      // Nobody knows an image by its UID, nor verifies that somebody pointed at it.
      await link.locator('.thumbnail[data-state="shown"]').waitFor();
      expect(await link.innerText()).toMatch(/Series \d+ · .*CT/);
      expect(await read.getByText(/verified/i).count()).toBe(0);
      await link.click();
      await page.locator('.viewport[data-count="1"][data-shown="0"]').waitFor();
      await page.locator('.series').filter({ hasText: 'KO' }).first().click();
    }
    await page.getByRole('article', { name: 'Report' }).waitFor();
    await expectReadable(page, 'a key object');
    expect(viewer.complaints).toEqual([]);
  });

  const openKeyFrames = () =>
    page.goto(viewer.address(`/viewer?StudyInstanceUIDs=${study}&SeriesInstanceUID=2.25.818.1`));
  const notThere = () => page.locator('.notice').getByText('The image asked for is not in this series');
  const withoutFrame = () => page.locator('.notice').getByText('has no frame of the number asked for');

  test('an image that is pointed at and is not there is said to be so, and no other is shown for it', async () => {
    await openKeyFrames();
    await page.getByRole('link', { name: 'Open image …2.25.818.404' }).click();
    await notThere().waitFor();
    await expectReadable(page, 'a key image that is not there');
    // Asked for once more, and by who loads the page anew, it is still not another one.
    await page.getByRole('button', { name: 'Try again' }).click();
    await notThere().waitFor();
    await page.waitForURL(/SOPInstanceUID=2\.25\.818\.404/);
    await page.reload();
    await notThere().waitFor();
    expect(await page.locator('.viewport[data-shown]').count()).toBe(0);
    // So is what an address names without its series; what is there is found in whichever it is.
    const address = (instance: string) =>
      viewer.address(`/viewer?StudyInstanceUIDs=${study}&SOPInstanceUID=${instance}`);
    await page.goto(address('2.25.818.405'));
    await notThere().waitFor();
    await page.goto(address('2.25.818.2.1'));
    await page.locator('.viewport[data-count="3"][data-shown="0"]').waitFor();
    // A report may have been written before the image came into the series that it is in now.
    await page.goto(`${address('2.25.818.2.1')}&SeriesInstanceUID=2.25.814.1`);
    await page.locator('.viewport[data-count="3"][data-shown="0"]').waitFor();
    expect(viewer.complaints).toEqual([]);
  });

  test('the frame that is pointed at is opened, here and in a tab of its own', async () => {
    await openKeyFrames();
    const link = page.getByRole('link', { name: 'Open image …2.25.818.2.1, frame 2' });
    const opening = viewer.browser.context.waitForEvent('page');
    await link.click({ modifiers: ['ControlOrMeta'] });
    const tab = await opening;
    await tab.locator('.viewport[data-count="3"][data-shown="1"]').waitFor();
    await tab.close();
    expect(await page.getByRole('article', { name: 'Report' }).isVisible()).toBe(true);
    await link.click();
    await page.locator('.viewport[data-count="3"][data-shown="1"]').waitFor();
    await page.waitForURL(/FrameNumber=2/);
    await page.reload();
    await page.locator('.viewport[data-count="3"][data-shown="1"]').waitFor();
    await page.goto(page.url().replace('FrameNumber=2', 'FrameNumber=4'));
    await withoutFrame().waitFor();
    expect(viewer.complaints).toEqual([]);
  });

  test('of more frames or structures than are named it says how many there are', async () => {
    await page.goto(viewer.address(`/viewer?StudyInstanceUIDs=${study}&SeriesInstanceUID=2.25.823.1`));
    await page.getByRole('link', { name: /^Open image …2\.25\.818\.2\.1, frame 1, 2, .* 19, 20 and 2 more/ }).waitFor();
    await openStudy('2.25.824');
    await page
      .locator('.notice')
      .getByText(/^Structures: S1, S2, .* S99, S100 and 3 more$/)
      .waitFor();
    expect(viewer.complaints).toEqual([]);
  });

  test('a frame is found again by its number, the first one too, and what is no number of a frame is not taken for one', async () => {
    await openStudy('2.25.822');
    await page.locator('.viewport[data-count="3"][data-shown="0"]').waitFor();
    await page.waitForURL(/FrameNumber=2/);
    await page.keyboard.press('ArrowDown');
    await page.waitForURL(/FrameNumber=1/);
    await page.reload();
    await page.locator('.viewport[data-count="3"][data-shown="1"]').waitFor();
    const address = page.url();
    for (const said of ['0', '-1', 'first', '']) {
      await page.goto(address.replace(/FrameNumber=1/, `FrameNumber=${said}`));
      await withoutFrame().waitFor();
      expect([said, await page.locator('.viewport[data-shown]').count()]).toEqual([said, 0]);
    }
  });

  test('an image is opened of the study that is pointed at, where another has a series of the same UID', async () => {
    await page.goto(viewer.address(`/viewer?StudyInstanceUIDs=2.25.817,${study}&SeriesInstanceUID=2.25.814.1`));
    await page
      .getByRole('article', { name: 'Report' })
      .getByRole('link', { name: /^Open image …/ })
      .click();
    await page.locator('.viewport[data-count="1"][data-shown="0"]').waitFor();
    await page.waitForURL((url) => url.searchParams.get('SOPInstanceUID') === slice['SOPInstanceUID']);
    await page.locator('.strip-study').first().locator('.series').click();
    await page.waitForURL((url) => url.searchParams.get('SOPInstanceUID') === namesake.SOPInstanceUID);
    expect(viewer.complaints).toEqual([]);
  });

  test('an image of another study is opened by itself, or said not to be there, and the way back leads to the report', async () => {
    const openKeys = (studies = study) =>
      page.goto(viewer.address(`/viewer?StudyInstanceUIDs=${studies}&SeriesInstanceUID=2.25.819.1`));
    const report = page.getByRole('article', { name: 'Report' });
    const link = (uid: string) => report.getByRole('link', { name: `Open image …${uid}` });
    await openKeys();
    await link('2.25.404.1.1').click();
    await page.getByRole('alert').getByText('The archive does not have the study asked for').waitFor();
    await report.waitFor({ state: 'detached' });
    expect(await page.locator('.pane-news').count()).toBe(0);
    await page.goBack();
    await link('2.25.817.1.1').waitFor();

    // Of what was open beside the report nothing stays.
    await page.getByLabel('Layout').selectOption('1x2');
    await page.locator('.pane').nth(1).locator('.viewport[data-shown="0"]').waitFor();
    await link('2.25.817.1.1').click();
    await page.locator('.viewport[data-count="1"][data-shown="0"]').waitFor();
    await page.waitForURL((url) => url.searchParams.get('StudyInstanceUIDs') === '2.25.817');
    await expect.poll(() => page.locator('.series').count()).toBe(1);
    expect(await page.locator('.pane').count()).toBe(1);
    expect(await page.locator('.pane-news').count()).toBe(0);
    expect(new URL(page.url()).searchParams.get('SOPInstanceUID')).toBe(namesake.SOPInstanceUID);
    await page.goBack();
    await link('2.25.405.1').waitFor();

    // One that is missing of a study that is open closes no other study.
    await openKeys(`2.25.817,${study}`);
    await link('2.25.405.1').click();
    await notThere().waitFor();
    await page.waitForURL(/SOPInstanceUID=2\.25\.405\.1/);
    expect(new URL(page.url()).searchParams.get('StudyInstanceUIDs')).toBe(`2.25.817,${study}`);
    expect(await page.locator('.strip-study').count()).toBe(2);
    expect(viewer.complaints).toEqual([]);
  });

  test('after an image that is not there, only its own series is asked for anew', async () => {
    await page.route('**/api/events', () => {}); // any news would have all of them asked for
    const asked: string[] = [];
    page.on('request', (request) => asked.push(...(/series\/([\d.]+)\/metadata/.exec(request.url())?.slice(1) ?? [])));
    await page.goto(viewer.address(`/viewer?StudyInstanceUIDs=${study}&SeriesInstanceUID=2.25.818.2`));
    await page.locator('.viewport[data-count="3"][data-shown="0"]').waitFor();
    await page.locator('.series').filter({ hasText: 'KO' }).nth(1).click();
    await page.getByRole('link', { name: 'Open image …2.25.818.404' }).click();
    await notThere().waitFor();
    await page.locator('.series').filter({ hasText: '3 images' }).click();
    await page.locator('.viewport[data-count="3"][data-shown="0"]').waitFor();
    expect(asked.filter((series) => series === '2.25.818.2')).toHaveLength(1);
  });
});

function referenceTo({ SOPClassUID, SOPInstanceUID }: Attributes) {
  return { ReferencedSOPClassUID: SOPClassUID!, ReferencedSOPInstanceUID: SOPInstanceUID! };
}
