/**
 * The administrators' pages in a browser (devices, status, worklist): a whole Lightbox, DCMTK as a modality, Chromium as a PC and
 * as a phone.
 */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { associate } from '#archive/scp/test-attributes.ts';
import { performedStepSOPClass } from '#dicom/data/sop-class.ts';
import { openDatabase } from '#index/database.ts';
import { ctSeries } from '#samples/ct.ts';
import { limits } from '#settings/limits.ts';
import { zoneOfNoon } from '../day-at-the-site.ts';
import { performedStepBegun, performedStepCompleted, wrongEntrySelected } from '../performed-steps.ts';
import { until, type RunningLightbox } from '../running-lightbox.ts';
import { whichWays } from '../thorough.ts';
import { hasChromium } from './chromium.ts';
import { axeFindings, openedViewer, password } from './opened-viewer.ts';
import { expectFocus, expectReadable, expectUsable, post, storeStudies } from './pages.ts';
import { openList } from './viewer-pages.ts';

const run = promisify(execFile);
/** A directory for pictures of what is tested. */
const shots = process.env['SCREENSHOTS'];

let lightbox: RunningLightbox;
let page: Page;
let complaints: string[];

describe.skipIf(!hasChromium)('the pages of administrators in a browser', () => {
  const viewer = openedViewer({
    settings: { DIMSE_TRUST_LOOPBACK: '0', SITE_TIME_ZONE: zoneOfNoon() },
    browser: { waitsLess: true },
  });

  beforeAll(() => {
    ({ lightbox } = viewer);
  });

  beforeEach(() => {
    ({ page, complaints } = viewer);
  });

  const address = (path = '/') => new URL(path, lightbox.address).href;
  async function open(path: string): Promise<void> {
    await viewer.signIn();
    await page.goto(address(path));
  }

  test('a modality that nobody knows waits, is approved by one click, and told what to change when it does not answer', async () => {
    const [host, port] = lightbox.dicom.split('@')[1]!.split(':') as [string, string];
    const echo = () => run('echoscu', ['-aet', 'NEWCT', '-aec', 'LIGHTBOX', host, port]);
    await expect(echo()).rejects.toThrow('Command failed');
    await open('/upload');
    await page.getByRole('link', { name: 'Devices' }).click();
    await page.getByRole('heading', { name: 'Waiting for approval' }).waitFor();
    await page.getByText('Wants to: test the connection').waitFor();
    await page.getByRole('button', { name: 'Approve NEWCT' }).click();
    await page.getByRole('heading', { name: 'Registered' }).waitFor();
    await expectFocus(page, '[aria-labelledby=registered] li', 'NEWCT', 'NEWCT is approved.');
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
    await page
      .getByRole('dialog')
      .getByText(/^(\d+\.){3}\d+$/)
      .waitFor();
    await page.getByRole('button', { name: 'Remove the device' }).click();
    await page.getByText('No devices yet').waitFor();
    await expectFocus(page, 'h1', 'Devices', 'NEWCT is removed.');
    expect(complaints).toEqual([]);
  });

  test('a caller that nobody wants is blocked without being let in first', async () => {
    const [host, port] = lightbox.dicom.split('@')[1]!.split(':') as [string, string];
    const refused = run('echoscu', ['-aet', 'UNWANTED', '-aec', 'LIGHTBOX', host, port]);
    await expect(refused).rejects.toThrow('Command failed');
    await open('/devices');
    await page.getByRole('button', { name: 'Remove UNWANTED' }).click();
    await page.getByText('When it calls again, it shows up here again.').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Edit UNWANTED' }).click();
    const form = page.getByRole('dialog');
    // What is entered of it while it waits lets nobody in.
    expect(await form.getByLabel('State').inputValue()).toBe('waiting');
    await form.getByLabel('State').selectOption('refused');
    await form.getByRole('button', { name: 'Save' }).click();
    const registered = page.getByRole('region', { name: 'Registered' });
    await registered.getByText('Blocked').waitFor();
    await page.getByRole('button', { name: 'Remove UNWANTED' }).click();
    await page.getByRole('button', { name: 'Remove the device' }).click();
    await registered.waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
  });

  test('on a phone, why a form was not taken is in sight, and every button stays in one line', async () => {
    const device = { aeTitle: 'TWICE', host: '127.0.0.1', port: 104, state: 'approved' };
    const { id } = (await post(lightbox.address, '/api/devices', {
      ...device,
      defaultIssuer: '',
      onOtherBytes: 'keep-first',
    })) as { id: number };
    await page.setViewportSize({ width: 360, height: 640 });
    await page.addInitScript(() => localStorage.setItem('lightbox.language', 'vi'));
    await open('/devices');
    const buttons = page.locator('.device .actions button');
    await buttons.first().waitFor();
    expect(await buttons.evaluateAll((all) => new Set(all.map((each) => each.clientHeight)).size)).toBe(1);
    await page.getByRole('button', { name: 'Thêm thiết bị' }).click();
    const form = page.getByRole('dialog');
    await form.getByLabel('AE title').fill('TWICE');
    const host = form.getByLabel('Địa chỉ');
    await host.fill('127.0.0.1 hoặc 127.0.0.2');
    await form.getByRole('button', { name: 'Lưu' }).click();
    // The browser says it at the field.
    expect(await host.evaluate((field: HTMLInputElement) => field.validity.patternMismatch)).toBe(true);
    const isAddress = async (entered: string) => {
      await host.fill(entered);
      return host.evaluate((field: HTMLInputElement) => field.validity.valid);
    };
    for (const wrong of ['10.0.0.999', '10.0.0', '10.0.0.1.2']) expect(await isAddress(wrong)).toBe(false);
    for (const right of ['10.1.0.0/16', 'ct1.bv.local', 'fd00::7']) expect(await isAddress(right)).toBe(true);
    await host.fill('127.0.0.1');
    await form.getByRole('button', { name: 'Lưu' }).click();
    const reason = form.getByRole('alert');
    await reason.waitFor();
    await expect
      .poll(() =>
        reason.evaluate((each) => {
          const { top, bottom } = each.getBoundingClientRect();
          const { top: from, bottom: to } = each.closest('dialog')!.getBoundingClientRect();
          return top >= from && bottom <= to;
        }),
      )
      .toBe(true);
    if (shots !== undefined) await writeFile(join(shots, 'device-twice-360.png'), await page.screenshot());
    await page.evaluate(() => localStorage.removeItem('lightbox.language'));
    await page.request.delete(address(`/api/devices/${id}`), { headers: { origin: new URL(address()).origin } });
    expect(complaints).toEqual([]);
  });

  test('who may only look at images has the list alone, and is told what is not allowed', async () => {
    const lightboxScript = fileURLToPath(new URL('../../lightbox.ts', import.meta.url));
    const { stdout } = await run(process.execPath, [lightboxScript, 'account', 'add', 'Nguyễn Thị Hoa'], {
      env: { PATH: process.env['PATH'], DATA_DIR: join(viewer.directory, 'data') },
    });
    await openList(page, lightbox.address, password);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Account name').fill('nguyễn thị hoa');
    await page.getByLabel('Password', { exact: true }).fill(stdout.trim());
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('searchbox').waitFor();
    expect(await page.getByRole('navigation').getByRole('link').allInnerTexts()).toEqual(['Studies']);
    await page.goto(address('/status'));
    const denied = page.getByRole('alert');
    await denied.filter({ hasText: 'Your account is not allowed to do this' }).waitFor();
    // What the archive says of it beside that is for programs.
    expect(await denied.locator('p').count()).toBe(1);
    expect(await axeFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Account name').waitFor();
    expect(complaints).toEqual([]);
  });

  test('the status page says in words that everything works', async () => {
    await open('/upload');
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
    // Else the page hears what was found for the one before it, and the rest with the next beat.
    await delay(limits.status.alertsRememberedMs);
    await open('/upload');
    // Whatever page an administrator has open says that something waits.
    await page.getByRole('link', { name: 'Status: something needs you' }).click();
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

  test('a job that failed is shown with its cause and what to do, and done when it is tried again', async () => {
    const [study] = await storeStudies(lightbox.address, 980, 1);
    const { databaseUrl } = JSON.parse(await readFile(join(viewer.directory, 'data/run.json'), 'utf8')) as {
      databaseUrl: string;
    };
    await using database = openDatabase(databaseUrl, { max: 1, applicationName: 'test' });
    const owed = () => database.pool.query(`SELECT FROM index.owed`).then(({ rowCount }) => rowCount);
    await until(async () => (await owed()) === 0);
    // As the worker leaves them: tried, failed, and not due before two minutes.
    await database.pool.query(
      `INSERT INTO index.owed (job, key, generation, tried_generation, tried_at, attempts, error, failed_at)
       SELECT job, e.id, 1, 1, now(), 1, jsonb_build_object('code', code, 'reason', reason), now()
       FROM index.series e JOIN index.study s ON s.id = e.study, (VALUES
         ('thumbnail', 'objectMissing', 'no object i/2026/x'),
         ('series-metadata', 'storageFull', 'no space left for ' || repeat('object-d/2026/y', 20))) AS failed (job, code, reason)
       WHERE s.study_instance_uid = $1`,
      [study],
    );
    await open('/status');
    const lines = page.locator('.failed-job');
    const preview = lines.filter({ hasText: 'Make previews' });
    await preview.getByText('Run lightbox verify, which names it').waitFor();
    await preview.getByText('no object i/2026/x').waitFor();
    await lines.getByText('The storage has no space left. Free or add space').waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Tiếng Việt' }).click();
    await lines.getByText('Kho ảnh hết chỗ. Hãy giải phóng hoặc thêm dung lượng').waitFor();
    await page.getByRole('button', { name: 'English' }).click();
    // A reason is as long as a path of the store may be.
    await page.setViewportSize({ width: 360, height: 800 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);

    await preview.getByRole('button', { name: 'Try again' }).click();
    await preview.waitFor({ state: 'detached' });
    expect(await lines.count()).toBe(1);
    await expectFocus(page, '.failed-job', 'The storage has no space left', 'It is tried again.');
    await page.getByRole('button', { name: 'Try all again' }).click();
    await page.getByRole('heading', { name: 'Jobs that failed' }).waitFor({ state: 'detached' });
    await expectFocus(page, 'h2', 'Background work', 'It is tried again.');
    // The worker has done them: nothing was wrong with the images.
    await until(async () => (await owed()) === 0);
    expect(complaints).toEqual([]);
  });

  test('while the database is away, the status page says so in words', async () => {
    await viewer.signIn();
    await page.route('**/api/status', (route) => route.fulfill({ status: 503, json: { detail: 'away' } }));
    const databaseSince = '2026-11-30T10:30:00.000Z';
    const health = { database: 'failed', databaseSince };
    await page.route('**/health/ready', (route) => route.fulfill({ status: 503, json: health }));
    await page.goto(address('/status'));
    await page.getByText(/The database does not answer.*\(since 30 Nov 2026/).waitFor();
    // An archive of the release before, which says nothing of that yet.
    await page.route('**/health/ready', (route) => route.fulfill({ status: 503, json: { database: 'failed' } }));
    await page.reload();
    await page.getByText(/The database does not answer/).waitFor();
    expect(await page.getByText(/\(since/).count()).toBe(0);
  });

  test('while nothing can be stored, the status page says why, since when, and what to do', async () => {
    let since: string | undefined = '2026-11-30T10:30:00.000Z';
    await viewer.signIn();
    await page.route('**/api/status', async (route) => {
      const answer = await route.fetch();
      const found = (await answer.json()) as { storage: object };
      const storage = { ...found.storage, state: 'failed', fault: 'readOnly', since };
      await route.fulfill({ response: answer, json: { ...found, storage, alerts: ['storageFailed'] } });
    });
    await page.goto(address('/status'));
    await page.getByText(/storage does not work.*lets this disk only be read.*\(since 30 Nov 2026/).waitFor();
    since = undefined; // an archive of the release before
    await page.reload();
    await page.getByText(/storage does not work.*lets this disk only be read/).waitFor();
    expect(await page.getByText(/\(since/).count()).toBe(0);
  });

  /** What the archive says of itself, with this in it. */
  async function sayOfStatus(more: object): Promise<void> {
    await page.route('**/api/status', async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, json: { ...((await answer.json()) as object), ...more } });
    });
  }

  test('while the access record cannot be written, the status page says since when, and what to do', async () => {
    await viewer.signIn();
    await sayOfStatus({ recordLostSince: '2026-11-30T10:30:00.000Z', alerts: ['recordLost'] });
    await page.goto(address('/status'));
    await page.getByText(/access record .*cannot be written.*ACCESS_LOG_DIR.*\(since 30 Nov 2026/).waitFor();
    await page.getByRole('button', { name: 'Tiếng Việt' }).click();
    await page.getByText(/Không ghi được nhật ký truy cập.*ACCESS_LOG_DIR/).waitFor();
    await page.getByRole('button', { name: 'English' }).click();
  });

  test('while nothing works in the background, the status page says since when', async () => {
    await viewer.signIn();
    await sayOfStatus({ workerAwaySince: '2026-11-30T10:30:00.000Z', alerts: ['workerAway'] });
    await page.goto(address('/status'));
    await page.getByText(/The background program does not run.*\(since 30 Nov 2026/).waitFor();
  });

  test('somebody is scheduled, a modality reads the worklist, and what it performs shows up by itself', async () => {
    await openList(page, lightbox.address, password);
    await page.getByRole('link', { name: 'Worklist' }).click();
    await page.getByText('Nothing is scheduled').waitFor();
    // Of what is typed nothing is said before that is answered.
    const searches = '**/api/worklist/search';
    const answered = Promise.withResolvers<void>();
    await page.route(searches, async (route) => {
      await answered.promise;
      await route.continue().catch(() => {}); // a look that was given up meanwhile
    });
    const asked = page.waitForRequest(searches);
    await page.getByRole('searchbox').fill('nobody');
    await asked;
    await page.getByText('Nothing is scheduled').waitFor();
    answered.resolve();
    await page.getByText('No entry matches').waitFor();
    await page.unroute(searches);
    await page.getByRole('searchbox').fill('');
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
    // On a day that is not shown: that it was saved is said all the same.
    await dialog.getByLabel('Date', { exact: true }).fill('2031-02-03');
    await dialog.getByRole('button', { name: 'Save entry' }).click();
    await page.getByRole('status').getByText('The entry of Đặng Thị Huệ for 03 Feb 2031 is saved.').waitFor();
    await page.getByRole('button', { name: 'Show it' }).click();
    await entry.getByText('MRI sọ não có tiêm').waitFor();
    expect(await entry.textContent()).toContain('MR');
    await page.getByRole('searchbox').fill('hue dang');
    await entry.getByRole('button', { name: /^Arrived/ }).click();
    await entry.locator('.state-arrived').waitFor();
    await expectFocus(page, '.step', 'Đặng Thị Huệ', 'Đặng Thị Huệ has arrived.');
    await entry.getByRole('button', { name: /^Not here/ }).click();
    await expectFocus(page, '.step', 'Đặng Thị Huệ', 'Đặng Thị Huệ has not arrived.');
    await entry.locator('.state-scheduled').waitFor();
    await page.getByRole('status').getByText('1 entry', { exact: true }).waitFor();
    await page.getByRole('searchbox').fill('nobody');
    await page.getByRole('status').getByText('No entry matches').waitFor();
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
    await post(lightbox.address, '/api/devices', device);
    const { steps } = (await post(lightbox.address, '/api/worklist/search', {})) as {
      steps: { attributes: Record<string, unknown> }[];
    };
    await using modality = await associate(Number(lightbox.dicom.split(':')[1]), performedStepSOPClass);
    expect(await modality.ask(...performedStepBegun(steps[0]!.attributes, '2.25.77'))).toMatchObject({ Status: 0 });
    await entry.locator('.state-started').waitFor();
    expect(await modality.ask(...wrongEntrySelected('2.25.77'))).toMatchObject({ Status: 0 });
    await entry.locator('.state-scheduled').waitFor();
    await entry.getByRole('button', { name: /^Cancel: / }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel entry' }).click();
    await page.getByText('Nothing is scheduled').waitFor();
    await expectFocus(page, 'h1', 'Worklist', 'The entry of Đặng Thị Huệ is cancelled.');
    await page.getByLabel('Completed and cancelled too').check();
    await entry.locator('.state-cancelled').waitFor();
    expect(complaints).toEqual([]);
  });

  test('a name that a program entered is shown without its carets, and keeps them when something else is changed', async () => {
    const { today } = (await post(lightbox.address, '/api/worklist/search', {})) as { today: string };
    await post(lightbox.address, '/api/worklist', {
      PatientName: 'LÝ^VĂN NAM',
      PatientID: 'BN-91',
      PatientSex: 'U',
      Modality: 'CT',
      ScheduledStationAETitle: ['CT1', 'CT2'],
      ScheduledProcedureStepStartDate: today,
    });
    await open('/worklist');
    const entry = page.locator('.step', { hasText: 'LÝ VĂN NAM' });
    const dialog = page.getByRole('dialog');
    const change = async (label: string, words: string) => {
      await entry.getByRole('button', { name: /^Edit / }).click();
      expect(await dialog.getByLabel('Name').inputValue()).toBe('LÝ VĂN NAM');
      await dialog.getByLabel(label).fill(words);
      await dialog.getByRole('button', { name: 'Save entry' }).click();
      await dialog.waitFor({ state: 'detached' });
    };
    const kept = async () => {
      const { steps } = (await post(lightbox.address, '/api/worklist/search', { text: 'BN-91' })) as {
        steps: { attributes: Record<string, unknown> }[];
      };
      return steps.map(({ attributes }) => attributes);
    };
    const others = { PatientSex: 'U', ScheduledStationAETitle: ['CT1', 'CT2'], CurrentPatientLocation: 'Khoa Nội' };
    await change('Ward, room', 'Khoa Nội');
    expect(await kept()).toMatchObject([{ PatientName: 'LÝ^VĂN NAM', ...others }]);
    await change('Name', 'LÝ VĂN NAM ANH');
    expect(await kept()).toMatchObject([{ PatientName: 'LÝ VĂN NAM ANH', ...others }]);
    await entry.getByRole('button', { name: /^Cancel: / }).click();
    await dialog.getByText('BN-91 · CT', { exact: true }).waitFor();
    await dialog.getByRole('button', { name: 'Cancel entry' }).click();
    await entry.waitFor({ state: 'detached' });
  });

  test('why something was not done stays to be read, though the list is read again and shows what others did', async () => {
    const { today } = (await post(lightbox.address, '/api/worklist/search', {})) as { today: string };
    const { id } = (await post(lightbox.address, '/api/worklist', {
      PatientName: 'Vũ^Thị Mai',
      PatientID: 'BN-80',
      Modality: 'CT',
      ScheduledProcedureStepStartDate: today,
    })) as { id: number };
    await open('/worklist');
    const entry = page.locator('.step', { hasText: 'BN-80' });
    await entry.waitFor();
    // Somebody else cancels it while the page does not know yet.
    let letGo = () => {};
    const held = new Promise<void>((resolve) => (letGo = resolve));
    await page.route('**/api/worklist/search', async (route) => {
      await held;
      await route.continue().catch(() => {}); // a look that was given up meanwhile
    });
    await post(lightbox.address, `/api/worklist/${id}/cancel`, {});
    await entry.getByRole('button', { name: /^Arrived/ }).click();
    const warning = page.getByRole('alert').filter({ hasText: 'the entry is cancelled' });
    await warning.waitFor();
    const isReadAgain = page.waitForResponse('**/api/worklist/search');
    letGo();
    await isReadAgain;
    await entry.waitFor({ state: 'detached' });
    expect(await axeFindings(page)).toEqual([]);
    await warning.getByRole('button', { name: 'Close' }).click();
    await warning.waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
  });

  test('nobody is taken back to a row that goes, who has left it or reads on somewhere else', async () => {
    const { today } = (await post(lightbox.address, '/api/worklist/search', {})) as { today: string };
    const ids: number[] = [];
    for (let at = 0; at < 9; at += 1) {
      const step = { PatientID: `GONE-${at}`, Modality: 'CT', ScheduledProcedureStepStartDate: today };
      const ScheduledProcedureStepStartTime = `0${at}0000`;
      const scheduled = await post(lightbox.address, '/api/worklist', {
        ...step,
        PatientName: 'Gone^Soon',
        ScheduledProcedureStepStartTime,
      });
      ids.push((scheduled as { id: number }).id);
    }
    await page.setViewportSize({ width: 1280, height: 300 });
    await open('/worklist');
    const entry = (at: number) => page.locator('.step', { hasText: `GONE-${at}` });
    const focused = () => page.evaluate(() => document.activeElement?.closest('li, body')?.tagName);
    for (const [at, leaves] of [true, false].entries()) {
      await entry(at).getByRole('button', { name: /^Edit/ }).focus();
      await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
      if (leaves) await page.mouse.click(3, 150);
      expect(await focused()).toBe(leaves ? 'BODY' : 'LI');
      await post(lightbox.address, `/api/worklist/${ids[at]}/cancel`, {});
      await entry(at).waitFor({ state: 'detached' });
      expect(await focused()).toBe(leaves ? 'BODY' : 'LI');
      expect(await page.evaluate(() => document.documentElement.scrollHeight - scrollY - innerHeight)).toBeLessThan(2);
    }
    for (const id of ids.slice(2)) await post(lightbox.address, `/api/worklist/${id}/cancel`, {});
    await page.setViewportSize({ width: 1280, height: 800 });
    expect(complaints).toEqual([]);
  });

  test('what a modality says that it made and never came is told in its row, with what to do, until it comes', async () => {
    const { today } = (await post(lightbox.address, '/api/worklist/search', {})) as { today: string };
    const { attributes } = (await post(lightbox.address, '/api/worklist', {
      PatientName: 'Trần^Thị Bình',
      PatientID: 'BN-78',
      Modality: 'CT',
      ScheduledProcedureStepStartDate: today,
    })) as { attributes: Record<string, unknown> };
    const device = { aeTitle: 'CT7', host: '127.0.0.1', port: null, state: 'approved' };
    await post(lightbox.address, '/api/devices', { ...device, defaultIssuer: '', onOtherBytes: 'keep-first' });
    await using modality = await associate(Number(lightbox.dicom.split(':')[1]), performedStepSOPClass, {
      callingAETitle: 'CT7',
    });
    const [sample] = ctSeries({ seed: 'list', number: 900, slices: 1 });
    const images = [String(sample!.attributes['SOPInstanceUID']), '2.25.4711'];
    expect(await modality.ask(...performedStepBegun(attributes, '2.25.78'))).toMatchObject({ Status: 0 });
    expect(await modality.ask(...performedStepCompleted('2.25.78', images))).toMatchObject({ Status: 0 });

    await open('/worklist');
    await page.getByLabel('Completed and cancelled too').check();
    const entry = page.locator('.step', { hasText: 'BN-78' });
    await entry.getByText('CT7 says that it made 2 images; of these, 2 did not come.').waitFor();
    await entry.getByText('Series CT: 0 of 2 images are here').waitFor();
    await entry.getByText('Operator: Lê Hoà').waitFor();
    // It was scheduled for a day, at no time.
    expect(await entry.locator('.step-when').innerText()).not.toContain(':');
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
    await storeStudies(lightbox.address, 900, 1);
    await entry.getByText('CT7 says that it made 2 images; of these, 1 did not come.').waitFor();
    await page.getByRole('button', { name: 'Tiếng Việt' }).click();
    await entry.getByText('CT7 báo đã tạo 2 ảnh, nhưng 1 ảnh chưa về kho.').waitFor();
    await entry.getByText('Chuỗi CT: đã có 1 / 2 ảnh').waitFor();
    await entry.getByText('mà không ghi giờ kết thúc').waitFor();
    await page.getByRole('button', { name: 'English' }).click();
    expect(complaints).toEqual([]);
  });

  test('where an administrator can go stands in one line on a screen of any width, on a phone in one of its own, in both languages', async () => {
    await page.addInitScript(() => localStorage.setItem('lightbox.language', 'vi'));
    await open('/upload');
    await page.locator('h1').waitFor();
    for (const language of ['vi', 'en']) {
      await page.setViewportSize({ width: 1280, height: 800 });
      if (language === 'en') await page.getByRole('button', { name: 'English' }).click();
      await page.locator('.own > span').evaluate((own) => {
        (own.firstChild as Text).data = 'Bs CKII Nguyễn Thị Phương Thảo';
      });
      for (const width of [
        1920, 1541, 1540, 1280, 1276, 1275, 1000, 881, 880, 768, 746, 745, 640, 481, 480, 360, 320,
      ]) {
        await page.setViewportSize({ width, height: 800 });
        const { height, tooWide, covered, named } = await page.locator('.page-header').evaluate((header) => {
          const edges = (selector: string) => header.querySelector(selector)!.getBoundingClientRect();
          return {
            height: header.clientHeight,
            tooWide: header.scrollWidth - header.clientWidth,
            covered: header.clientHeight > 55 ? 0 : Math.max(0, edges('nav').right - edges('.page-header-end').left),
            named: [...header.querySelectorAll('nav a')].filter((link) => (link as HTMLElement).innerText !== '')
              .length,
          };
        });
        expect([language, width, height, tooWide, covered]).toEqual([language, width, width > 480 ? 55 : 99, 0, 0]);
        expect([width, named]).toEqual([width, width > 880 ? 7 : 0]);
      }
    }
    await page.evaluate(() => localStorage.removeItem('lightbox.language'));
  });

  test(`each other page can be used by everybody, on a wide screen and on a phone, bright and dark, in both languages, ${whichWays}`, async () => {
    await openList(page, lightbox.address, password);
    await expectUsable(page, lightbox.address, '/worklist', '/upload', '/devices', '/sends', '/rejections', '/status');
  });

  test(`each form can be used by everybody, on a wide screen and on a phone, bright and dark, ${whichWays}`, async () => {
    const device = { aeTitle: 'FORMS', host: '127.0.0.1', port: 104, state: 'approved' };
    await post(lightbox.address, '/api/devices', { ...device, defaultIssuer: '', onOtherBytes: 'keep-first' });
    const { today } = (await post(lightbox.address, '/api/worklist/search', {})) as { today: string };
    const step = { PatientName: 'Lê^Văn Form', PatientID: 'BN-79', Modality: 'CT' };
    await post(lightbox.address, '/api/worklist', { ...step, ScheduledProcedureStepStartDate: today });
    await viewer.signIn();
    for (const [path, button, more] of [
      ['/devices', 'Add a device', 'Further settings'],
      ['/devices', 'Edit FORMS', undefined],
      ['/devices', 'Remove FORMS', undefined],
      ['/worklist', 'Schedule', undefined],
      ['/worklist', /^Edit .*Lê/i, undefined],
      ['/worklist', /^Cancel: .*Lê/i, undefined],
      ['/sends', 'Add a rule', undefined],
    ] as const) {
      await page.goto(address(path));
      await page.getByRole('button', { name: button }).click();
      const form = page.getByRole('dialog');
      if (more !== undefined) await form.getByText(more).click();
      await form.waitFor();
      expect(await form.locator('.actions.end button').last().evaluate(isInSight), `${path}, ${button}`).toBe(true);
      await expectReadable(page, `${path}, ${button}`);
    }
    expect(complaints).toEqual([]);
  });
});

/** Nothing has to be scrolled to click it. */
function isInSight(element: Element): boolean {
  const { left, right, top, bottom } = element.getBoundingClientRect();
  const there = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
  return bottom <= window.innerHeight && element.contains(there);
}
