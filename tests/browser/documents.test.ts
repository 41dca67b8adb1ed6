/** What is no image: a video in the browser's own player; a PDF in the browser's own reader, and nothing but a PDF; a structured report as text; each readable by everybody. */
import { readFile } from 'node:fs/promises';
import type { Page, Route } from 'playwright-core';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { ctSeries } from '#samples/ct.ts';
import type { Sample } from '#samples/study.ts';
import { dicomFile, type Attributes } from '#samples/write.ts';
import { corpusPath, hasCorpus, manifest } from '../corpus.ts';
import { hasChromium } from './chromium.ts';
import { openedViewer } from './opened-viewer.ts';
import { expectReadable } from './pages.ts';
import { printedPages } from './printed-pages.ts';

/** A directory for pictures of what is tested. */
const shots = process.env['SCREENSHOTS'];
const documents = [
  'modality/pdf/pdf.dcm',
  'modality/sr/sample-sr.dcm',
  'derived/mpeg4-avc-h264-bd.dcm',
  'modality/ecg/anonymous_ecg.dcm',
] as const;
const [slice] = [...ctSeries({ seed: 'documents', number: 1, slices: 1 })];
const study = String(slice!.attributes['StudyInstanceUID']);
const hostileStudy = '2.25.81';
const hostile = {
  ...withoutPixels(slice!.attributes),
  SOPClassUID: '1.2.840.10008.5.1.4.1.1.104.1', // Encapsulated PDF Storage
  StudyInstanceUID: hostileStudy,
  SeriesInstanceUID: `${hostileStudy}.1`,
  SOPInstanceUID: `${hostileStudy}.1.1`,
  Modality: 'DOC',
  MIMETypeOfEncapsulatedDocument: 'text/html',
  EncapsulatedDocument: Buffer.from(
    '<!--%PDF--><script>parent.takenOver = true; parent.document.title = "taken over"</script>',
  ),
};

const encapsulatedAs = (number: number, sopClass: string, Modality: string, document: string) => ({
  ...withoutPixels(slice!.attributes),
  SOPClassUID: `1.2.840.10008.5.1.4.1.1.${sopClass}`,
  StudyInstanceUID: `2.25.${number}`,
  SeriesInstanceUID: `2.25.${number}.1`,
  SOPInstanceUID: `2.25.${number}.1.1`,
  Modality,
  MIMETypeOfEncapsulatedDocument: 'text/XML',
  EncapsulatedDocument: Buffer.from(document.padEnd(document.length + (Buffer.byteLength(document) % 2), '\0')),
});
const clinical = encapsulatedAs(
  811,
  '104.2',
  'DOC',
  `<?xml version="1.0" encoding="UTF-8"?>
  <ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:html="http://www.w3.org/1999/xhtml">
    <title>Giấy ra viện</title>
    <component><structuredBody><component><section>
      <title>Findings</title>
      <text>The <content styleCode="Bold">lungs</content> are clear.
        <list><item>No effusion</item><item>No nodule</item></list>
        <table><tbody><tr><td>Creatinine</td><td>80 µmol/l</td></tr></tbody></table>
        <html:script>parent.takenOver = true</html:script>
      </text>
      <component><section><title>Advice</title><text><paragraph>Come again.</paragraph><renderMultiMedia referencedObject="way"/></text></section></component>
    </section></component></structuredBody></component>
  </ClinicalDocument>`,
);
const keyObject = (number: number, ...referenced: Attributes[]) => ({
  ...withoutPixels(slice!.attributes),
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
const keyImage = keyObject(814, slice!.attributes);
const film = {
  ...slice!.attributes,
  SOPClassUID: '1.2.840.10008.5.1.4.1.1.7.3', // Multi-frame Grayscale Word Secondary Capture
  SeriesInstanceUID: '2.25.818.2',
  SOPInstanceUID: '2.25.818.2.1',
  SeriesNumber: 8,
  NumberOfFrames: 3,
  PixelData: Buffer.concat(Array.from({ length: 3 }, () => slice!.attributes['PixelData'] as Buffer)),
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
const keyFrames = keyObject(818, { ...slice!.attributes, SOPInstanceUID: '2.25.818.404' }, film);
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
  ...withoutPixels(slice!.attributes),
  SOPClassUID: '1.2.840.10008.5.1.4.1.1.481.3', // RT Structure Set Storage
  StudyInstanceUID: '2.25.824',
  SeriesInstanceUID: '2.25.824.1',
  SOPInstanceUID: '2.25.824.1.1',
  Modality: 'RTSTRUCT',
  StructureSetROISequence: Array.from({ length: 103 }, (_, at) => ({ ROIName: `S${at + 1}` })),
};
/** Another study with a series of the same UID, which is wrong and happens. */
const namesake = { ...slice!.attributes, StudyInstanceUID: '2.25.817', SOPInstanceUID: '2.25.817.1.1' };
/** One of a study that never came, one of another study, and one of a series of this study that never came. */
const keysElsewhere = {
  ...keyObject(819, slice!.attributes),
  CurrentRequestedProcedureEvidenceSequence: (
    [
      ['2.25.404', '2.25.404.1', '2.25.404.1.1'],
      ['2.25.817', String(slice!.attributes['SeriesInstanceUID']), namesake.SOPInstanceUID],
      [study, '2.25.405', '2.25.405.1'],
    ] as const
  ).map(([StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID]) => ({
    ReferencedSeriesSequence: [
      { ReferencedSOPSequence: [referenceTo({ ...slice!.attributes, SOPInstanceUID })], SeriesInstanceUID },
    ],
    StudyInstanceUID,
  })),
  ContentSequence: ['2.25.404.1.1', namesake.SOPInstanceUID, '2.25.405.1'].map((SOPInstanceUID) => ({
    RelationshipType: 'CONTAINS',
    ValueType: 'IMAGE',
    ReferencedSOPSequence: [referenceTo({ ...slice!.attributes, SOPInstanceUID })],
  })),
};
/** Several documents in one series; another study has a series of the same UID, and one document. */
const pages = ['first', 'second', 'third'].map((which, at) => ({
  ...encapsulatedAs(
    820,
    '104.2',
    'DOC',
    `<ClinicalDocument><component><section><text>The ${which} page</text></section></component></ClinicalDocument>`,
  ),
  SOPInstanceUID: `2.25.820.1.${at + 1}`,
  InstanceNumber: at + 1,
}));
const latePage = pages.pop()!;
const pageOfAnother = { ...latePage, StudyInstanceUID: '2.25.821', SOPInstanceUID: '2.25.821.1.1' };
const damaged = encapsulatedAs(
  812,
  '104.2',
  'DOC',
  '<ClinicalDocument><component><section><text>Nothing found so far</text></section></component><title>Cut off',
);
/** As by a program that calls Latin letters UTF-8. */
const inOtherLetters = {
  ...encapsulatedAs(825, '104.2', 'DOC', ''),
  EncapsulatedDocument: Buffer.from(
    '<ClinicalDocument><component><section><text>Fièvre 39 après 2 h</text></section></component></ClinicalDocument>'.padEnd(
      112,
    ),
    'latin1',
  ),
};
const tooLong = encapsulatedAs(
  815,
  '104.2',
  'DOC',
  `<ClinicalDocument><component><section><text>${'<paragraph>a line</paragraph>'.repeat(5_001)}</text></section></component></ClinicalDocument>`,
);
const tooLongReport = {
  ...withoutPixels(slice!.attributes),
  SOPClassUID: '1.2.840.10008.5.1.4.1.1.88.11', // Basic Text SR Storage
  StudyInstanceUID: '2.25.816',
  SeriesInstanceUID: '2.25.816.1',
  SOPInstanceUID: '2.25.816.1.1',
  Modality: 'SR',
  ValueType: 'CONTAINER',
  ContentSequence: Array.from({ length: 5_001 }, () => ({
    RelationshipType: 'CONTAINS',
    ValueType: 'TEXT',
    TextValue: 'a line',
  })),
};
const model = encapsulatedAs(813, '104.3', 'M3D', 'solid skull endsolid skull');

describe.skipIf(!hasChromium || !hasCorpus)('what is no image', () => {
  const viewer = openedViewer();
  let page: Page;

  beforeAll(async () => {
    const files = [
      dicomFile(slice!.attributes),
      ...[
        hostile,
        encapsulatedAs(828, '104.1', 'DOC', 'This is no PDF.'),
        clinical,
        damaged,
        inOtherLetters,
        tooLong,
        tooLongReport,
        model,
        keyImage,
        film,
        keyFrames,
        manyFrames,
        structures,
        namesake,
      ].map(dicomFile),
      ...[volume, keysElsewhere, ...pages, pageOfAnother].map(dicomFile),
      ...(await Promise.all(documents.map((name) => readFile(corpusPath(name))))),
    ];
    expect(await viewer.store(...files)).toBe(true);
  });

  beforeEach(() => {
    ({ page } = viewer);
  });

  const openStudy = (uid: string, on = page) => on.goto(viewer.address(`/viewer?StudyInstanceUIDs=${uid}`));

  test('a PDF is read in the viewer itself, by the reader of the browser', async () => {
    await using whole = await viewer.openApart({ whole: true });
    const { page, complaints } = await whole.open();
    await openStudy(studyOf(documents[0]), page);
    await page.locator('.document iframe').waitFor();
    const readers = () => page.frames().filter((frame) => frame.url().startsWith('chrome-extension:'));
    await expect.poll(() => readers().length).toBe(1);
    await expectReadable(page, 'a PDF');
    expect(complaints).toEqual([]);
  });

  test('what claims to be a PDF and is a page with a script runs nowhere', async () => {
    await using whole = await viewer.openApart({ whole: true });
    const { page } = await whole.open();
    await openStudy(hostileStudy, page);
    await page.locator('.document iframe').waitFor();
    const shown = () => page.frames().find((each) => each.url().startsWith('blob:'));
    await expect.poll(shown).toBeDefined();
    await shown()!.waitForLoadState();
    expect(await page.title()).not.toBe('taken over');
    expect(await page.evaluate(() => Reflect.get(globalThis, 'takenOver') as unknown)).toBeUndefined();
  });

  test('what came as a PDF and is none is said to be so, and can be saved', async () => {
    await openStudy('2.25.828');
    const notice = page.locator('.notice').filter({ hasText: /came as a PDF and is none.*ask the sender/s });
    await notice.getByRole('link', { name: 'Save a copy' }).waitFor();
    expect(await page.locator('.document').count()).toBe(0);
  });

  test('a clinical document is read as text, and one that is none can be saved', async () => {
    await openStudy('2.25.811');
    const read = page.getByRole('article', { name: 'Document' });
    await read.getByRole('heading', { name: 'Giấy ra viện' }).waitFor();
    const lines = await read.locator('.report-heading, .report-value').allInnerTexts();
    expect(lines.slice(0, 5)).toEqual([
      'Findings',
      'The lungs are clear.',
      'No effusion',
      'No nodule',
      'Creatinine · 80 µmol/l',
    ]);
    expect(lines.slice(-3, -1)).toEqual(['Advice', 'Come again.']);
    expect(lines.at(-1)).toMatch(/^\[A picture or sound is left out here: save a copy/);
    expect(await page.evaluate(() => Reflect.get(globalThis, 'takenOver') as unknown)).toBeUndefined();
    await expectReadable(page, 'a clinical document');
    // On paper as a report is, without what is for the screen.
    await page.emulateMedia({ media: 'print' });
    await page.locator('.stage[data-report=true] .pane[data-report=true]').waitFor();
    expect(await read.getByText('Save a copy', { exact: true }).isVisible()).toBe(false);
    // What images are drawn into is black, once it is ready for some: it must not lie over the words.
    await page.locator('.viewport canvas').first().waitFor({ state: 'attached' });
    const isOnTop = await read.getByRole('heading', { name: 'Giấy ra viện' }).evaluate((heading) => {
      const { x, y } = heading.getBoundingClientRect();
      return document.elementFromPoint(x + 3, y + 3) === heading;
    });
    expect(isOnTop).toBe(true);
    await page.emulateMedia({ media: null });
    await openStudy('2.25.812');
    await page.locator('.notice').getByText('has no text that can be read').waitFor();
    const saving = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Save a copy' }).click();
    const saved = await saving;
    expect(saved.suggestedFilename()).toBe('2.25.812.1.1.xml');
    // Without the byte that pads it to an even length, which is no character of XML.
    expect(await readFile(await saved.path(), 'utf8')).toMatch(/Cut off$/);
    expect(viewer.complaints).toEqual([]);
  });

  test('a clinical document with letters that nobody can read is read with marks for them, and a warning above', async () => {
    await openStudy('2.25.825');
    const read = page.getByRole('article', { name: 'Document' });
    await read.getByText('Fi�vre 39 apr�s 2 h').waitFor();
    await read.getByText('This document is damaged in 2 places').waitFor();
    await expectReadable(page, 'a damaged clinical document');
    if (shots !== undefined) await page.screenshot({ path: `${shots}/damaged-document.png` });
    expect(viewer.complaints).toEqual([]);
  });

  test('a document or report that is longer than can be shown says so at its end, and can be saved', async () => {
    for (const [uid, kind, ending] of [
      ['2.25.815', 'Document', 'xml'],
      ['2.25.816', 'Report', 'dcm'],
    ] as const) {
      await openStudy(uid);
      const read = page.getByRole('article', { name: kind });
      await read.getByText('parts of it are left out').scrollIntoViewIfNeeded();
      // Whose it is stands on each of its sheets.
      const { pages, beginnings } = printedPages(await page.pdf({ format: 'A4' }));
      expect(pages).toBeGreaterThan(10);
      expect(beginnings[0]).not.toBe('');
      expect(new Set(beginnings).size).toBe(1);
      const saving = page.waitForEvent('download');
      await read.getByRole('link', { name: 'Save a copy' }).click();
      expect((await saving).suggestedFilename()).toBe(`${uid}.1.1.${ending}`);
    }
    expect(viewer.complaints).toEqual([]);
  });

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
    await page.waitForURL((url) => url.searchParams.get('SOPInstanceUID') === slice!.attributes['SOPInstanceUID']);
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

  test('of several documents in a series the one that is chosen is read, also when something has come meanwhile', async () => {
    const reads = (which: string) => page.getByRole('article').getByText(`The ${which} page`).waitFor();
    const series = page.locator('.series');
    await openStudy('2.25.820');
    await reads('first');
    await series.nth(1).click();
    await reads('second');
    await series.first().click();
    await reads('first');
    const other = { ...slice!.attributes, StudyInstanceUID: '2.25.820', SeriesInstanceUID: '2.25.820.2' };
    expect(await viewer.store(dicomFile({ ...other, SOPInstanceUID: '2.25.820.2.1', SeriesNumber: 9 }))).toBe(true);
    await series.nth(2).waitFor();
    await series.nth(1).click();
    await reads('second');
    expect(await viewer.store(dicomFile(latePage))).toBe(true);
    await page.locator('.pane-news').getByRole('button').click();
    await series.nth(3).waitFor();
    await reads('second');
    // So it is where the line was cut meanwhile, and for who comes back.
    await series.first().click();
    await reads('first');
    const cut = { ...other, SOPInstanceUID: '2.25.820.2.2', SeriesNumber: 9 };
    expect(await viewer.store(dicomFile(cut))).toBe(true);
    await series.filter({ hasText: '2 images' }).waitFor();
    const refuse = (route: Route) => route.fulfill({ status: 503 });
    await page.route('**/metadata', refuse);
    await series.nth(1).click();
    const busy = page.getByRole('alert').filter({ hasText: 'The archive is busy' });
    await busy.waitFor();
    await page.unroute('**/metadata', refuse);
    await busy.getByRole('button', { name: 'Try again' }).click();
    await reads('second');
    await page.waitForURL(/SOPInstanceUID=2\.25\.820\.1\.2/);
    await page.reload();
    await reads('second');
    await page.goto(viewer.address('/viewer?StudyInstanceUIDs=2.25.820,2.25.821'));
    await page.locator('.strip-study').nth(1).locator('.series').click();
    await reads('third');
    await page.waitForURL(/SOPInstanceUID=2\.25\.821\.1\.1/);
    await page.reload();
    await reads('third');
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

  test('a model and whatever else is not shown can be saved, each as what it is', async () => {
    const saved = async () => {
      const saving = page.waitForEvent('download');
      await page.locator('.notice').getByRole('link', { name: 'Save a copy' }).click();
      const download = await saving;
      return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
    };
    await openStudy('2.25.813');
    await page.locator('.notice').getByText('This is a 3D model').waitFor();
    expect(await saved()).toEqual({ name: '2.25.813.1.1.stl', bytes: Buffer.from('solid skull endsolid skull') });
    await openStudy(studyOf(documents[3]));
    await page.locator('.notice').getByText('which are not drawn here').waitFor();
    await expectReadable(page, 'what is not drawn');
    const { name, bytes } = await saved();
    expect(name).toMatch(/^[\d.]+\.dcm$/);
    expect(bytes.subarray(128, 132).toString()).toBe('DICM');
    expect(viewer.complaints).toEqual([]);
  });

  test('a video is played by the browser, from where the reader puts it, and can be saved', async () => {
    const asked: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('7FE00010')) asked.push(request.headers()['range'] ?? 'all');
    });
    await openStudy(studyOf(documents[2]));
    await page.locator('.video[data-video="ready"]').waitFor();
    const video = page.locator('video');
    const seen = await video.evaluate(async (element: HTMLVideoElement) => {
      const frames = element.getVideoPlaybackQuality();
      await new Promise((sought) => {
        element.addEventListener('seeked', sought, { once: true });
        element.currentTime = element.duration / 2;
      });
      element.muted = true;
      await element.play();
      const { videoWidth, videoHeight, duration } = element;
      return { videoWidth, videoHeight, isFilm: duration > 0.5 && duration < 5, dropped: frames.droppedVideoFrames };
    });
    expect(seen).toEqual({ videoWidth: 320, videoHeight: 240, isFilm: true, dropped: 0 });
    expect(asked).toContain('bytes=0-');
    const saving = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Save a copy' }).click();
    const saved = await saving;
    expect(saved.suggestedFilename()).toMatch(/^[\d.]+\.mp4$/);
    expect((await readFile(await saved.path())).subarray(4, 8).toString()).toBe('ftyp');
    await expectReadable(page, 'a video');
    if (shots !== undefined) await page.screenshot({ path: `${shots}/video.png` });
    expect(viewer.complaints).toEqual([]);
  });

  test('a structured report, and what cannot be shown, can be read by everybody', async () => {
    await openStudy(studyOf(documents[1]));
    await page.getByRole('article', { name: 'Report' }).getByText('Imaging Measurement Report').waitFor();
    await expectReadable(page, 'a report');
    // On paper it runs over as many pages as it takes: nothing around it cuts it off.
    await page.emulateMedia({ media: 'print' });
    for (const around of ['.stage', '.pane']) {
      const style = await page.locator(around).evaluate((element) => {
        const { display, overflow } = getComputedStyle(element);
        return { display, overflow };
      });
      expect(style).toEqual({ display: 'block', overflow: 'visible' });
    }
    await page.emulateMedia({ media: null });
    await page.route('**/frames/*', (route) => route.abort());
    await openStudy(study);
    await page.getByRole('alert').getByText('The archive cannot be reached').waitFor();
    await expectReadable(page, 'an image that does not come');
  });
});

function withoutPixels({ PixelData, Rows, Columns, ...attributes }: Sample['attributes']): Sample['attributes'] {
  void [PixelData, Rows, Columns];
  return attributes;
}

function referenceTo({ SOPClassUID, SOPInstanceUID }: Sample['attributes']) {
  return { ReferencedSOPClassUID: SOPClassUID!, ReferencedSOPInstanceUID: SOPInstanceUID! };
}

const studyOf = (path: string) => manifest().find((row) => row['path'] === path)!['study_instance_uid']!;
