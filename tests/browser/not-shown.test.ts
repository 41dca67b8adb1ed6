/** Whatever cannot be shown ends in a sentence that says why and what to do next, never in a black viewport or in wrong pixels. */
import type { Page, Route } from 'playwright-core';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { textValue } from '#dicom/data/dataset.ts';
import { openPart10 } from '#dicom/file/part10-reader.ts';
import { parseDataset } from '#dicom/file/parse.ts';
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import { ctSeries } from '#samples/ct.ts';
import type { Sample } from '#samples/study.ts';
import { dicomFile, type Attributes } from '#samples/write.ts';
import { limits } from '#settings/limits.ts';
import { corpusFile, hasCorpus, inPieces } from '../corpus.ts';
import { hasChromium } from './chromium.ts';
import { openedViewer, password, withoutWorker } from './opened-viewer.ts';
import { goInside, untilShown } from './viewer-pages.ts';

const [slice] = [...ctSeries({ seed: 'not shown', number: 1, slices: 1 })];
const series = [...ctSeries({ seed: 'cut line', number: 2, slices: 6 })];
const StudyInstanceUID = 0x0020000d;
const SeriesInstanceUID = 0x0020000e;

describe.skipIf(!hasChromium)('what cannot be shown', () => {
  const viewer = openedViewer({ settings: withoutWorker, browser: { waitsLess: true } });
  let page: Page;

  beforeAll(async () => {
    const files = [slice!, ...series].map(({ attributes }) => dicomFile(attributes));
    expect(await viewer.store(...files)).toBe(true);
  });

  beforeEach(() => void ({ page } = viewer));

  afterEach(() => {
    expect(viewer.complaints).toEqual([]);
  });

  const addressOf = (study: string, series: string) =>
    viewer.address(`/viewer?StudyInstanceUIDs=${study}&SeriesInstanceUID=${series}`);
  const open = (study: string, series: string, on = page) => on.goto(addressOf(study, series));
  const openSlice = () =>
    open(String(slice!.attributes['StudyInstanceUID']), String(slice!.attributes['SeriesInstanceUID']));
  /** Stores a file of the corpus. @returns its study and series */
  async function storeFile(path: string): Promise<[study: string, series: string]> {
    const file = corpusFile(path);
    expect(await viewer.store(file)).toBe(true);
    const { transferSyntaxUID, dataset: bytes } = await openPart10(inPieces(file, 65_536));
    const dataset = await parseDataset(bytes, transferSyntaxes.get(transferSyntaxUID)!, limits.dataset);
    return [textValue(dataset, StudyInstanceUID), textValue(dataset, SeriesInstanceUID)];
  }
  async function openFile(path: string, on = page): Promise<void> {
    await open(...(await storeFile(path)), on);
  }
  const framesAsked = () =>
    page.evaluate(
      () => performance.getEntriesByType('resource').filter(({ name }) => /\/frames\/\d+$/.test(name)).length,
    );
  const isBlank = async () => (await page.locator('.viewport[data-shown]').count()) === 0;

  const notImages = [
    [
      'RT structures',
      'modality/rt/rtstruct.dcm',
      /structures outlined for a treatment plan.*choose another series.*Structures: .*Save a copy/s,
    ],
    ['an RT plan', 'modality/rt/rtplan.dcm', /treatment plan and no image.*choose another series/],
    ['an ECG', 'modality/ecg/anonymous_ecg.dcm', /curves, such as an ECG.*Save a copy.*choose another series/],
    ['a presentation state', 'modality/pr/prLUTs.dcm', /how somebody has shown images.*Open the series of the images/],
    [
      'a real world value map',
      'modality/sr/rwvm.dcm',
      /Data of kind RWV is no image.*Save a copy.*choose another series/,
    ],
    [
      'video of a kind that no browser plays',
      'derived/mpeg2-mpml-program-stream.dcm',
      /kind MPEG-2.*Save a copy.*another browser/s,
    ],
    [
      'a damaged stream',
      'syntax/jpeg-2000/JPEG2000-embedded-sequence-delimiter.dcm',
      /cannot draw this image.*open another image.*the stream has/is,
    ],
  ] as const;
  test.skipIf(!hasCorpus)('of each kind of data that is not drawn: the reason, and what to do next', async () => {
    for (const [what, path, sentence] of notImages) {
      await goInside(page, addressOf(...(await storeFile(path))));
      await page.locator('.notice').filter({ hasText: sentence }).waitFor();
      expect(await isBlank(), what).toBe(true);
    }
  });

  test('an image that came without its pixels: so it says, and asks for no frame', async () => {
    const { PixelData: _, ...attributes } = [...ctSeries({ seed: 'without pixels', number: 3, slices: 1 })][0]!
      .attributes;
    expect(await viewer.store(dicomFile(attributes))).toBe(true);
    await open(String(attributes['StudyInstanceUID']), String(attributes['SeriesInstanceUID']));
    await page
      .locator('.notice')
      .filter({ hasText: /came without its pixels.*send it again/ })
      .waitFor();
    expect(await isBlank()).toBe(true);
  });

  test('of each kind of data that says itself it is no image: what it is, and a copy of it', async () => {
    for (const [what, sopClass, more, sentence] of [
      ['spectra, which have rows and columns', '4.2', { Rows: 1, Columns: 1 }, /spectra of magnetic resonance/],
      ['a registration', '66.1', {}, /how series of images lie to each other/],
      ['raw data', '66', {}, /raw data of a scanner/],
      ['a record of a treatment', '481.4', {}, /record of a treatment/],
    ] as const) {
      const [sample] = ctSeries({ seed: sopClass, number: 4, slices: 1 });
      const { PixelData: _pixels, Rows: _rows, Columns: _columns, ...attributes } = sample!.attributes;
      const SOPClassUID = `1.2.840.10008.5.1.4.1.1.${sopClass}`;
      expect(await viewer.store(dicomFile({ ...attributes, SOPClassUID, ...more }))).toBe(true);
      const { StudyInstanceUID: study, SeriesInstanceUID: ofStudy } = attributes;
      await goInside(page, addressOf(String(study), String(ofStudy)));
      const notice = page.locator('.notice').filter({ hasText: sentence });
      await notice.getByRole('link', { name: 'Save a copy' }).waitFor();
      expect(await isBlank(), what).toBe(true);
    }
  });

  test('a series that is not in the study, or a study that is not in the archive: so it says, and what there is can be chosen', async () => {
    const study = String(slice!.attributes['StudyInstanceUID']);
    await open(study, '2.25.404');
    const notice = page.getByRole('alert');
    await notice.getByText('The series asked for is not in this study').waitFor();
    await notice.getByRole('button', { name: 'Try again' }).click();
    await notice.getByText('The series asked for is not in this study').waitFor();
    await page.waitForURL(/SeriesInstanceUID=2\.25\.404/);
    expect(await isBlank()).toBe(true);
    await page.locator('.series').click();
    await untilShown(page, 0);
    await notice.waitFor({ state: 'detached' });
    await open('2.25.404', '2.25.404.1');
    await notice.getByText('The archive does not have the study asked for').waitFor();
    expect(await isBlank()).toBe(true);
  });

  test('what an address names before it has come is shown when it comes, and nothing else until then', async () => {
    const come = async ({ attributes }: Sample, more: Attributes = {}) =>
      expect(await viewer.store(dicomFile({ ...attributes, ...more }))).toBe(true);
    const alert = (words: string) => page.getByRole('alert').getByText(words).waitFor();
    const [first, second, third] = [...ctSeries({ seed: 'not come yet', number: 4, slices: 3 })];
    const { StudyInstanceUID, SOPInstanceUID } = third!.attributes;
    const named = `StudyInstanceUIDs=${String(StudyInstanceUID)}&SOPInstanceUID=${String(SOPInstanceUID)}`;
    await page.goto(viewer.address(`/viewer?${named}`));
    const nothing = page.locator('.notice').filter({ hasText: 'This study has no images yet' });
    await nothing.waitFor();
    const asked = page.waitForRequest((request) => request.url().endsWith(`/${String(StudyInstanceUID)}/series`));
    await nothing.getByRole('button', { name: 'Try again' }).click();
    await asked;
    await nothing.waitFor();
    await come(first!);
    await alert('The image asked for is not in this series');
    await come(second!);
    await page.locator('.series').getByText('1 image + 1').waitFor();
    expect(await isBlank()).toBe(true);
    await come(third!);
    await page.locator('.viewport[data-count="3"][data-shown="2"]').waitFor();

    const [alone] = [...ctSeries({ seed: 'not come yet', number: 5, slices: 1 })];
    const { StudyInstanceUID: study, SeriesInstanceUID: ofStudy } = alone!.attributes;
    await open(String(study), String(ofStudy));
    await alert('The archive does not have the study asked for');
    await come(alone!, { SeriesInstanceUID: '2.25.406.1', SOPInstanceUID: '2.25.406.1.1' });
    await alert('The series asked for is not in this study');
    expect(await isBlank()).toBe(true);
    await come(alone!);
    await untilShown(page, 0);
    await page.waitForURL((url) => url.searchParams.get('SeriesInstanceUID') === ofStudy);
  });

  /** Opens an address whose series is answered from before `coming` came, when everything about its coming is over. */
  async function openWhileItComes(coming: Sample, named: string, listed: string): Promise<void> {
    const { StudyInstanceUID: study, SeriesInstanceUID: ofStudy } = coming.attributes;
    const held = Promise.withResolvers<void>();
    const isAsked = Promise.withResolvers<void>();
    const answerLate = async (route: Route) => {
      const response = await route.fetch();
      isAsked.resolve();
      await held.promise;
      await route.fulfill({ response });
    };
    await page.route(`**/series/${String(ofStudy)}/metadata`, answerLate, { times: 1 });
    await page.goto(viewer.address(`/viewer?StudyInstanceUIDs=${String(study)}&${named}`));
    await isAsked.promise;
    expect(await viewer.store(dicomFile(coming.attributes))).toBe(true);
    await page.locator('.series').getByText(listed).waitFor();
    held.resolve();
  }

  test('what comes while its series is being read is shown all the same', async () => {
    const [first, second] = [...ctSeries({ seed: 'come meanwhile', number: 6, slices: 2 })];
    expect(await viewer.store(dicomFile(first!.attributes))).toBe(true);
    const { SeriesInstanceUID: ofStudy, SOPInstanceUID } = second!.attributes;
    const named = `SeriesInstanceUID=${String(ofStudy)}&SOPInstanceUID=${String(SOPInstanceUID)}`;
    await openWhileItComes(second!, named, '2 images');
    await page.locator('.viewport[data-count="2"][data-shown="1"]').waitFor();
  });

  test('a series that comes while it is asked for in vain is shown all the same', async () => {
    const [alone] = [...ctSeries({ seed: 'come meanwhile', number: 7, slices: 1 })];
    await openWhileItComes(alone!, `SeriesInstanceUID=${String(alone!.attributes['SeriesInstanceUID'])}`, '1 image');
    await page.locator('.viewport[data-count="1"][data-shown="0"]').waitFor();
  });

  test('a frame that its instance does not have is looked for once, and said once, whatever else comes', async () => {
    const [first, ...others] = [...ctSeries({ seed: 'no such frame', number: 8, slices: 3 })];
    const { StudyInstanceUID: study, SeriesInstanceUID: ofStudy, SOPInstanceUID } = first!.attributes;
    expect(await viewer.store(dicomFile(first!.attributes))).toBe(true);
    const read: string[] = [];
    page.on('request', (request) => request.url().endsWith('/metadata') && read.push(request.url()));
    const named = `SeriesInstanceUID=${String(ofStudy)}&SOPInstanceUID=${String(SOPInstanceUID)}&FrameNumber=2`;
    await page.goto(viewer.address(`/viewer?StudyInstanceUIDs=${String(study)}&${named}`));
    await page.getByRole('alert').getByText('has no frame of the number asked for').waitFor();
    await page.getByRole('alert').evaluate((alert) => (alert.id = 'said-once'));
    for (const { attributes } of others) {
      const SeriesInstanceUID = `${String(attributes['SOPInstanceUID'])}.1`;
      const before = await page.locator('.series').count();
      expect(await viewer.store(dicomFile({ ...attributes, SeriesInstanceUID }))).toBe(true);
      await expect.poll(() => page.locator('.series').count()).toBe(before + 1);
    }
    expect(read).toHaveLength(1);
    await page.locator('#said-once').waitFor();
    expect(await isBlank()).toBe(true);
  });

  test.skipIf(!hasCorpus)('a segmentation is shown, a frame a picture', async () => {
    await openFile('modality/seg/liver.dcm');
    await page.locator('.viewport[data-count="3"][data-shown="0"]').waitFor();
  });

  test('an image that the archive refuses: why, by each status, and tried again it comes', async () => {
    const answers = [
      [404, /The archive does not have this.*open it again/],
      [503, /The archive is busy or out of space. Try again in a minute/],
      [500, /The archive failed while answering. Try again/],
      [403, /not allowed to do this. Ask the administrator/],
    ] as const;
    let [status] = answers[0] as [number, RegExp];
    const refuse = (route: Route) =>
      route.fulfill({ status, contentType: 'application/problem+json', body: '{"detail":"a reason of the archive"}' });
    await page.route('**/frames/1', refuse);
    await openSlice();
    const notice = page.getByRole('alert');
    const retry = notice.getByRole('button', { name: 'Try again' });
    for (const [next, sentence] of answers) {
      if (next !== status) {
        status = next;
        await retry.click();
      }
      await notice.filter({ hasText: sentence }).filter({ hasText: 'a reason of the archive' }).waitFor();
      expect(await isBlank(), String(status)).toBe(true);
    }
    await page.unroute('**/frames/1', refuse);
    await retry.click();
    await untilShown(page, 0);
  });

  /** Takes away what is posted to a worker: what comes first, or what it is told to do. */
  const loseMessages = (on: Page, lost: 'first' | 'APPLY') =>
    on.addInitScript((lost) => {
      const post = Worker.prototype.postMessage;
      const known = new WeakSet<Worker>();
      Worker.prototype.postMessage = function (message: { type?: string }, ...others: never[]) {
        const isFirst = !known.has(this);
        known.add(this);
        if (lost === 'first' ? isFirst : message.type === lost) return void Reflect.set(globalThis, 'isLost', true);
        post.call(this, message, ...others);
      };
    }, lost);

  test.skipIf(!hasCorpus)(
    'an image whose worker loses what comes first, as in Safari 16 is shown all the same',
    async () => {
      await loseMessages(page, 'first');
      await openFile('syntax/jpeg-2000/CT1_J2KR');
      await untilShown(page, 0);
      expect(await framesAsked()).toBe(1);
    },
  );

  test.skipIf(!hasCorpus)('an image whose worker never decodes is shown all the same', async () => {
    // All pages of a browser have one clock, so this one is alone in its own.
    await using apart = await viewer.openApart();
    const { page, complaints } = await apart.open();
    await page.clock.install();
    await loseMessages(page, 'APPLY');
    let asked = 0;
    page.on('request', (request) => (asked += /\/frames\/\d+$/.test(request.url()) ? 1 : 0));
    await openFile('syntax/jpeg-2000/CT1_J2KR', page);
    await page.waitForFunction(() => 'isLost' in globalThis);
    await page.clock.fastForward(25_000);
    await untilShown(page, 0);
    expect(asked).toBe(2);
    expect(complaints).toEqual([]);
  });

  test.skipIf(!hasCorpus)(
    'an image is decoded also where a worker never hears that a WebAssembly is compiled',
    async () => {
      await page.route('**/decoding-worker-*.js', async (route) => {
        const response = await route.fetch();
        const deaf = 'WebAssembly.instantiate = WebAssembly.instantiateStreaming = () => new Promise(() => {});';
        await route.fulfill({ response, body: `${deaf}\n${await response.text()}` });
      });
      await openFile('syntax/jpeg-2000/CT1_J2KR');
      await untilShown(page, 0);
      expect(await framesAsked()).toBe(1);
    },
  );

  test('a session that ends while an image is on its way asks for the password, then the image comes', async () => {
    const refuse = (route: Route) =>
      route.fulfill({ status: 401, contentType: 'application/problem+json', body: '{}' });
    await page.route('**/frames/1', async (route) => {
      await viewer.browser.context.clearCookies();
      await refuse(route);
      await page.unroute('**/frames/1');
    });
    await openSlice();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Password', { exact: true }).fill(password);
    await dialog.getByRole('button', { name: 'Sign in' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await untilShown(page, 0);
  });

  test.each([
    [
      'en',
      /Image 6 cannot be shown.*cannot be reached. Check the network.*goes on by itself when the network is back/s,
    ],
    [
      'vi',
      /Chưa hiển thị được ảnh 6.*Không kết nối được với kho ảnh. Kiểm tra mạng.*Khi có mạng trở lại, ảnh tự tải tiếp/s,
    ],
  ])(
    'a line that is cut while a series is scrolled (%s): which image did not come and why; all of it comes by itself when the line is back',
    async (language, sentence) => {
      await viewer.openList();
      await page.evaluate((chosen) => localStorage.setItem('lightbox.language', chosen), language);
      let [isCut, isBack] = [false, false];
      const cutOr = (go: (route: Route) => unknown) => async (route: Route) =>
        void (isCut ? await route.abort('internetdisconnected').catch(() => {}) : await go(route));
      await page.route(
        '**/*',
        cutOr((route) => route.continue()),
      );
      // After the first image, until the line is cut, none gets through.
      const held: Route[] = [];
      let asked = 0;
      await page.route(
        '**/frames/*',
        cutOr((route) => (asked++ === 0 || isBack ? route.continue() : void held.push(route))),
      );
      const { StudyInstanceUID, SeriesInstanceUID } = series[0]!.attributes;
      await open(String(StudyInstanceUID), String(SeriesInstanceUID));
      await untilShown(page, 0);
      await expect.poll(() => held.length).toBeGreaterThan(0);
      isCut = true;
      // Who no longer waits for one has taken it back.
      await Promise.all(held.map((route) => route.abort('internetdisconnected').catch(() => {})));
      await page.keyboard.press('End');
      await expect.poll(() => page.getByRole('alert').innerText()).toMatch(sentence);
      // What stands behind the words is the image that was there, and is called so.
      expect(await page.locator('.viewport').getAttribute('data-shown')).toBe('0');
      [isCut, isBack] = [false, true];
      await untilShown(page, 5);
      await page.locator('progress[value="6"]').waitFor();
      expect(await page.getByRole('alert').count()).toBe(0);
      await page.evaluate(() => localStorage.setItem('lightbox.language', 'en'));
    },
  );

  test('pixels of another transfer syntax than announced, or fewer or more than described: so it says, each time', async () => {
    const inSyntax = (syntax: string) => ({ type: `application/octet-stream; transfer-syntax=${syntax}` });
    const otherSyntax = 'in another transfer syntax than the one announced';
    const otherNumber = 'does not match its description';
    // By turns, so that what is said is news.
    const answers = [
      ['JPEG-LS, where the metadata announced uncompressed', otherSyntax, inSyntax('1.2.840.10008.1.2.4.80')],
      ['too few', otherNumber, { body: (body: Buffer) => body.subarray(0, -2) }],
      ['RLE, likewise', otherSyntax, inSyntax('1.2.840.10008.1.2.5')],
      ['too many', otherNumber, { body: (body: Buffer) => Buffer.concat([body, Buffer.alloc(2)]) }],
    ] as const;
    // On a slow line, as the last test may have left it, JPEG-LS is what is asked for.
    await page.addInitScript(() => localStorage.setItem('lightbox.line', 'fast'));
    let change: { type?: string; body?: (body: Buffer) => Buffer } = answers[0][2];
    await page.route('**/frames/1', async (route) => {
      const response = await route.fetch();
      const { type = response.headers()['content-type']!, body = (same) => same } = change;
      await route.fulfill({ response, headers: { 'Content-Type': type }, body: body(await response.body()) });
    });
    await openSlice();
    const notice = page.getByRole('alert');
    for (const [at, [what, sentence, how]] of answers.entries()) {
      change = how;
      if (at > 0) await notice.getByRole('button', { name: 'Try again' }).click();
      await expect.poll(() => notice.getByText(sentence).count(), { message: what }).toBe(1);
      expect(await isBlank(), what).toBe(true);
    }
  });
});
