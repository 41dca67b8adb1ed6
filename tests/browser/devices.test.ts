/** The page of devices in a browser: what is entered in each field of the form is there again when the device is edited, and who waits. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { limits } from '#settings/limits.ts';
import { hasStorescp, startStorescp } from '../storescp.ts';
import { hasChromium } from './chromium.ts';
import { axeFindings, openedViewer, password } from './opened-viewer.ts';
import { post } from './pages.ts';

const fingerprint = 'c0ffee'.repeat(10) + 'abcd';

/** By the name of each field: none as a new device has it. */
const first = {
  aeTitle: 'CT_PHONG_3',
  host: '10.1.2.3',
  port: '11112',
  state: 'refused',
  room: 'Phòng 3, tầng 2',
  description: 'CT 64 lát cắt',
  services: ['store', 'worklist'],
  tls: true,
  tlsSubject: 'ct3.bv.local',
  tlsFingerprint: fingerprint,
  userIdentity: 'required',
  characterSet: 'ISO_IR 13\\ISO 2022 IR 87',
  defaultIssuer: 'BVX',
  onOtherBytes: 'replace',
  wantsAvailability: true,
};
type Entered = typeof first;
/** Another value in every field, and nothing where there may be none. */
const second: Entered = {
  aeTitle: 'CT_PHONG_4',
  host: 'ct4.bv.local',
  port: '',
  state: 'approved',
  room: '',
  description: '',
  services: ['query-retrieve', 'mpps', 'commitment'],
  tls: false,
  tlsSubject: '',
  tlsFingerprint: '',
  userIdentity: 'optional',
  characterSet: '\\ISO 2022 IR 149',
  defaultIssuer: '',
  onOtherBytes: 'keep-first',
  wantsAvailability: false,
};
const choices = new Set(['state', 'userIdentity', 'characterSet', 'onOtherBytes']);

describe.skipIf(!hasChromium)('the page of devices', () => {
  const viewer = openedViewer({ settings: { DIMSE_TRUST_LOOPBACK: '0' }, browser: { waitsLess: true } });

  const field = (page: Page, name: string, value = '') =>
    page.getByRole('dialog').locator(`[name="${name}"]${value === '' ? '' : `[value="${value}"]`}`);

  async function enter(page: Page, entered: Entered): Promise<void> {
    await openFurther(page);
    for (const [name, value] of Object.entries(entered)) {
      if (typeof value === 'boolean') await field(page, name).setChecked(value);
      else if (choices.has(name)) await field(page, name).selectOption(value as string);
      else if (typeof value === 'string') await field(page, name).fill(value);
    }
    for (const each of await servicesOf(page))
      await field(page, 'services', each).setChecked(entered.services.includes(each));
  }

  const servicesOf = (page: Page) =>
    field(page, 'services').evaluateAll((boxes) => boxes.map((box) => (box as unknown as { value: string }).value));

  async function shown(page: Page): Promise<Record<string, unknown>> {
    await openFurther(page);
    const found: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(first)) {
      if (typeof value === 'boolean') found[name] = await field(page, name).isChecked();
      else if (typeof value === 'string') found[name] = await field(page, name).inputValue();
    }
    const services = await servicesOf(page);
    const ticked = await Promise.all(services.map((each) => field(page, 'services', each).isChecked()));
    return { ...found, services: services.filter((_, at) => ticked[at]) };
  }

  async function openFurther(page: Page): Promise<void> {
    const further = page.getByRole('dialog').locator('details.further');
    if (!(await further.evaluate((details) => (details as unknown as { open: boolean }).open)))
      await further.locator('summary').click();
  }

  async function save(page: Page): Promise<void> {
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  }

  test('keeps what is entered in each of its fields, and changes it', async () => {
    const { page } = viewer;
    await viewer.signIn();
    await page.addInitScript(() => localStorage.setItem('lightbox.language', 'en'));
    await page.goto(viewer.address('/devices'));
    await page.getByRole('button', { name: 'Add a device' }).first().click();
    await enter(page, first);
    expect(await axeFindings(page)).toEqual([]);
    await save(page);

    // From the archive, not from what the page remembers.
    for (const [before, after] of [
      [first, second],
      [second, undefined],
    ] as const) {
      await page.reload();
      await page.getByRole('button', { name: `Edit ${before.aeTitle}` }).click();
      expect(await shown(page)).toEqual(before);
      if (!after) break;
      await enter(page, after);
      await save(page);
    }
    const answer = await fetch(viewer.address('/api/devices'), {
      headers: { authorization: `Basic ${Buffer.from(`admin:${password}`).toString('base64')}` },
    });
    const { devices } = (await answer.json()) as { devices: Record<string, unknown>[] };
    expect(devices).toMatchObject([{ ...second, port: null, tlsSubject: null, tlsFingerprint: null }]);
    expect(viewer.complaints).toEqual([]);
  });

  test('says what is wrong with a fingerprint, although its field was folded away', async () => {
    const { page } = viewer;
    await viewer.signIn();
    await page.addInitScript(() => localStorage.setItem('lightbox.language', 'vi'));
    await page.goto(viewer.address('/devices'));
    await page.getByRole('button', { name: 'Thêm thiết bị' }).first().click();
    await field(page, 'aeTitle').fill('MR1');
    await field(page, 'host').fill('10.1.2.4');
    await openFurther(page);
    await field(page, 'tlsFingerprint').fill('ab:cd');
    await page.getByRole('dialog').locator('details.further summary').click();
    await page.getByRole('button', { name: 'Lưu', exact: true }).click();
    await expect.poll(() => field(page, 'tlsFingerprint').isVisible()).toBe(true);
    expect(await axeFindings(page)).toEqual([]);
    await page.getByRole('dialog').waitFor();
  });

  test.skipIf(!hasStorescp)('says of a device that answers whether it has ever called here', async () => {
    await using storescp = await startStorescp([]);
    const place = { aeTitle: 'PACS9', host: '127.0.0.1', port: storescp.port };
    const device = { ...place, state: 'approved', defaultIssuer: '', onOtherBytes: 'keep-first' };
    await post(viewer.lightbox.address, '/api/devices', device);
    const { page } = viewer;
    await viewer.signIn();
    await page.addInitScript(() => localStorage.setItem('lightbox.language', 'en'));
    const said = page.locator('.test.good');
    const ask = async () => {
      await page.goto(viewer.address('/devices'));
      await page.getByRole('button', { name: 'Test the connection to PACS9' }).click();
      await said.waitFor();
      return said.innerText();
    };
    expect(await ask()).toMatch(/The connection is good\. But it has never called here\. .* AE title LIGHTBOX,/);
    expect(await axeFindings(page)).toEqual([]);
    const [host, port] = viewer.lightbox.dicom.split('@')[1]!.split(':') as [string, string];
    await promisify(execFile)('echoscu', ['-aet', 'PACS9', '-aec', 'LIGHTBOX', host, port]);
    expect(await ask()).toMatch(/The connection is good\.$/);
  });

  test('says how often an earlier caller gave way to a later one, and what to do', async () => {
    const [host, port] = viewer.lightbox.dicom.split('@')[1]!.split(':') as [string, string];
    for (let n = 0; n < limits.access.waitingDevicesPerAddress + 2; n++)
      await expect(promisify(execFile)('echoscu', ['-aet', `NEW${n}`, '-aec', 'LIGHTBOX', host, port])).rejects.toThrow(
        'Command failed',
      );
    const { page } = viewer;
    await viewer.signIn();
    await page.addInitScript(() => localStorage.setItem('lightbox.language', 'en'));
    await page.goto(viewer.address('/devices'));
    for (const [language, said] of [
      ['en', /The list keeps 200 machines, and 20 of one address: .* to a later one 2 times\. .*“Add a device”/],
      ['vi', /Danh sách chỉ giữ 200 máy, và 20 máy từ một địa chỉ: .* 2 lần .*“Thêm thiết bị”/],
    ] as const) {
      if (language === 'vi') await page.getByRole('button', { name: 'Tiếng Việt' }).click();
      await page.getByText(said).waitFor();
      expect(await axeFindings(page)).toEqual([]);
    }
    expect(viewer.complaints).toEqual([]);
  });
});
