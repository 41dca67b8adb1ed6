/**
 * From `storescu` to pixels: a whole Lightbox, DCMTK as the modality, Chromium as the reader's browser. What is on the screen
 * is compared with the picture that DCMTK draws of the same file with the same window.
 */
import { execFile } from 'node:child_process';
import { copyFile, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Page, Route } from 'playwright-core';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { corpusPath, hasCorpus } from '../corpus.ts';
import type { RunningLightbox } from '../running-lightbox.ts';
import { whichWays } from '../thorough.ts';
import { hasChromium, openBrowser, pretendGraphicsCard, takeWebGLAway, type Browser } from './chromium.ts';
import { touch } from './fingers.ts';
import { openedViewer, password } from './opened-viewer.ts';
import { expectReadable } from './pages.ts';
import { openList, openSeries, shownPixels, sizeViewport, untilShown } from './viewer-pages.ts';

const run = promisify(execFile);
const ct = 'series/ct-chest-siemens';
const ctStudy = '1.3.6.1.4.1.25403.345050719074.3824.20170126085406.1';
const ctSeries = '1.3.6.1.4.1.25403.345050719074.3824.20170126085406.5';

let directory: string;
let lightbox: RunningLightbox;
let browser: Browser;
let page: Page;
let complaints: string[];

describe.skipIf(!hasChromium || !hasCorpus)('the viewer in a browser', () => {
  const viewer = openedViewer({ browser: { whole: true } });

  beforeAll(() => {
    ({ directory, lightbox, browser } = viewer);
  });

  beforeEach(() => {
    ({ page, complaints } = viewer);
  });

  const address = (path = '/') => new URL(path, lightbox.address).href;

  async function store(...files: string[]): Promise<void> {
    const [host, port] = lightbox.dicom.split('@')[1]!.split(':');
    await run('storescu', ['-aec', 'LIGHTBOX', '-xs', host!, port!, ...files]).catch(() =>
      run('storescu', ['-aec', 'LIGHTBOX', host!, port!, ...files]),
    );
  }

  test('a wrong password is answered in words, the right one leads to where one wanted to go', async () => {
    await page.goto(address('/upload'));
    await page.getByLabel('Account name').fill('admin');
    await page.getByLabel('Password', { exact: true }).fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    expect(await page.getByRole('alert').textContent()).toMatch(/\w+ .*\w/);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(address('/upload'));
  });

  test('an address that is none is told in words, with the way back', async () => {
    await viewer.signIn();
    const answer = await page.goto(address('/stduies'));
    expect(answer!.status()).toBe(404);
    await page.getByText('There is no such page. Go back to the study list.').waitFor();
    await page.getByRole('link', { name: 'Studies' }).click();
    await page.getByRole('searchbox').waitFor();
    expect(complaints).toEqual([]);
  });

  test('a study that arrives shows up in the open list by itself, with a thumbnail', async () => {
    await openList(page, lightbox.address, password);
    await page.getByText('No studies yet').waitFor();
    const files = (await readdir(corpusPath(ct))).map((name) => corpusPath(`${ct}/${name}`));
    await store(...files);
    const row = page.locator(`tr[data-study="${ctStudy}"]`);
    await row.getByText('Bellona').waitFor();
    await row.getByText('22 images').waitFor();
    await row.locator('.thumbnail[data-state=shown]').waitFor();
    expect(complaints).toEqual([]);
  });

  test('the pixels on the screen are those DCMTK draws: first image, scrolled, and with another window', async () => {
    await viewer.signIn();
    await openSeries(page, lightbox.address, ctStudy, ctSeries);
    await sizeViewport(page, 512, 512);
    const images = await inOrder((await readdir(corpusPath(ct))).filter((name) => !name.startsWith('IM')));

    await expectPixels(await drawn(images[0]!, 36, 360));

    await page.mouse.move(400, 300);
    for (let step = 0; step < 3; step += 1) await page.mouse.wheel(0, 100);
    await untilShown(page, 3);
    await page.keyboard.press('PageDown');
    await untilShown(page, 13);
    await expectPixels(await drawn(images[13]!, 36, 360));

    await page.keyboard.press('2');
    await page.locator('.corner').getByText('W 1500 L -600').first().waitFor();
    const windowed = await drawn(images[13]!, -600, 1500);
    await expectPixels(windowed);

    await page.keyboard.press('i');
    await expectPixels(windowed.map((value) => 255 - value));
    expect(complaints).toEqual([]);
  });

  test('dragging with the left button changes the window, with the right one the zoom, and space undoes both', async () => {
    await viewer.signIn();
    await openSeries(page, lightbox.address, ctStudy, ctSeries);
    const before = await shownPixels(page);
    const drag = async (button: 'left' | 'right') => {
      await page.mouse.move(600, 400);
      await page.mouse.down({ button });
      await page.mouse.move(650, 350, { steps: 4 });
      await page.mouse.up({ button });
    };
    // The figures in the corner come after what they say is drawn.
    const corner = page.locator('.corner.bottom.left');
    const figures = await corner.innerText();
    await drag('left');
    await expect.poll(() => corner.innerText()).not.toBe(figures);
    const windowed = await shownPixels(page);
    expect(windowed.equals(before)).toBe(false);
    await drag('right');
    await expect.poll(() => corner.innerText()).not.toContain('100%');
    await expect.poll(async () => (await shownPixels(page)).equals(windowed)).toBe(false);
    await page.keyboard.press(' ');
    await expect.poll(async () => (await shownPixels(page)).equals(before)).toBe(true);
  });

  test('an image whose smallest value is white (MONOCHROME1) looks as DCMTK draws it', async () => {
    const file = join(directory, 'monochrome1.dcm');
    await copyFile(corpusPath(`${ct}/1.dcm`), file);
    await run('dcmodify', ['-nb', '-gst', '-gse', '-gin', '-m', '0028,0004=MONOCHROME1', file]);
    await store(file);
    await expectAsByDcmtk(file);
  });

  test('drawn through WebGL, as with a graphics card, the pixels are the same', async () => {
    await pretendGraphicsCard(page);
    await expectAsByDcmtk(join(directory, 'monochrome1.dcm'), 2);
    expect(await page.locator('.viewport').getAttribute('data-backend')).toBe('gpu');
  });

  test('drawn where the browser has no WebGL, the pixels are the same, and what was measured is drawn over them', async () => {
    await takeWebGLAway(page);
    await expectAsByDcmtk(join(directory, 'monochrome1.dcm'));
    expect(await page.locator('.viewport').getAttribute('data-backend')).toBe('cpu');
    await page.getByRole('button', { name: 'Length' }).click();
    await page.mouse.move(300, 300);
    await page.mouse.down();
    await page.mouse.move(400, 300, { steps: 4 });
    await page.mouse.up();
    await page.locator('.viewport').getByText(/mm/).waitFor();
    expect(complaints).toEqual([]);
  });

  test('values that are rescaled by a fraction look as DCMTK draws them', async () => {
    const file = corpusPath('syntax/jpeg-lossless/MR-JPEGLosslessSV1.dcm');
    const plain = join(directory, 'plain.dcm');
    await run('dcmdjpeg', [file, plain]);
    await store(file);
    await expectAsByDcmtk(plain);
  });

  /** Opens the series of a file that is in the archive, and compares the screen with DCMTK's picture in the file's window. */
  async function expectAsByDcmtk(file: string, most = 1): Promise<void> {
    const number = async (tag: string) => Number(/(?:\[|US )(-?[\d.]+)/.exec(await dump(file, tag))?.[1]);
    await viewer.signIn();
    await openSeries(page, lightbox.address, await uidOf(file, '0020,000d'), await uidOf(file, '0020,000e'));
    await sizeViewport(page, await number('0028,0011'), await number('0028,0010'));
    await expectPixels(await drawn(file, await number('0028,1050'), await number('0028,1051')), most);
  }

  /** An image is drawn a moment after it is said to be shown, and once more after each change. */
  async function expectPixels(expected: Uint8Array, most = 1): Promise<void> {
    await expect.poll(async () => furthest(await shownPixels(page), expected)).toBeLessThanOrEqual(most);
  }

  test('what a name says is shown and never run', async () => {
    const name = '<img src=x onerror=alert(1)>';
    const file = join(directory, 'hostile.dcm');
    await copyFile(corpusPath(`${ct}/1.dcm`), file);
    await run('dcmodify', [
      '-nb',
      '-gst',
      '-gse',
      '-gin',
      '-i',
      `0010,0010=${name.replace('=', '-')}`,
      '-i',
      '0010,0020=HOSTILE',
      '-i',
      '0008,1030=<script>alert(2)</script>',
      file,
    ]);
    await viewer.signIn();
    await page.goto(address('/upload'));
    await page
      .locator('input[type=file]')
      .first()
      .setInputFiles([file, corpusPath('MANIFEST.tsv')]);
    await page.getByText('1 file kept').waitFor();
    await page.getByText('Skipped: not DICOM').waitFor();
    await page.goto(address('/'));
    await page.getByRole('searchbox').fill('HOSTILE');
    const row = page.getByRole('row', { name: /onerror/ });
    await row.waitFor();
    await row.getByText('<script>alert(2)</script>').waitFor();
    await row.getByRole('link').click();
    await untilShown(page, 0);
    await page.locator('.overlay').getByText('<img src-x onerror').first().waitFor();
    expect(complaints).toEqual([]);
  });

  test('a file that is not kept says why and what to do', async () => {
    const file = join(directory, 'truncated.dcm');
    await writeFile(file, (await readFile(corpusPath(`${ct}/1.dcm`))).subarray(0, 400));
    await viewer.signIn();
    await page.goto(address('/upload'));
    await page.locator('input[type=file]').first().setInputFiles(file);
    await page.getByText('1 file not kept').waitFor();
    expect(await page.locator('.upload-line.failed').innerText()).toMatch(/again/i);
  });

  test('bytes whose transfer syntax nobody announced are not drawn', async () => {
    await viewer.signIn();
    const unlabelled = async (route: Route) => {
      const response = await route.fetch();
      await route.fulfill({ response, headers: { 'Content-Type': 'application/octet-stream' } });
    };
    await page.route('**/frames/*', unlabelled);
    await page.goto(address(`/viewer?StudyInstanceUIDs=${ctStudy}`));
    await page.getByRole('alert').getByText('not shown rather than shown wrong').waitFor();
    await page.unroute('**/frames/*', unlabelled);
    await page.getByRole('button', { name: 'Try again' }).click();
    await untilShown(page, 0);
  });

  test('a line that fails ends in a sentence, and the series goes on with the next image', async () => {
    await viewer.signIn();
    await openSeries(page, lightbox.address, ctStudy, ctSeries);
    await page.route('**/frames/*', (route) => route.abort());
    await page.goto(address(`/viewer?StudyInstanceUIDs=${ctStudy}&SeriesInstanceUID=${ctSeries}`));
    await page.getByRole('alert').getByText('The archive cannot be reached').waitFor();
    await page.unrouteAll();
    await page.keyboard.press('ArrowDown');
    await untilShown(page, 1);
  });

  test('a session that ends asks for the password over the page, which then goes on', async () => {
    await viewer.signIn();
    await openSeries(page, lightbox.address, ctStudy, ctSeries);
    await page.waitForFunction(() => document.querySelector<HTMLProgressElement>('.series progress')?.position === 1);
    const before = await shownPixels(page);
    await browser.context.clearCookies();
    // As a click; what the page asks by itself may have brought the dialog over it a moment before.
    await page.locator('.series').first().dispatchEvent('click');
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Password', { exact: true }).fill(password);
    await dialog.getByRole('button', { name: 'Sign in' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await page.locator('.viewport[data-count="1"][data-shown="0"]').waitFor();
    await page.locator('.series').nth(1).click();
    await page.locator('.viewport[data-count="21"][data-shown="0"]').waitFor();
    await expect.poll(async () => (await shownPixels(page)).equals(before)).toBe(true);
  });

  test('on a phone a finger scrolls, and nothing is wider than the screen', async () => {
    await using phone = await openBrowser({
      viewport: { width: 360, height: 760 },
      hasTouch: true,
      isMobile: true,
      deviceScaleFactor: 2,
    });
    const { page } = await phone.open();
    const widest = () => page.evaluate(() => document.documentElement.scrollWidth);
    await page.goto(address('/login'));
    expect(await widest()).toBe(360);
    await openList(page, lightbox.address, password);
    await page.locator(`tr[data-study="${ctStudy}"]`).waitFor();
    expect(await widest()).toBe(360);
    await openSeries(page, lightbox.address, ctStudy, ctSeries);
    expect(await widest()).toBe(360);
    const window = await page.locator('.corner.bottom').getByText(/^W \d/).innerText();
    // The page hears of the movement long after it began: it was quick all the same, and is none that was held before.
    const busy = () =>
      page.evaluate((untilMs) => {
        while (performance.timeOrigin + performance.now() < untilMs);
      }, Date.now() + 700);
    await touch(page, [{ from: [180, 300], to: [180, 420] }], { meanwhile: busy });
    await page.waitForFunction(() => Number(document.querySelector<HTMLElement>('.viewport')?.dataset['shown']) > 2);
    expect(await page.locator('.corner.bottom').getByText(/^W \d/).innerText()).toBe(window);

    // What fingers do is told before what a mouse does, and nobody is told to drag files to where nothing can be dropped.
    await page.keyboard.press('?');
    await page.locator('.help-dialog h3').first().waitFor();
    expect(await page.locator('.help-dialog h3').first().innerText()).toBe('Touch');
    await page.goto(address('/upload'));
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('Choose DICOM files or folders to upload');
    expect(await widest()).toBe(360);
  });

  test(`every page is readable by everybody, on a wide screen and on a phone, bright and dark (axe), ${whichWays}`, async () => {
    await using other = await openBrowser();
    const { page } = await other.open();
    await page.goto(address('/login'));
    await page.getByLabel('Account name').waitFor();
    await expectReadable(page, 'login');
    await openList(page, lightbox.address, password);
    await page.locator(`tr[data-study="${ctStudy}"]`).waitFor();
    await expectReadable(page, 'list');
    await page.goto(address('/upload'));
    await page.getByRole('heading').first().waitFor();
    await expectReadable(page, 'upload');
    await openSeries(page, lightbox.address, ctStudy, ctSeries);
    await expectReadable(page, 'images');
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    await expectReadable(page, 'help');
  });

  async function inOrder(fileNames: string[]): Promise<string[]> {
    const placed = await Promise.all(
      fileNames.map(async (fileName) => {
        const path = corpusPath(`${ct}/${fileName}`);
        return { path, number: Number(/\[(\d+)/.exec(await dump(path, '0020,0013'))?.[1]) };
      }),
    );
    return placed.toSorted((a, b) => a.number - b.number).map(({ path }) => path);
  }

  /** The picture DCMTK draws with a window: 8 bits a pixel, row by row. */
  async function drawn(path: string, center: number, width: number): Promise<Uint8Array> {
    const target = join(directory, 'drawn.pgm');
    await run('dcm2pnm', ['--write-raw-pnm', '+Ww', String(center), String(width), path, target]);
    const pgm = await readFile(target);
    const [, header, columns, rows] = /^(P5\s(?:#.*\n)?(\d+) (\d+)\s255\s)/.exec(pgm.toString('latin1'))!;
    return pgm.subarray(header!.length, header!.length + Number(columns) * Number(rows));
  }
});

async function dump(path: string, tag: string): Promise<string> {
  return (await run('dcmdump', ['+P', tag, path])).stdout;
}

async function uidOf(path: string, tag: string): Promise<string> {
  return /\[([\d.]+)\]/.exec(await dump(path, tag))![1]!;
}

/** The largest difference between two pictures. */
function furthest(shown: Uint8Array, expected: Uint8Array): number {
  if (shown.length !== expected.length) throw new Error(`${shown.length} pixels shown, ${expected.length} expected`);
  return shown.reduce((most, value, at) => Math.max(most, Math.abs(value - expected[at]!)), 0);
}
