/** Who logs in, kept in the browser: the page of accounts, everybody's own password, and what a doctor's account sees of both. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { openDatabase } from '#index/database.ts';
import { whichWays } from '../thorough.ts';
import { type Browser, hasChromium, openBrowser } from './chromium.ts';
import { until } from '../running-lightbox.ts';
import { axeFindings, openedViewer, password, withoutWorker } from './opened-viewer.ts';
import { expectFocus, expectReadable, expectUsable, post } from './pages.ts';

/** A directory for pictures of what is tested. */
const shots = process.env['SCREENSHOTS'];

describe.skipIf(!hasChromium)('the accounts in a browser', () => {
  const viewer = openedViewer({ settings: withoutWorker });
  let page: Page;
  /** Of somebody else's. */
  let other: Browser;
  beforeAll(async () => {
    other = await openBrowser();
  });
  afterAll(() => other?.[Symbol.asyncDispose]());
  beforeEach(() => void ({ page } = viewer));

  const address = (path = '/') => viewer.address(path);
  const row = (name: string) => page.locator('.device', { hasText: name });
  const dialog = () => page.getByRole('dialog');

  async function openAccounts(): Promise<void> {
    await viewer.signIn();
    await page.goto(address('/accounts'));
    await page.getByRole('heading', { name: 'Accounts' }).waitFor();
  }

  async function signedIn(name: string, secret: string): Promise<Page> {
    await other.context.clearCookies();
    const { page: theirs } = await other.open();
    await theirs.goto(address());
    await theirs.getByLabel('Account name').fill(name);
    await theirs.getByLabel('Password', { exact: true }).fill(secret);
    await theirs.getByRole('button', { name: 'Sign in' }).click();
    await theirs.getByRole('searchbox').waitFor();
    return theirs;
  }

  const made = async (name: string, rights: string[]) =>
    ((await post(viewer.lightbox.address, '/api/accounts', { name, rights })) as { password: string }).password;

  /** What stands on the screen, for people to look at. */
  async function picture(name: string, of = page): Promise<void> {
    if (shots === undefined) return;
    for (const [width, height] of [
      [1920, 1080],
      [1280, 800],
      [360, 640],
    ] as const)
      for (const colorScheme of ['light', 'dark'] as const) {
        await of.setViewportSize({ width, height });
        await of.emulateMedia({ colorScheme });
        await writeFile(join(shots, `${name}-${width}-${colorScheme}.png`), await of.screenshot());
      }
    await of.setViewportSize({ width: 1280, height: 800 });
    await of.emulateMedia({ colorScheme: null });
  }

  test('an administrator adds a doctor, hands over the password, and with it the doctor signs in', async () => {
    await openAccounts();
    await row('admin').getByText('you', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Add an account' }).click();
    await dialog().waitFor();
    expect(await dialog().getByRole('checkbox', { checked: true }).count()).toBe(1);
    await dialog().getByRole('checkbox', { name: 'Look at images' }).uncheck();
    await dialog().getByLabel('Account name').fill('Bs Nguyễn Thị Hoa');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await dialog().getByRole('alert').filter({ hasText: 'Choose one right at least' }).waitFor();
    await dialog().getByRole('checkbox', { name: 'Look at images' }).check();
    await expectReadable(page, 'an account that is added');
    await picture('add-en');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'Password of Bs Nguyễn Thị Hoa' }).waitFor();
    // Escape does not take away what is never shown again.
    await page.keyboard.press('Escape');
    const shown = dialog().getByLabel('Password');
    const secret = await shown.inputValue();
    expect(secret).toMatch(/^[a-z2-9]{4}(-[a-z2-9]{4}){3}$/);
    expect(await shown.evaluate((field: HTMLInputElement) => field.selectionEnd)).toBe(secret.length);
    await expectReadable(page, 'a password that was made');
    await picture('made-en');
    await dialog().getByRole('button', { name: 'Noted down' }).click();
    await dialog().waitFor({ state: 'detached' });
    await row('Bs Nguyễn Thị Hoa').getByText('Never used · has not chosen a password').waitFor();

    const doctor = await signedIn('bs nguyễn thị hoa', secret);
    await page.reload();
    await row('Bs Nguyễn Thị Hoa').getByText('Last used: now').waitFor();
    await doctor.close();
    expect(viewer.complaints).toEqual([]);
  });

  test('a name that is taken is said in the form, and nothing that was entered is lost', async () => {
    await made('Ktv Trần Văn Sơn', ['read', 'store']);
    await openAccounts();
    await page.getByRole('button', { name: 'Add an account' }).click();
    await dialog().getByLabel('Account name').fill('KTV TRẦN VĂN SƠN');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await dialog().getByRole('alert').filter({ hasText: 'There is an account of this name already' }).waitFor();
    expect(await dialog().getByLabel('Account name').inputValue()).toBe('KTV TRẦN VĂN SƠN');
    await page.keyboard.press('Escape');
    await dialog().waitFor({ state: 'detached' });
  });

  test('other rights, a new password and removal are asked for once more, and sign the account out where it is open', async () => {
    const secret = await made('Bs Lê Minh', ['read']);
    await openAccounts();
    let theirs = await signedIn('Bs Lê Minh', secret);
    const isAskedAgain = async () => {
      await theirs.getByRole('searchbox').fill('nobody');
      await theirs.getByRole('heading', { name: 'Sign in' }).waitFor();
    };

    await page.getByRole('button', { name: 'Change rights of Bs Lê Minh' }).click();
    await dialog().getByText('Saving a change signs this account out everywhere.').waitFor();
    await dialog().getByRole('checkbox', { name: 'Upload and schedule' }).check();
    await dialog().getByRole('button', { name: 'Save' }).click();
    await row('Bs Lê Minh').getByText('Look at images · Upload and schedule').waitFor();
    await isAskedAgain();
    await theirs.getByLabel('Password', { exact: true }).fill(secret);
    await theirs.getByRole('button', { name: 'Sign in' }).click();
    await theirs.getByRole('link', { name: 'Upload' }).waitFor();

    await page.getByRole('button', { name: 'New password for Bs Lê Minh' }).click();
    await expectReadable(page, 'a new password that is asked for');
    await dialog().getByRole('button', { name: 'Cancel' }).click();
    // Whoever has a keyboard only goes on where he was, once the browser has told the page that the dialog is closed.
    await page.locator('.form-dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('Enter');
    await dialog().getByRole('button', { name: 'Make the password' }).click();
    const again = await dialog().getByLabel('Password').inputValue();
    expect(again).not.toBe(secret);
    await dialog().getByRole('button', { name: 'Noted down' }).click();
    await isAskedAgain();
    await theirs.close();

    theirs = await signedIn('Bs Lê Minh', again);
    await page.getByRole('button', { name: 'Remove Bs Lê Minh' }).click();
    await dialog().getByText('Images and the access record stay.').waitFor();
    await picture('remove-en');
    await dialog().getByRole('button', { name: 'Remove the account' }).click();
    await row('Bs Lê Minh').waitFor({ state: 'detached' });
    await expectFocus(page, 'li', /./, 'The account Bs Lê Minh is removed.');
    await isAskedAgain();
    await theirs.close();
    expect(viewer.complaints).toEqual([]);
  });

  test('an administrator who signed in a while ago gives the own password before accounts change', async () => {
    await openAccounts();
    const run = JSON.parse(await readFile(join(viewer.directory, 'data/run.json'), 'utf8')) as { databaseUrl: string };
    await using database = openDatabase(run.databaseUrl, { max: 1, applicationName: 'test' });
    const isLongAgo = async () => {
      await database.pool.query(`UPDATE site.session SET created_at = created_at - interval '1 day'`);
      // What the session was is remembered for a moment.
      const change = () => fetch('/api/accounts/0/password', { method: 'POST' }).then(({ status }) => status);
      await until(async () => (await page.evaluate(change)) === 403);
    };
    await isLongAgo();
    await page.getByRole('button', { name: 'Add an account' }).click();
    await dialog().getByLabel('Account name').fill('Bs Cao Thị Nga');
    await dialog().getByRole('button', { name: 'Save' }).click();
    const asked = page.getByRole('dialog', { name: 'Your password' });
    await asked.waitFor();
    await expectReadable(page, 'the own password that is asked for');
    await picture('own-password-first-en');
    await asked.getByRole('button', { name: 'Cancel' }).click();
    await dialog().getByRole('alert').filter({ hasText: 'Nothing was changed' }).waitFor();
    await dialog().getByRole('button', { name: 'Save' }).click();
    await asked.getByLabel('Password of admin').fill('not it');
    await page.keyboard.press('Enter');
    await asked.getByRole('alert').filter({ hasText: 'password is wrong' }).waitFor();
    await asked.getByLabel('Password of admin').fill(password);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Password of Bs Cao Thị Nga' }).waitFor();
    await dialog().getByRole('button', { name: 'Noted down' }).click();

    await isLongAgo();
    const remove = async () => {
      await page.getByRole('button', { name: 'Remove Bs Cao Thị Nga' }).click();
      await dialog().getByRole('button', { name: 'Remove the account' }).click();
      await asked.waitFor();
    };
    await remove();
    // Who leaves the page has given it up: what is typed later is not for this.
    await page.goBack();
    await row('Bs Cao Thị Nga').waitFor({ state: 'detached' });
    await page.goForward();
    await row('Bs Cao Thị Nga').waitFor();
    expect(await asked.count()).toBe(0);
    await remove();
    await asked.getByLabel('Password of admin').fill(password);
    await page.keyboard.press('Enter');
    await row('Bs Cao Thị Nga').waitFor({ state: 'detached' });
  });

  test('the last administrator keeps that right, and nobody finds a button that removes himself', async () => {
    await openAccounts();
    await page.getByRole('button', { name: 'Change rights of admin' }).click();
    await dialog().getByText('This is the last administrator, so it keeps this right.').waitFor();
    expect(await dialog().getByRole('checkbox', { name: 'Administer' }).isDisabled()).toBe(true);
    await dialog().getByRole('checkbox', { name: 'Upload and schedule' }).uncheck();
    await dialog().getByRole('button', { name: 'Save' }).click();
    await dialog().waitFor({ state: 'detached' });
    // One's own pages change at once, and the session goes on.
    await page.getByRole('link', { name: 'Upload' }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Change rights of admin' }).click();
    await dialog().getByRole('checkbox', { name: 'Upload and schedule' }).check();
    await dialog().getByRole('button', { name: 'Save' }).click();
    await page.getByRole('link', { name: 'Upload' }).waitFor();
    expect(await page.getByRole('button', { name: /^(Remove|New password for) admin/ }).count()).toBe(0);
    await row('admin').getByRole('link', { name: 'Change password' }).waitFor();
    expect(viewer.complaints).toEqual([]);
  });

  test('among many accounts one is found without accents, in whatever case', async () => {
    for (let n = 1; n <= 9; n++) await made(`Đd Phạm Thu ${n}`, ['read']);
    await openAccounts();
    await page.getByRole('searchbox', { name: 'Find an account' }).fill('dd pham thu 7');
    await expect.poll(() => page.locator('.device').count()).toBe(1);
    await page.getByRole('searchbox').fill('nobody');
    await page.getByText('No account has such a name').waitFor();
    expect(await axeFindings(page)).toEqual([]);
  });

  test('a doctor sees neither the page nor its link, and changes the password that was made for him', async () => {
    const secret = await made('Bs Vũ Thị Mai', ['read']);
    const theirs = await signedIn('Bs Vũ Thị Mai', secret);
    const elsewhere = await fetch(address('/api/login'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Bs Vũ Thị Mai', password: secret }),
    });
    const cookie = elsewhere.headers.getSetCookie()[0]!.split(';')[0]!;
    const isOpenElsewhere = async () => (await fetch(address('/api/session'), { headers: { cookie } })).ok;
    expect(await isOpenElsewhere()).toBe(true);
    expect(await theirs.getByRole('navigation').getByRole('link').allInnerTexts()).toEqual(['Studies']);
    await theirs.goto(address('/accounts'));
    await theirs.getByRole('alert').filter({ hasText: 'Your account is not allowed to do this' }).waitFor();
    expect(await theirs.getByRole('heading').count()).toBe(0);

    await theirs.getByRole('link', { name: 'Bs Vũ Thị Mai Change password' }).click();
    await theirs.getByText('Lightbox made the password that you have.').waitFor();
    await expectReadable(theirs, 'an own password');
    await picture('offer-en', theirs);
    const enter = async (old: string, chosen: string, again = chosen) => {
      await theirs.getByLabel('Current password').fill(old);
      await theirs.getByLabel('New password', { exact: true }).fill(chosen);
      await theirs.getByLabel('New password again').fill(again);
      await theirs.keyboard.press('Enter');
    };
    const said = (why: string) => theirs.getByRole('alert').filter({ hasText: why }).waitFor();
    await enter(secret, 'hoa sữa tháng mười', 'hoa sữa tháng chín');
    await said('The two new passwords are not the same.');
    await enter(secret, secret);
    await said('The new password has to differ');
    await enter('wrong', 'hoa sữa tháng mười');
    await said('The old password is not right');
    await enter(secret, 'hoa sữa tháng mười');
    await theirs.getByText('The password is changed').waitFor();
    await picture('changed-en', theirs);
    expect(await axeFindings(theirs)).toEqual([]);
    // Here he stays signed in, and is offered no more; elsewhere he is not.
    await theirs.getByRole('link', { name: 'To the study list' }).click();
    await theirs.getByRole('searchbox').waitFor();
    expect(await theirs.locator('.own.offer').count()).toBe(0);
    expect(await isOpenElsewhere()).toBe(false);
    await theirs.close();
    await (await signedIn('bs vũ thị mai', 'hoa sữa tháng mười')).close();
  });

  test('while the archive does not answer, the page says so and goes on by itself or by a button', async () => {
    await viewer.signIn();
    await page.route('**/api/accounts', (route) => route.fulfill({ status: 503, json: { detail: 'away' } }));
    await page.goto(address('/accounts'));
    await page.getByRole('alert').filter({ hasText: 'The archive is busy' }).waitFor();
    await page.unroute('**/api/accounts');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('heading', { name: 'Accounts' }).waitFor();
  });

  test(`the pages can be used on a phone and on a wide screen, bright and dark, in both languages, ${whichWays}`, async () => {
    await openAccounts();
    await expectUsable(page, viewer.lightbox.address, '/accounts', '/password');
    for (const language of shots === undefined ? [] : ['vi', 'en'])
      for (const path of ['/accounts', '/password']) {
        await page.evaluate((chosen) => localStorage.setItem('lightbox.language', chosen), language);
        await page.goto(address(path));
        await page.locator('.panel').first().waitFor();
        await picture(`${path.slice(1)}-${language}`);
      }
  });
});
