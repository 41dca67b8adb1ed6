/** What is no image: a video in the browser's own player; a PDF in the browser's own reader, and nothing but a PDF; a structured report as text; each readable by everybody. */
import { readFile } from 'node:fs/promises';
import type { Page, Route } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { dicomFile } from '#samples/write.ts';
import { corpusPath, hasCorpus, manifest } from '../corpus.ts';
import { hasChromium, type Browser } from './chromium.ts';
import { encapsulatedAs, slice, study, withoutPixels } from './document-samples.ts';
import { openedViewer, withoutWorker } from './opened-viewer.ts';
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
const hostileStudy = '2.25.81';
const hostile = {
  ...withoutPixels(slice),
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
  ...withoutPixels(slice),
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
  const viewer = openedViewer({ settings: withoutWorker, browser: { waitsLess: true } });
  let page: Page;

  beforeAll(async () => {
    const made = [hostile, encapsulatedAs(828, '104.1', 'DOC', 'This is no PDF.'), clinical, damaged, inOtherLetters];
    const files = [
      ...[slice, ...made, tooLong, tooLongReport, model, ...pages, pageOfAnother].map(dicomFile),
      ...(await Promise.all(documents.map((name) => readFile(corpusPath(name))))),
    ];
    expect(await viewer.store(...files)).toBe(true);
  });

  beforeEach(() => {
    ({ page } = viewer);
  });

  const openStudy = (uid: string, on = page) => on.goto(viewer.address(`/viewer?StudyInstanceUIDs=${uid}`));

  describe('in Chromium as people have it', () => {
    let whole: Browser;
    beforeAll(async () => {
      whole = await viewer.openApart({ whole: true });
    });
    afterAll(() => whole?.[Symbol.asyncDispose]());

    test('a PDF is read in the viewer itself, by the reader of the browser', async () => {
      const { page, complaints } = await whole.open();
      await openStudy(studyOf(documents[0]), page);
      await page.locator('.document iframe').waitFor();
      const readers = () => page.frames().filter((frame) => frame.url().startsWith('chrome-extension:'));
      await expect.poll(() => readers().length).toBe(1);
      await expectReadable(page, 'a PDF');
      expect(complaints).toEqual([]);
    });

    test('what claims to be a PDF and is a page with a script runs nowhere', async () => {
      const { page } = await whole.open();
      await openStudy(hostileStudy, page);
      await page.locator('.document iframe').waitFor();
      const shown = () => page.frames().find((each) => each.url().startsWith('blob:'));
      await expect.poll(shown).toBeDefined();
      await shown()!.waitForLoadState();
      expect(await page.title()).not.toBe('taken over');
      expect(await page.evaluate(() => Reflect.get(globalThis, 'takenOver') as unknown)).toBeUndefined();
    });
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

  test('of several documents in a series the one that is chosen is read, also when something has come meanwhile', async () => {
    const reads = (which: string) => page.getByRole('article').getByText(`The ${which} page`).waitFor();
    const series = page.locator('.series');
    await openStudy('2.25.820');
    await reads('first');
    await series.nth(1).click();
    await reads('second');
    await series.first().click();
    await reads('first');
    const other = { ...slice, StudyInstanceUID: '2.25.820', SeriesInstanceUID: '2.25.820.2' };
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

const studyOf = (path: string) => manifest().find((row) => row['path'] === path)!['study_instance_uid']!;
