/** The sending page and "send to …" of the study list, as an administrator uses them. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDestination, type TestDestination } from '#archive/scp/test-destination.ts';
import { ctSeries } from '#samples/ct.ts';
import { dicomFile } from '#samples/write.ts';
import { freePort } from '../free-port.ts';
import { dayAt, zoneOfNoon } from '../day-at-the-site.ts';
import { hasChromium } from './chromium.ts';
import { axeFindings, openedViewer } from './opened-viewer.ts';
import { expectFocus, post } from './pages.ts';

const timeZone = zoneOfNoon();
const shots = process.env['SCREENSHOTS'];

describe.skipIf(!hasChromium)('sending', () => {
  let destination: TestDestination;
  const viewer = openedViewer({
    settings: async () => {
      destination = await openDestination({ aeTitle: 'ORDERROOM' });
      return {
        DEVICES: `ORDERROOM@127.0.0.1:${destination.port},AWAY@127.0.0.1:${await freePort()}`,
        SITE_TIME_ZONE: timeZone,
      };
    },
    browser: { waitsLess: true },
  });
  beforeAll(async () => {
    const files = [...ctSeries({ seed: 'sending', number: 1, slices: 3 })];
    expect(await viewer.store(...files.map(({ attributes }) => dicomFile(attributes)))).toBe(true);
  });
  afterAll(() => destination?.[Symbol.asyncDispose]());

  test('a study is sent from the list, its state is seen, and one that fails says why and is stopped', async () => {
    const { page, complaints } = viewer;
    await viewer.openList();
    const name = await page.locator('.patient-name').innerText();
    const send = async (to: RegExp) => {
      await page.getByRole('button', { name: /^Send the study of/ }).click();
      const dialog = page.getByRole('dialog');
      // Another one of the list may have that name.
      await dialog.getByText(await page.locator('.patient-id').innerText()).waitFor();
      await dialog.getByRole('option').first().waitFor({ state: 'attached' });
      const label = (await dialog.getByRole('option').allTextContents()).find((option) => to.test(option));
      await dialog.getByLabel('Send to').selectOption({ label: label! });
      await dialog.getByRole('button', { name: 'Send' }).click();
      await dialog.getByText('Put into the queue').waitFor();
      const focused = page.locator(':focus');
      await dialog.getByRole('button', { name: 'Close' }).and(focused).click();
      await page
        .getByRole('button', { name: /^Send the study of/ })
        .and(focused)
        .waitFor();
    };
    await send(/ORDERROOM/);
    await send(/AWAY/);
    await page.getByRole('link', { name: 'Sending' }).click();
    const done = page.getByRole('listitem').filter({ hasText: 'to ORDERROOM' });
    await done.getByRole('heading').getByText(name).waitFor();
    await done.getByText('CT', { exact: true }).waitFor();
    await done.getByText(/^Study of /).waitFor();
    // No dot is left alone where a line ends: they are drawn between the facts of one line.
    expect(await done.innerText()).not.toContain('·');
    await done.getByText('3 of 3 images sent').waitFor();
    await done.getByText('Sent', { exact: true }).waitFor();
    expect(destination.received).toHaveLength(3);
    await done.getByRole('button', { name: 'Send again' }).click();
    await expect.poll(() => destination.received.length).toBe(6);
    await done.getByText('3 of 3 images sent').waitFor();
    await done.getByText('Sent', { exact: true }).waitFor();
    await expectFocus(page, 'li, li *', /ORDERROOM|Send again/, 'It is being sent again.');
    const away = page.getByRole('listitem').filter({ hasText: 'to AWAY' });
    await away.getByText(/Last try: .*nothing listens at this port.*\(3 images\)/).waitFor();
    await away.getByText(/ECONNREFUSED/).waitFor(); // for whoever helps
    await page.getByRole('button', { name: 'Tiếng Việt' }).click();
    await page.getByText(/Lần thử gần nhất: .*không mở cổng này.*\(3 ảnh\)/).waitFor();
    await page.getByRole('button', { name: 'English' }).click();
    expect(await axeFindings(page)).toEqual([]);
    await away.getByRole('button', { name: 'Stop' }).click();
    await away.getByText('Cancelled').waitFor();
    await expectFocus(page, 'li', 'to AWAY', 'It is not sent any more.');
    // Found by where it went and whose it is.
    const box = page.getByRole('searchbox');
    await box.fill('orderroom');
    await away.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'All 1' }).waitFor();
    await box.fill('nobody');
    await page.getByText('No send matches.').waitFor();
    await box.fill('');
    await away.waitFor();
    // Whoever searches on types on.
    await box.and(page.locator(':focus')).waitFor();
    expect(new URL(page.url()).search).toBe('');
    if (shots !== undefined)
      for (const [width, colorScheme] of [
        [1280, 'light'],
        [360, 'dark'],
      ] as const) {
        await page.setViewportSize({ width, height: 800 });
        await page.emulateMedia({ colorScheme });
        await writeFile(join(shots, `sends-${width}.png`), await page.screenshot());
      }
    await done.getByRole('link', { name: `Open the study of ${name}` }).click();
    await page.waitForURL((url) => url.pathname === '/viewer');
    expect(complaints).toEqual([]);
  });

  test('what is asked for while the archive is away is refused in one line, and can be asked for again', async () => {
    const { page, complaints } = viewer;
    await viewer.openList();
    await page.getByRole('link', { name: 'Sending' }).click();
    const away = page.getByRole('listitem').filter({ hasText: 'to AWAY' });
    const again = away.getByRole('button', { name: 'Send again' });
    await again.waitFor();
    // Where the head of the list is out of sight.
    await page.setViewportSize({ width: 1280, height: 400 });
    await page.route('**/api/sends/**', (route) => route.abort());
    const isReadInVain = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/search'));
    await again.click();
    await isReadInVain;
    await away.locator('button:not([aria-disabled=true])').waitFor();
    const said = page.getByRole('alert').filter({ hasText: 'The archive cannot be reached' });
    expect(await said.count()).toBe(1);
    const [top, bottom] = await said.evaluate((line) => {
      const { top, bottom } = line.getBoundingClientRect();
      return [top, innerHeight - bottom];
    });
    expect(Math.min(top!, bottom!)).toBeGreaterThan(0);
    await page.unroute('**/api/sends/**');
    await again.click();
    await said.waitFor({ state: 'detached' });
    await away.getByRole('button', { name: 'Stop' }).click();
    await away.getByText('Cancelled').waitFor();
    expect(complaints).toEqual([]);
  });

  test('a page that is merely open asks nothing, and shows by itself what others did', async () => {
    const { page, lightbox } = viewer;
    const asked: string[] = [];
    page.on('request', (request) => {
      if (request.url().endsWith('/search')) asked.push(request.url());
    });
    await page.clock.install();
    await viewer.openList();
    // Both times together stay below the minute of silence after which the page would take the stream of news for broken and open
    // another one: the archive's beats come by its own clock.
    const expectNothingAsked = async () => {
      await page.clock.runFor(4_000); // what it heard when it began to listen
      await page.waitForLoadState('networkidle');
      const before = asked.length;
      await page.clock.runFor(11_000);
      expect(asked.slice(before)).toEqual([]);
    };

    await page.locator('.live').waitFor();
    await page.getByRole('link', { name: 'Worklist' }).click();
    await page.getByText('Nothing is scheduled').waitFor();
    await expectNothingAsked();
    await post(lightbox.address, '/api/worklist', {
      PatientName: 'WAITED^FOR',
      PatientID: 'W1',
      Modality: 'CT',
      ScheduledProcedureStepStartDate: dayAt(timeZone),
    });
    await page.getByText('WAITED FOR').waitFor();

    await page.getByRole('link', { name: 'Sending' }).click();
    const away = page.getByRole('listitem').filter({ hasText: 'to AWAY' });
    await away.getByText('Cancelled').waitFor();
    await expectNothingAsked();
    const found = await post(lightbox.address, '/api/sends/search', { text: 'away' });
    const { sends } = found as { sends: { id: number }[] };
    await post(lightbox.address, `/api/sends/${sends[0]!.id}/repeat`, {});
    await away.getByText('Waiting', { exact: true }).waitFor();
  });

  test('a rule is added, changed and removed', async () => {
    const { page, complaints } = viewer;
    await viewer.openList();
    await page.getByRole('link', { name: 'Sending' }).click();
    await page.getByRole('button', { name: 'Add a rule' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name of the rule').fill('CT by night');
    await dialog.getByLabel('Modalities').fill('ct, mr');
    await dialog.getByLabel('From', { exact: true }).fill('22:00');
    expect(await axeFindings(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByRole('alert').waitFor(); // half of the hours
    await dialog.getByLabel('Until').fill('05:00');
    await dialog.getByLabel('Coming from AE titles').fill('CT1, AWAY@10.0.0.9');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText('The page Devices has no AWAY@10.0.0.9.').waitFor();
    await dialog.getByLabel('Coming from AE titles').fill('CT1, AWAY@127.0.0.1');
    await dialog.getByRole('button', { name: 'Save' }).click();
    const rule = page.getByRole('listitem').filter({ hasText: 'CT by night' });
    await rule.getByText('CT, MR from CT1, AWAY@127.0.0.1 → AWAY (only from 22:00 to 05:00)').waitFor();
    await rule.getByRole('button', { name: 'Edit' }).click();
    expect(await dialog.getByLabel('Priority').inputValue()).toBe('medium');
    expect(await dialog.getByLabel('Send to').locator('option:checked').textContent()).toMatch(/^AWAY/);
    await dialog.getByLabel('State').selectOption('Switched off');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await rule.getByText('Switched off').waitFor();
    // Its device is blocked: nothing goes elsewhere unless somebody says so.
    await page.route('**/api/devices', async (route) => {
      const answer = await route.fetch();
      const registry = (await answer.json()) as { devices: { aeTitle: string }[] };
      const devices = registry.devices.map((each) => (each.aeTitle === 'AWAY' ? { ...each, state: 'refused' } : each));
      await route.fulfill({ response: answer, json: { ...registry, devices } });
    });
    await page.reload();
    await rule.getByText('AWAY takes no images any more').waitFor();
    await rule.getByRole('button', { name: 'Edit' }).click();
    expect(await dialog.getByLabel('Send to').inputValue()).toBe('');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await rule.getByRole('button', { name: 'Remove' }).click();
    await dialog.getByRole('button', { name: 'Remove the rule' }).click();
    await page.getByText('No rules yet.').waitFor();
    await expectFocus(page, 'h2', 'Rules', 'The rule is removed.');
    expect(complaints).toEqual([]);
  });
});
