/** What a reader who comes back to a series finds of how he had set it: window, inversion, turn, zoom, place, speed; and what gives it up. */
import type { Page } from 'playwright-core';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { ctSeries } from '#samples/ct.ts';
import { dicomFile } from '#samples/write.ts';
import { hasChromium } from './chromium.ts';
import { openedViewer, withoutWorker } from './opened-viewer.ts';
import { openSeries, shownPixels, untilShown } from './viewer-pages.ts';

const ct = [...ctSeries({ seed: 'how left', number: 1, slices: 9 })];
/** They come when the series is being read: one among its images, and one that is the first by its number. */
const [late, earlier] = [ct.splice(6, 1), ct.splice(0, 1)];
const study = String(ct[0]!.attributes['StudyInstanceUID']);
const series = String(ct[0]!.attributes['SeriesInstanceUID']);
/** A second series of the study, to leave the first one for. */
const second = [...ctSeries({ seed: 'how left second', number: 1, slices: 2 })];
const ofTheStudy = { StudyInstanceUID: study, SeriesNumber: 2, SeriesInstanceUID: `${series}.2` };

describe.skipIf(!hasChromium)('a series that was left', () => {
  const viewer = openedViewer({ settings: withoutWorker, browser: { waitsLess: true } });
  let page: Page;

  beforeAll(async () => {
    const more = second.map((sample) => ({ ...sample, attributes: { ...sample.attributes, ...ofTheStudy } }));
    expect(await viewer.store(...[...ct, ...more].map(({ attributes }) => dicomFile(attributes)))).toBe(true);
  });

  beforeEach(async () => {
    ({ page } = viewer);
    await openSeries(page, viewer.lightbox.address, study, series);
  });

  const pane = (at = 0) => page.locator('.pane').nth(at);
  const corner = (at = 0) => pane(at).locator('.corner.bottom');
  const isShown = (count: number, at = 0) => pane(at).locator(`.viewport[data-count="${count}"][data-shown]`).waitFor();
  const isPressed = (name: string) =>
    page.getByRole('button', { name, exact: true }).and(page.locator('[aria-pressed=true]'));

  /** Moves it by the middle button and zooms it by the right one. */
  async function moveAndZoom(): Promise<void> {
    const { x, y, width, height } = (await page.locator('.viewport').first().boundingBox())!;
    for (const button of ['middle', 'right'] as const) {
      await page.mouse.move(x + width / 2, y + height / 2);
      await page.mouse.down({ button });
      await page.mouse.move(x + width / 2 + 40, y + height / 2 - 90, { steps: 5 });
      await page.mouse.up({ button });
    }
  }

  /** How much is seen that was not there before, in a thousandth of the pixels. */
  async function change(before: Buffer): Promise<number> {
    const now = await shownPixels(page);
    const others = before.filter((grey, at) => Math.abs(grey - now[at]!) > 8);
    return now.length === before.length ? Math.round((1000 * others.length) / before.length) : 1000;
  }

  async function thereAndBack(): Promise<void> {
    await page.keyboard.press('ArrowRight');
    await isShown(2);
    await page.keyboard.press('ArrowLeft');
    await isShown(7);
  }

  test('is found with its window, inversion, turn, zoom and place, which are not those of the other one', async () => {
    const asItCame = await shownPixels(page);
    const ofTheFile = await corner().getByText(/^W /).innerText();
    for (const key of ['2', 'i', 'r', 'h', 'ArrowDown']) await page.keyboard.press(key);
    await untilShown(page, 1);
    await moveAndZoom();
    const zoom = await corner().getByText(/^Zoom/).innerText();
    const before = await shownPixels(page);
    const isAsLeft = async () => {
      await untilShown(page, 1);
      await corner()
        .getByText(/^W 1500/)
        .waitFor();
      await corner().getByText(zoom, { exact: true }).waitFor();
      for (const name of ['Invert', 'Flip sideways']) await isPressed(name).waitFor();
      await expect.poll(() => change(before)).toBe(0);
    };
    await page.keyboard.press('ArrowRight');
    await isShown(2);
    await corner().getByText(ofTheFile, { exact: true }).waitFor();
    expect(await isPressed('Invert').count()).toBe(0);
    await page.keyboard.press('ArrowLeft');
    await isAsLeft();
    await thereAndBack();
    await isAsLeft();

    await page.keyboard.press(' ');
    await page.keyboard.press('Home');
    await untilShown(page, 0);
    await thereAndBack();
    await corner().getByText(ofTheFile, { exact: true }).waitFor();
    await expect.poll(() => change(asItCame)).toBe(0);
    expect(viewer.complaints).toEqual([]);
  });

  test('is as far zoomed in a viewport of another size', async () => {
    for (let step = 0; step < 3; step += 1) await page.keyboard.press('+');
    const zoomOf = async () => Number(/\d+/.exec(await corner().getByText(/^Zoom/).innerText())![0]);
    const before = await zoomOf();
    await page.keyboard.press('ArrowRight');
    await isShown(2);
    const { height } = (await page.locator('.viewport').boundingBox())!;
    await page.setViewportSize({ width: 1280, height: 600 });
    await page.keyboard.press('ArrowLeft');
    await isShown(7);
    const now = (await page.locator('.viewport').boundingBox())!;
    await expect.poll(async () => Math.abs((await zoomOf()) - (before * now.height) / height)).toBeLessThanOrEqual(1);
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  test('is played at the speed that was chosen', async () => {
    const speed = page.getByLabel('Cine speed');
    await page.keyboard.press('c');
    await speed.selectOption({ label: '4 frames per second' });
    await page.keyboard.press('c');
    await thereAndBack();
    await page.keyboard.press('c');
    await expect
      .poll(() => speed.evaluate((list: HTMLSelectElement) => list.selectedOptions[0]!.text))
      .toBe('4 frames per second');
  });

  test('in two viewports is found in each as it was left there, and in a third as it was left last', async () => {
    await page.getByLabel('Layout').selectOption('1x2');
    await isShown(2, 1);
    await page.locator('.series').first().dragTo(pane(1));
    await isShown(7, 1);
    const say = (at: number, words: RegExp) => corner(at).getByText(words).waitFor();
    const go = async (at: number, key: string) => {
      await pane(at)
        .locator('.viewport')
        .click({ position: { x: 200, y: 200 } });
      await page.keyboard.press(key);
    };
    await go(0, '2');
    await say(0, /^W 1500/);
    await go(1, '4');
    await say(1, /^W 2500/);
    for (const at of [0, 1]) {
      await go(at, 'ArrowRight');
      await isShown(2, at);
    }
    for (const at of [0, 1]) {
      await go(at, 'ArrowLeft');
      await isShown(7, at);
    }
    await say(0, /^W 1500/);
    await say(1, /^W 2500/);
    // Fewer viewports take one away as it is; what stood there comes into another one.
    await page.getByLabel('Layout').selectOption('1x1');
    await page.getByLabel('Layout').selectOption('1x2');
    await isShown(2, 1);
    await page.locator('.series').first().dragTo(pane(1));
    await isShown(7, 1);
    await say(1, /^W 2500/);
  });

  test('stays as it is set where images that have come to it are shown', async () => {
    await page.keyboard.press('2');
    await page.keyboard.press('i');
    for (const [count, come] of [
      [8, late],
      [9, earlier],
    ] as const) {
      expect(await viewer.store(...come.map(({ attributes }) => dicomFile(attributes)))).toBe(true);
      await page.locator('.pane-news').getByRole('button').click();
      await isShown(count);
      await corner()
        .getByText(/^W 1500/)
        .waitFor();
      await isPressed('Invert').waitFor();
    }
  });
});
