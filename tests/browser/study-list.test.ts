/**
 * The study list and the administrators' pages in a browser: a whole Lightbox, DCMTK as the modalities, Chromium as the
 * ward's PC, and as a phone.
 */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { associate } from '#archive/scp/test-attributes.ts';
import { performedStepSOPClass } from '#dicom/data/sop-class.ts';
import { openDatabase } from '#index/database.ts';
import { ctSeries } from '#samples/ct.ts';
import { dicomFile, type Attributes } from '#samples/write.ts';
import { performedStepBegun, performedStepCompleted, wrongEntrySelected } from '../performed-steps.ts';
import { until, type RunningLightbox } from '../running-lightbox.ts';
import { hasChromium, type Browser } from './chromium.ts';
import { axeFindings, openedViewer, password } from './opened-viewer.ts';
import { openList } from './viewer-pages.ts';

const run = promisify(execFile);
/** A directory for pictures of what is tested. */
const shots = process.env['SCREENSHOTS'];
/** More than a page of the list. */
const studies = 120;

let lightbox: RunningLightbox;
let browser: Browser;
let page: Page;
let complaints: string[];

describe.skipIf(!hasChromium)('the study list in a browser', () => {
  const viewer = openedViewer({ settings: { DIMSE_TRUST_LOOPBACK: '0' } });

  beforeAll(() => {
    ({ lightbox, browser } = viewer);
  });

  beforeEach(() => {
    ({ page, complaints } = viewer);
  });

  const address = (path = '/') => new URL(path, lightbox.address).href;
  const box = () => page.getByRole('searchbox');
  const rows = () => page.locator('.study-table tbody tr');
  const howMany = () => page.locator('.how-many');
  /** As a scanner does: no key waits for what came of the one before it. */
  const scan = (code: string) =>
    Promise.all(
      [...code, 'Enter'].map((key) =>
        key === 'Enter' || key < '\x7f' ? page.keyboard.press(key) : page.keyboard.insertText(key),
      ),
    );

  /** By STOW-RS (PS3.18 10.5), one instance of each study, without its pixels. Studies that are there stay as they are. */
  async function store(from: number, count: number, more: Attributes = {}): Promise<string[]> {
    const samples = Array.from({ length: count }, (_, at) => {
      const [sample] = ctSeries({ seed: 'list', number: from + at, slices: 1 });
      const { PixelData: _pixels, ...attributes } = sample!.attributes;
      return { ...attributes, ...more };
    });
    const parts = samples.flatMap((attributes) => [
      Buffer.from('--part\r\nContent-Type: application/dicom\r\n\r\n'),
      dicomFile(attributes),
      Buffer.from('\r\n'),
    ]);
    const answer = await fetch(address('/dicom-web/studies'), {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`,
        'content-type': 'multipart/related; type="application/dicom"; boundary=part',
      },
      body: Buffer.concat([...parts, Buffer.from('--part--\r\n')]),
    });
    expect(answer.status).toBe(200);
    return samples.map(({ StudyInstanceUID }) => String(StudyInstanceUID));
  }

  async function post(path: string, body: object): Promise<unknown> {
    const authorization = `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`;
    const headers = { authorization, 'content-type': 'application/json' };
    const answer = await fetch(address(path), { method: 'POST', headers, body: JSON.stringify(body) });
    expect(answer.ok).toBe(true);
    return answer.json();
  }

  let filled: Promise<string[]> | undefined;
  const fill = () => (filled ??= store(0, studies));

  test('a study that arrives shows up in every open tab, and all tabs together hold one stream', async () => {
    const streams: string[] = [];
    browser.context.on('request', (request) => {
      if (new URL(request.url()).pathname === '/api/events') streams.push(request.url());
    });
    await openList(page, lightbox.address, password);
    await page.getByText('No studies yet').waitFor();
    const { page: second } = await browser.open();
    await second.goto(lightbox.address);
    await second.getByText('No studies yet').waitFor();
    const [study] = await store(0, 1);
    for (const tab of [page, second]) {
      await tab.locator(`tr[data-study="${study}"]`).waitFor();
      await tab.locator('.live').waitFor();
    }
    expect(streams).toHaveLength(1);

    // The tab that listened is closed: another takes over, and misses nothing.
    await page.close();
    const [next] = await store(1, 1);
    await second.locator(`tr[data-study="${next}"].news`).waitFor();
    await second.locator('.live').waitFor();
    expect(streams).toHaveLength(2);
    await second.close();
  });

  test('where tabs cannot agree on one of them (plain HTTP to another machine), a tab that is looked at listens itself', async () => {
    await page.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, 'locks'));
    await openList(page, lightbox.address, password);
    await page.locator('.live').waitFor();
    const [study] = await store(2, 1);
    await page.locator(`tr[data-study="${study}"].news`).waitFor();
    expect(complaints).toEqual([]);
  });

  test('the list can be used by everybody, on a wide screen and on a phone, bright and dark, in both languages', async () => {
    await openList(page, lightbox.address, password);
    // Before it is filled: a hundred rows say no more of a row than three, and take minutes.
    await expectUsable('/');
    expect(await rows().count()).toBeGreaterThan(0);
  });

  test('the search box has the focus, takes a name without accents, and a scanned card that ends with Enter', async () => {
    await fill();
    await openList(page, lightbox.address, password);
    expect(await box().evaluate((element) => element === document.activeElement)).toBe(true);
    await page.keyboard.type('hue dang');
    await howMany().getByText('15 studies').waitFor();
    expect(await rows().first().innerText()).toContain('ĐẶNG THỊ HUỆ');

    // The focus is somewhere else; the next card replaces what was typed.
    await page.getByLabel('Modality').focus();
    await page.locator('h1').evaluate(() => (document.activeElement as HTMLElement).blur());
    await scan('LIGHTBOX-100004|012345678|Phạm Đức Thiện|01011990|Nam|Hà Nội|01012022');
    await howMany().getByText('1 study', { exact: true }).waitFor();
    expect(await rows().first().innerText()).toContain('LIGHTBOX-100004');
    expect(await box().inputValue()).toBe('LIGHTBOX-100004');
    expect(complaints).toEqual([]);
  });

  test('a card that is scanned while a filter has the focus is searched for by its number, and the filter stays', async () => {
    await fill();
    await openList(page, lightbox.address, password);
    await howMany().getByText(`${studies} studies`).waitFor();
    // Its letters would choose from the list, the blanks open it.
    for (const [field, value] of [
      ['Modality', 'CT'],
      ['Study date', 'any'],
    ] as const) {
      if (value === 'CT') await page.getByLabel(field).selectOption(value);
      await page.getByLabel(field).focus();
      await scan('LIGHTBOX-100004|012345678|Pham Duc Thien|01011990|Nam|Ha Noi|01012022');
      await howMany().getByText('1 study', { exact: true }).waitFor();
      expect(await rows().first().innerText()).toContain('LIGHTBOX-100004');
      expect(await box().inputValue()).toBe('LIGHTBOX-100004');
      expect(await box().evaluate((element) => element === document.activeElement)).toBe(true);
      expect(await page.getByLabel(field).inputValue()).toBe(value);
      await box().fill('');
      await howMany().getByText(`${studies} studies`).waitFor();
    }
    // The link that had the focus is not followed by the code's Enter.
    await rows().nth(3).locator('a').first().focus();
    await scan('LIGHTBOX-100005');
    await howMany().getByText('1 study', { exact: true }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/');
    expect(complaints).toEqual([]);
  });

  test('filters narrow the list, and what finds nothing says what to do', async () => {
    await fill();
    await openList(page, lightbox.address, password);
    await howMany().getByText(`${studies} studies`).waitFor();
    await page.getByLabel('Modality').selectOption('MR');
    await page.getByText('No study matches').waitFor();
    await page.getByRole('button', { name: 'Remove all filters' }).click();
    await howMany().getByText(`${studies} studies`).waitFor();
    await page.getByLabel('State').selectOption({ label: 'Needs a check' });
    await page.getByText('No study matches').waitFor();
    await page.getByLabel('State').selectOption({ label: 'All' });
    await page.getByLabel('Study date').selectOption({ label: 'Choose dates…' });
    await page.getByLabel('From').fill('2025-06-01');
    await page.getByLabel('To', { exact: true }).fill('2025-06-30');
    const days = () =>
      rows().evaluateAll((all) => all.map((row) => /\w+ 2025/.exec((row as HTMLElement).innerText)?.[0]));
    await expect.poll(async () => [...new Set(await days())]).toEqual(['Jun 2025']);
  });

  test('scrolling brings the rest, page by page, and each study once', async () => {
    await fill();
    await openList(page, lightbox.address, password);
    await rows().first().waitFor();
    expect(await rows().count()).toBeLessThan(studies);
    for (let shown = await rows().count(); shown < studies; shown = await rows().count()) {
      await rows().last().scrollIntoViewIfNeeded();
      await rows().nth(shown).waitFor();
    }
    const uids = await rows().evaluateAll((all) => all.map((row) => (row as HTMLElement).dataset['study']));
    expect(new Set(uids).size).toBe(studies);
    expect(await page.getByRole('button', { name: 'Show more' }).count()).toBe(0);
  });

  test('arrow keys walk the rows, slash goes back to the box, Enter opens', async () => {
    await fill();
    await openList(page, lightbox.address, password);
    await rows().nth(2).waitFor();
    const at = () => page.evaluate(() => document.activeElement?.closest('tr')?.dataset['study']);
    const uids = await rows().evaluateAll((all) => all.map((row) => (row as HTMLElement).dataset['study']));
    await page.keyboard.press('ArrowDown');
    expect(await at()).toBe(uids[0]);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    expect(await at()).toBe(uids[1]);
    await page.keyboard.press('/');
    expect(await box().evaluate((element) => element === document.activeElement)).toBe(true);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.searchParams.get('StudyInstanceUIDs') === uids[0]);
  });

  test('who comes back from a study stands on its row, as far down as before', async () => {
    await fill();
    await openList(page, lightbox.address, password);
    await rows().nth(40).scrollIntoViewIfNeeded();
    const row = rows().nth(40);
    const study = await row.getAttribute('data-study');
    await row.getByRole('link').click();
    await page.waitForURL((url) => url.pathname === '/viewer');
    await page.keyboard.press('Escape');
    await box().waitFor();
    const inView = () =>
      page.locator(`tr[data-study="${study}"]`).evaluate((element) => {
        const { top, bottom } = element.getBoundingClientRect();
        return [top >= 0 && bottom <= innerHeight, element.contains(document.activeElement)];
      });
    expect(await inView()).toEqual([true, true]);
    await row.getByRole('link').click();
    await page.waitForURL((url) => url.pathname === '/viewer');
    await page.goBack();
    await box().waitFor();
    await expect.poll(inView).toEqual([true, true]);
  });

  test('rows do not move away under the mouse that points at one; what came is there when it has gone', async () => {
    await openList(page, lightbox.address, password);
    await page.locator('.live').waitFor();
    await rows().nth(1).waitFor();
    const before = await rows().nth(1).getAttribute('data-study');
    const { x, y, width, height } = (await rows().nth(1).boundingBox())!;
    await page.mouse.move(x + width / 2, y + height / 2);
    const [study] = await store(200, 1, { StudyDate: '20991231' });
    // Somebody's hand is never quite still.
    let isThere = false;
    const told = page.getByText('new ones are shown when the mouse leaves the list');
    for (let step = 0; !isThere; step++) {
      await page.mouse.move(x + width / 2 + (step % 2), y + height / 2);
      isThere = (await told.count()) > 0;
      expect(await rows().nth(1).getAttribute('data-study')).toBe(before);
    }
    await page.mouse.move(x, 1);
    await page.locator(`tr[data-study="${study}"]`).waitFor();
    expect(await rows().nth(2).getAttribute('data-study')).toBe(before);
    expect(await told.count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test('a session that ends is asked for again over the page: what was typed is kept, what was asked for comes', async () => {
    await fill();
    await openList(page, lightbox.address, password);
    await rows().first().waitFor();
    await browser.context.clearCookies();
    await box().fill('dat tran');
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Password', { exact: true }).fill(password);
    await dialog.getByRole('button', { name: 'Sign in' }).click();
    await howMany().getByText('15 studies').waitFor();
    expect(await box().inputValue()).toBe('dat tran');
    expect(await dialog.isVisible()).toBe(false);
  });

  test('a modality that nobody knows waits, is approved by one click, and told what to change when it does not answer', async () => {
    const [host, port] = lightbox.dicom.split('@')[1]!.split(':') as [string, string];
    const echo = () => run('echoscu', ['-aet', 'NEWCT', '-aec', 'LIGHTBOX', host, port]);
    await expect(echo()).rejects.toThrow('Command failed');
    await openList(page, lightbox.address, password);
    await page.getByRole('link', { name: 'Devices' }).click();
    await page.getByRole('heading', { name: 'Waiting for approval' }).waitFor();
    await page.getByText('Wants to: test the connection').waitFor();
    await page.getByRole('button', { name: 'Approve NEWCT' }).click();
    await page.getByRole('heading', { name: 'Registered' }).waitFor();
    // What the last caller was told is remembered for a second.
    await until(() =>
      echo().then(
        () => true,
        () => false,
      ),
    );

    await page.getByRole('button', { name: 'Test the connection to NEWCT' }).click();
    await page.getByText('It is not known where to call').waitFor();
    await page.getByRole('button', { name: 'Edit NEWCT' }).click();
    // Our own door: it answers to another name only.
    await page.getByRole('spinbutton', { name: 'Port' }).fill(port);
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText(`127.0.0.1:${port}`).waitFor();
    await page.getByRole('button', { name: 'Test the connection to NEWCT' }).click();
    await page.getByText('The device says that its AE title is not NEWCT.').waitFor();

    await page.getByRole('button', { name: 'Remove NEWCT' }).click();
    await page.getByRole('button', { name: 'Remove the device' }).click();
    await page.getByText('No devices yet').waitFor();
    expect(complaints).toEqual([]);
  });

  test('the status page says in words that everything works', async () => {
    await openList(page, lightbox.address, password);
    await page.getByRole('link', { name: 'Status' }).click();
    await page.getByText('PostgreSQL', { exact: true }).waitFor();
    await page.getByRole('row', { name: /^Make previews/ }).waitFor();
    expect(await page.getByRole('heading', { name: /Everything works|Something needs you/ }).count()).toBe(1);
    expect(complaints).toEqual([]);
  });

  test('a device that was never told of storage commitment is named on the status page, with what to do', async () => {
    const { databaseUrl } = JSON.parse(await readFile(join(viewer.directory, 'data/run.json'), 'utf8')) as {
      databaseUrl: string;
    };
    await using database = openDatabase(databaseUrl, { max: 1, applicationName: 'test' });
    await database.pool.query(
      `INSERT INTO site.commitment (transaction_uid, calling_ae_title, requested, state, error, next_at)
       VALUES ('2.25.1', 'CT9', '[["1.2", "1.2.3"]]', 'given-up', $1, now())`,
      [{ code: 'connectionRefused', reason: 'connect ECONNREFUSED' }],
    );
    await openList(page, lightbox.address, password);
    await page.getByRole('link', { name: 'Status' }).click();
    await page.getByText('CT9 could not be told that images are safely stored').waitFor();
    await page.getByText('1 request, since').waitFor();
    await page.getByText('nothing listens at this port').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Tiếng Việt' }).click();
    await page.getByText('Không báo được cho CT9 rằng ảnh đã lưu an toàn').waitFor();
    await page.getByText('Máy có trong mạng nhưng không mở cổng này').waitFor();
    await page.getByRole('button', { name: 'Thử lại tất cả' }).click();
    await page.getByText('Xác nhận lưu trữ chưa báo được').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'English' }).click();
    expect(complaints).toEqual([]);
  });

  test('while the database is away, the status page says so in words', async () => {
    await openList(page, lightbox.address, password);
    await page.route('**/api/status', (route) => route.fulfill({ status: 503, json: { detail: 'away' } }));
    await page.route('**/health/ready', (route) => route.fulfill({ status: 503, json: { database: 'failed' } }));
    await page.goto(address('/status'));
    await page.getByText('The database does not answer').waitFor();
  });

  test('somebody is scheduled, a modality reads the worklist, and what it performs shows up by itself', async () => {
    await openList(page, lightbox.address, password);
    await page.getByRole('link', { name: 'Worklist' }).click();
    await page.getByText('Nothing is scheduled').waitFor();
    await page.getByRole('button', { name: 'Schedule' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('Đặng Thị Huệ');
    await dialog.getByLabel('Patient ID').fill('BN-77');
    await dialog.getByLabel('Modality').selectOption('MR');
    await dialog.getByLabel('Time').fill('09:30');
    await dialog.getByLabel('Procedure').fill('MRI sọ não');
    await dialog.getByRole('button', { name: 'Save entry' }).click();
    const entry = page.locator('.step', { hasText: 'Đặng Thị Huệ' });
    await entry.getByText('Scheduled', { exact: true }).waitFor();
    expect(await entry.textContent()).toContain('09:30');
    // What was chosen is there again when the entry is changed.
    await entry.getByRole('button', { name: /^Edit / }).click();
    expect(await dialog.getByLabel('Modality').inputValue()).toBe('MR');
    await dialog.getByLabel('Procedure').fill('MRI sọ não có tiêm');
    await dialog.getByRole('button', { name: 'Save entry' }).click();
    await entry.getByText('MRI sọ não có tiêm').waitFor();
    expect(await entry.textContent()).toContain('MR');
    await page.getByRole('searchbox').fill('hue dang');
    await entry.getByRole('button', { name: /^Arrived/ }).click();
    await entry.locator('.state-arrived').waitFor();
    await page.getByRole('searchbox').fill('nobody');
    await page.getByText('Nothing is scheduled').waitFor();
    await page.getByRole('searchbox').fill('');

    // The modality begins: MPPS N-CREATE, discontinued for the wrong entry, so that it waits again.
    const device = {
      aeTitle: 'ASKS',
      host: '127.0.0.1',
      port: null,
      state: 'approved',
      defaultIssuer: '',
      onOtherBytes: 'keep-first',
    };
    await post('/api/devices', device);
    const { steps } = (await post('/api/worklist/search', {})) as { steps: { attributes: Record<string, unknown> }[] };
    await using modality = await associate(Number(lightbox.dicom.split(':')[1]), performedStepSOPClass);
    expect(await modality.ask(...performedStepBegun(steps[0]!.attributes, '2.25.77'))).toMatchObject({ Status: 0 });
    await entry.locator('.state-started').waitFor();
    expect(await modality.ask(...wrongEntrySelected('2.25.77'))).toMatchObject({ Status: 0 });
    await entry.locator('.state-scheduled').waitFor();
    await entry.getByRole('button', { name: /^Cancel: / }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel entry' }).click();
    await page.getByText('Nothing is scheduled').waitFor();
    await page.getByLabel('Completed and cancelled too').check();
    await entry.locator('.state-cancelled').waitFor();
    expect(complaints).toEqual([]);
  });

  test('what a modality says that it made and never came is told in its row, with what to do, until it comes', async () => {
    const { today } = (await post('/api/worklist/search', {})) as { today: string };
    const { attributes } = (await post('/api/worklist', {
      PatientName: 'Trần^Thị Bình',
      PatientID: 'BN-78',
      Modality: 'CT',
      ScheduledProcedureStepStartDate: today,
    })) as { attributes: Record<string, unknown> };
    const device = { aeTitle: 'CT7', host: '127.0.0.1', port: null, state: 'approved' };
    await post('/api/devices', { ...device, defaultIssuer: '', onOtherBytes: 'keep-first' });
    await using modality = await associate(Number(lightbox.dicom.split(':')[1]), performedStepSOPClass, {
      callingAETitle: 'CT7',
    });
    const [sample] = ctSeries({ seed: 'list', number: 900, slices: 1 });
    const images = [String(sample!.attributes['SOPInstanceUID']), '2.25.4711'];
    expect(await modality.ask(...performedStepBegun(attributes, '2.25.78'))).toMatchObject({ Status: 0 });
    expect(await modality.ask(...performedStepCompleted('2.25.78', images))).toMatchObject({ Status: 0 });

    await openList(page, lightbox.address, password);
    await page.goto(address('/worklist'));
    await page.getByLabel('Completed and cancelled too').check();
    const entry = page.locator('.step', { hasText: 'BN-78' });
    await entry.getByText('CT7 says that it made 2 images; of these, 2 did not come.').waitFor();
    await entry.getByText('CT7 ended the step without saying its end time.').waitFor();
    for (const [width, colorScheme] of [
      [1280, 'light'],
      [360, 'dark'],
    ] as const) {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme });
      expect([width, await axeFindings(page)]).toEqual([width, []]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBe(0);
      if (shots !== undefined)
        await writeFile(join(shots, `worklist-missing-${width}.png`), await page.screenshot({ fullPage: true }));
    }
    await page.setViewportSize({ width: 1280, height: 800 });
    await store(900, 1);
    await entry.getByText('CT7 says that it made 2 images; of these, 1 did not come.').waitFor();
    await page.getByRole('button', { name: 'Tiếng Việt' }).click();
    await entry.getByText('CT7 báo đã tạo 2 ảnh, nhưng 1 ảnh chưa về kho.').waitFor();
    await entry.getByText('mà không ghi giờ kết thúc').waitFor();
    await page.getByRole('button', { name: 'English' }).click();
    expect(complaints).toEqual([]);
  });

  test('each other page can be used by everybody, on a wide screen and on a phone, bright and dark, in both languages', async () => {
    await openList(page, lightbox.address, password);
    await expectUsable('/worklist', '/upload', '/devices', '/sends', '/rejections', '/status');
  });

  /** On a phone and on a wide screen, bright and dark, in both languages: loaded on the phone, then widened. */
  async function expectUsable(...paths: string[]): Promise<void> {
    for (const path of paths)
      for (const [language, ...screens] of [
        ['vi', [360, 'dark'], [1280, 'light']],
        ['en', [360, 'light'], [1920, 'dark']],
      ] as const) {
        await page.setViewportSize({ width: screens[0][0], height: 800 });
        await page.evaluate((chosen) => localStorage.setItem('lightbox.language', chosen), language);
        await page.goto(address(path));
        await page.locator('main :is(h1, h2, p, td)').first().waitFor({ state: 'attached' });
        await page.waitForLoadState('load');
        for (const [width, colorScheme] of screens) {
          await page.setViewportSize({ width, height: 800 });
          await page.emulateMedia({ colorScheme });
          const where = `${path} at ${width}, ${colorScheme}, ${language}`;
          expect([where, await axeFindings(page)]).toEqual([where, []]);
          const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          expect([where, overflow]).toEqual([where, 0]);
        }
      }
  }
});
