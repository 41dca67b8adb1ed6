/**
 * What a reader goes through in a day of reading: measurements that survive a change of series, layout and page,
 * fingers instead of a mouse, a session that ends over it all.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { ctSeries } from '#samples/ct.ts';
import type { Sample } from '#samples/study.ts';
import { dicomFile } from '#samples/write.ts';
import { hasPython } from '../installed.ts';
import { hasChromium, type Browser } from './chromium.ts';
import { touch } from './fingers.ts';
import { axeFindings, openedViewer, password, withoutWorker } from './opened-viewer.ts';
import { openSeries, untilShown } from './viewer-pages.ts';

const slices = 30;
const ct = [...ctSeries({ seed: 'session', number: 1, slices })];
/** A volume that is still on its way: its fourth slice is not there yet. */
const arriving = [...ctSeries({ seed: 'session arriving', number: 3, slices: 7 })];
const late = arriving.splice(3, 1);
/** A second series of the study, so that one can be left for the other. */
const second = [...ctSeries({ seed: 'session second', number: 1, slices: 2 })];
const study = String(ct[0]!.attributes['StudyInstanceUID']);
const series = String(ct[0]!.attributes['SeriesInstanceUID']);

describe.skipIf(!hasChromium)('a session of reading', () => {
  const viewer = openedViewer({ settings: withoutWorker, browser: { waitsLess: true } });
  let page: Page;

  beforeAll(async () => {
    const more = second.map((sample) => ({ ...sample, attributes: { ...sample.attributes, ...ofTheStudy } }));
    const samples: Sample[] = [...ct, ...more, ...arriving];
    expect(await viewer.store(...samples.map(({ attributes }) => dicomFile(attributes)))).toBe(true);
  });

  beforeEach(() => {
    ({ page } = viewer);
  });

  const open = () => openSeries(page, viewer.lightbox.address, study, series);
  const words = (inPane = 0) => page.locator('.pane').nth(inPane).locator('.svg-layer text');
  const shownAt = (index: number) => untilShown(page, index);

  /** @param points  in pixels of the first viewport */
  async function drag(...points: [number, number][]): Promise<void> {
    const box = (await page.locator('.viewport').first().boundingBox())!;
    await page.mouse.move(box.x + points[0]![0], box.y + points[0]![1]);
    await page.mouse.down();
    for (const [x, y] of points.slice(1)) await page.mouse.move(box.x + x, box.y + y, { steps: 8 });
    await page.mouse.up();
  }

  /** Draws a length, and waits until it is counted, which is when it is kept. */
  async function measure(row: number, countedThen: number): Promise<void> {
    await page.keyboard.press('d');
    await drag([300, row], [500, row]);
    await page.getByText(new RegExp(`^${countedThen} measurements?, not saved`)).waitFor();
  }

  test('measurements are there again after another series, another layout, the list, and a reload of the page', async () => {
    await open();
    await measure(200, 1);
    const said = await words().first().textContent();
    expect(said).toMatch(/^[\d.]+ mm$/);

    await page.keyboard.press('ArrowRight');
    await page.locator('.viewport[data-count="2"][data-shown="0"]').waitFor();
    await words().waitFor({ state: 'detached' });
    await page.keyboard.press('ArrowLeft');
    await page.locator(`.viewport[data-count="${slices}"][data-shown="0"]`).waitFor();
    await words().getByText(said!).waitFor();

    // The same image in another viewport has it too.
    await page.getByLabel('Layout').selectOption('1x2');
    await page.locator('.series').first().dragTo(page.locator('.pane').nth(1));
    await words(1).getByText(said!).waitFor();
    await page.getByLabel('Layout').selectOption('1x1');
    await words().getByText(said!).waitFor();

    // The series that was left a moment ago is not in the address any more.
    await page.waitForURL((url) => url.searchParams.get('SeriesInstanceUID') === series);
    await page.reload();
    await shownAt(0);
    await words().getByText(said!).waitFor();

    await page.keyboard.press('Escape');
    await page.locator(`tr[data-study="${study}"] a`).click();
    await shownAt(0);
    await words().getByText(said!).waitFor();
    expect(viewer.complaints).toEqual([]);
  });

  test('what is typed is for the dialog that is open, where the browser leaves the focus behind it, as Safari 16 does', async () => {
    await page.addInitScript(() => {
      const { showModal } = HTMLDialogElement.prototype;
      HTMLDialogElement.prototype.showModal = function () {
        showModal.call(this);
        (document.activeElement as HTMLElement).blur();
      };
    });
    await open();
    await page.keyboard.press('?');
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    expect(await dialog.evaluate((element) => element.contains(document.activeElement))).toBe(true);
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    await page.keyboard.press('End');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    await page.keyboard.press('ArrowDown');
    await shownAt(1);
  });

  test('what is taken away stays away, and only what is on the image goes', async () => {
    await open();
    await measure(200, 1);
    await page.keyboard.press('ArrowDown');
    await shownAt(1);
    await words().waitFor({ state: 'detached' });
    await page.keyboard.press('Backspace');
    await measure(300, 2);
    await page.keyboard.press('Backspace');
    await page.getByText('1 measurement, not saved').waitFor();
    await page.keyboard.press('ArrowUp');
    await shownAt(0);
    await words().first().waitFor();
    await page.keyboard.press('Backspace');
    await page.getByText('not saved').waitFor({ state: 'detached' });
    // The image that was left a moment ago is not in the address any more.
    await page.waitForURL((url) => url.searchParams.get('SOPInstanceUID') === ct[0]!.attributes['SOPInstanceUID']);
    await page.reload();
    await shownAt(0);
    expect(await words().count()).toBe(0);
  });

  test('a password that is wrong is answered with what to look at, in the language of the page', async () => {
    const { page } = await viewer.browser.open();
    await page.context().clearCookies();
    await page.goto(viewer.address());
    await page.getByLabel('Account name').fill('admin');
    await page.getByLabel('Password', { exact: true }).fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('Check Caps Lock').waitFor();
    await page.getByRole('button', { name: 'Tiếng Việt' }).click();
    await page.getByRole('alert').getByText('bộ gõ tiếng Việt').waitFor();
    await page.getByRole('button', { name: 'English' }).click();
    await page.close();
    await viewer.signIn(); // again, as the other tests expect it
  });

  test('signing out takes the measurements and what was searched out of the browser, and closes its other tabs’ pages', async () => {
    await open();
    await measure(200, 1);
    const { page: other } = await viewer.browser.open();
    await viewer.openList(other);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await page.getByRole('searchbox').fill('hue');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Account name').waitFor();
    await other.getByLabel('Account name').waitFor();
    await other.close();
    expect(await page.evaluate(() => Object.keys(sessionStorage))).toEqual([]);
    await viewer.openList();
    expect(await page.getByRole('searchbox').inputValue()).toBe('');
    await open();
    expect(await words().count()).toBe(0);
  });

  test('Escape gives up what is being drawn, then the tool, and only then leaves the page', async () => {
    await open();
    await page.keyboard.press('a');
    await drag([300, 200], [400, 200]);
    await page.locator('.svg-layer line').first().waitFor({ state: 'attached' });
    await page.keyboard.press('Escape');
    await page.locator('.svg-layer line').first().waitFor({ state: 'detached' });
    expect(await page.getByRole('button', { name: 'Angle', exact: true }).getAttribute('aria-pressed')).toBe('true');
    await page.keyboard.press('Escape');
    await page.locator('.tool[aria-pressed=true][aria-label=Window]').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('searchbox').waitFor();
  });

  test('a slice that is missing is told, and one that comes while the series is read is shown when it is wanted', async () => {
    const { StudyInstanceUID, SeriesInstanceUID } = arriving[0]!.attributes;
    await openSeries(page, viewer.lightbox.address, String(StudyInstanceUID), String(SeriesInstanceUID));
    await page.locator('.corner').getByText('1 slice missing, after image 3').waitFor();
    await page.keyboard.press('End');
    await shownAt(5);
    expect(await viewer.store(...late.map(({ attributes }) => dicomFile(attributes)))).toBe(true);
    const told = page.locator('.pane-news');
    await told.getByText('1 new image').waitFor();
    expect(await page.locator('.viewport').getAttribute('data-count')).toBe('6');
    expect(await axeFindings(page)).toEqual([]);
    await told.getByRole('button').click();
    await page.locator('.viewport[data-count="7"][data-shown="6"]').waitFor();
    await told.waitFor({ state: 'detached' });
    await page.getByText('slice missing').waitFor({ state: 'detached' });
    expect(viewer.complaints).toEqual([]);
  });

  test('reloading the page finds the image that was left', async () => {
    await open();
    await page.keyboard.press('PageDown');
    await shownAt(10);
    const { SOPInstanceUID } = ct[10]!.attributes;
    await page.waitForURL((url) => url.searchParams.get('SOPInstanceUID') === SOPInstanceUID);
    await page.reload();
    await shownAt(10);
  });

  test('who comes back to a series is where it was left', async () => {
    await open();
    await page.keyboard.press('PageDown');
    await shownAt(10);
    await page.keyboard.press('ArrowRight');
    await page.locator('.viewport[data-count="2"][data-shown="0"]').waitFor();
    await page.keyboard.press('ArrowLeft');
    await page.locator(`.viewport[data-count="${slices}"][data-shown="10"]`).waitFor();
    await page.locator('.series').nth(1).click();
    await page.locator('.viewport[data-count="2"][data-shown="0"]').waitFor();
    await page.locator('.series').first().click();
    await page.locator(`.viewport[data-count="${slices}"][data-shown="10"]`).waitFor();
    expect(viewer.complaints).toEqual([]);
  });

  test('each series in the strip says how much of it is in memory', async () => {
    await open();
    const bars = page.locator('.series progress');
    await page.locator('.series').first().locator('progress').waitFor();
    expect(await bars.count()).toBe(1);
    await page.waitForFunction(() => document.querySelector<HTMLProgressElement>('.series progress')?.position === 1);
    await page.keyboard.press('ArrowRight');
    await page.locator('.viewport[data-count="2"][data-shown="0"]').waitFor();
    await expect.poll(() => bars.count()).toBe(2);
    expect(await bars.first().evaluate((bar: HTMLProgressElement) => bar.position)).toBe(1);
  });

  test('the login that a session’s end puts over the viewer can be used by everybody, and what was done is still there', async () => {
    await open();
    await measure(200, 1);
    await page.keyboard.press('3');
    const window = page.locator('.corner.bottom.left');
    await window.getByText('W 150 L 90').waitFor();
    await viewer.browser.context.clearCookies();
    await page.keyboard.press('ArrowRight');
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await dialog.getByLabel('Password', { exact: true }).fill(password);
    await dialog.getByRole('button', { name: 'Sign in' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await page.locator('.viewport[data-count="2"][data-shown="0"]').waitFor();
    await page.getByText('1 measurement, not saved').waitFor();

    // Somebody else who signs in there begins anew.
    await viewer.browser.context.clearCookies();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await page.route('**/api/login', (route) => route.fulfill({ json: { name: 'another', rights: ['read'] } }));
    await dialog.getByLabel('Password', { exact: true }).fill(password);
    await dialog.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL((url) => url.pathname === '/login');
    expect(await page.evaluate(() => Object.keys(sessionStorage).filter((key) => /measurements/.test(key)))).toEqual(
      [],
    );
  });

  describe('fingers on a phone', () => {
    let phone: Browser;
    beforeAll(async () => {
      phone = await viewer.openApart({
        viewport: { width: 360, height: 760 },
        hasTouch: true,
        isMobile: true,
        deviceScaleFactor: 2,
      });
    });
    afterAll(() => phone?.[Symbol.asyncDispose]());

    beforeEach(async () => {
      ({ page } = await phone.open());
      await open();
    });

    test('two zoom and move the image, one that is held sets the window', async () => {
      const corner = page.locator('.corner.bottom');
      const zoom = async () => Number(/\d+/.exec(await corner.getByText(/^Zoom/).innerText())![0]);
      const fitted = await zoom();
      const isTwice = async () => {
        await expect.poll(async () => Math.abs((await zoom()) - 2 * fitted)).toBeLessThanOrEqual(1);
      };

      await touch(page, [
        { from: [180, 300], to: [180, 270] },
        { from: [180, 360], to: [180, 390] },
      ]);
      await isTwice();

      const before = await topOfImage(page);
      await touch(page, [
        { from: [150, 300], to: [150, 340] },
        { from: [210, 300], to: [210, 340] },
      ]);
      await expect.poll(async () => (await topOfImage(page)) - before).toBeGreaterThan(30);
      await isTwice();
      await shownAt(0);

      const wide = await corner.getByText(/^W \d/).innerText();
      await touch(page, [{ from: [180, 300], to: [230, 300] }], { heldMs: 500 });
      await expect.poll(() => corner.getByText(/^W \d/).innerText()).not.toBe(wide);
      await shownAt(0);
    });

    test('what has a key and no button is in a menu', async () => {
      const menu = page.getByLabel('More commands');
      const choose = async (name: string | RegExp) => {
        const labels = await menu.locator('option').allInnerTexts();
        await menu.selectOption({ label: labels.find((label) => new RegExp(name).test(label))! });
      };
      await menu.scrollIntoViewIfNeeded();
      const patient = page.locator('.corner.top.left bdi').first();
      await choose('words in the corners');
      await patient.waitFor({ state: 'hidden' });
      await choose('words in the corners');
      await patient.waitFor();
      const zoom = page.locator('.corner.bottom').getByText(/^Zoom/);
      const fitted = await zoom.innerText();
      await choose('Pixel for pixel');
      await zoom.getByText('Zoom 100%').waitFor();
      await choose('Fit');
      await zoom.getByText(fitted, { exact: true }).waitFor();
      const head = page.locator('.edge.top');
      const before = await head.innerText();
      await choose('Rotate left');
      await expect.poll(() => head.innerText()).not.toBe(before);
      expect(await axeFindings(page)).toEqual([]);
    });
  });

  test.skipIf(!hasPython)(
    'the whole study is saved as one file, named by its date and UID and not by its patient',
    async () => {
      await viewer.signIn();
      await open();
      const menu = page.getByLabel('More commands');
      const [saved] = await Promise.all([
        page.waitForEvent('download'),
        menu.selectOption({ label: 'Save the whole study (ZIP)' }),
      ]);
      expect(saved.suggestedFilename()).toBe(`${String(ct[0]!.attributes['StudyDate'])} ${study}.zip`);
      const listed = await promisify(execFile)('python3', ['-m', 'zipfile', '-l', await saved.path()]);
      expect(listed.stdout.match(/SE00000\d\/IM\d{6}\.dcm/g)).toHaveLength(slices + second.length);
      // The page stays where it is.
      expect(await page.locator('.viewport[data-shown]').count()).toBe(1);
    },
  );

  test('by a key a list of commands opens, and what is chosen from it is done', async () => {
    await viewer.signIn(); // an earlier test signed this browser out
    await open();
    const menu = page.getByLabel('More commands');
    const isOpen = () => menu.evaluate((list) => list.matches(':open'));
    const patient = page.locator('.corner.top.left bdi').first();
    for (const key of ['ArrowDown', 'ArrowUp', 'End', 'h', 'Enter', ' ']) {
      await menu.focus();
      await page.keyboard.press(key);
      await expect.poll(isOpen).toBe(true);
      expect(await patient.isVisible()).toBe(true);
      await page.keyboard.press('Escape');
      await expect.poll(isOpen).toBe(false);
    }
    await page.keyboard.press('ArrowDown');
    await expect.poll(isOpen).toBe(true);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await patient.waitFor({ state: 'hidden' });
    await page.keyboard.press('u');
    await patient.waitFor();
    expect(viewer.complaints).toEqual([]);
  });
});

const ofTheStudy = {
  StudyInstanceUID: study,
  SeriesNumber: 2,
  SeriesInstanceUID: `${series}.2`,
};

/** The first row of the canvas, in pixels of CSS, that is not black. */
function topOfImage(page: Page): Promise<number> {
  return page.evaluate(() => {
    const canvas = [...document.querySelectorAll<HTMLCanvasElement>('.viewport canvas:not(.planes)')].find(
      ({ style }) => style.display !== 'none',
    )!;
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    let at = 0;
    while (at < data.length && data[at]! < 20) at += 4;
    return at / 4 / canvas.width / devicePixelRatio;
  });
}
