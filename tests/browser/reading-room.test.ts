/**
 * The reading room against phantoms whose truth is computed: how the image is turned, what stands in each viewport, and that
 * opening and closing it leaves nothing behind. What is measured: measuring.test.ts.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { dicomFile } from '#samples/write.ts';
import type { RunningLightbox } from '../running-lightbox.ts';
import { hasChromium, pretendGraphicsCard } from './chromium.ts';
import { axeFindings, openedViewer, withoutWorker } from './opened-viewer.ts';
import { changed, cr, ct, hounsfield, mixed, planned, red, size, slices } from './reading-samples.ts';
import { openSeries, shownColours, shownPixels, sizeViewport, untilShown } from './viewer-pages.ts';

const shots = process.env['SCREENSHOTS'];
let lightbox: RunningLightbox;
let page: Page;
let complaints: string[];

describe.skipIf(!hasChromium)('the reading room', () => {
  const viewer = openedViewer({ settings: withoutWorker });

  beforeAll(async () => {
    ({ lightbox } = viewer);
    const sigmoid = changed(ct[0]!, '1', { VOILUTFunction: 'SIGMOID', WindowCenter: 40, WindowWidth: 300 });
    const exact = changed(ct[0]!, '2', { VOILUTFunction: 'LINEAR_EXACT', WindowCenter: 40, WindowWidth: 300 });
    const samples = [...ct, cr!, sigmoid, exact, planned, ...slices, ...mixed];
    expect(await viewer.store(...samples.map(({ attributes }) => dicomFile(attributes)))).toBe(true);
  });

  beforeEach(() => {
    ({ page, complaints } = viewer);
  });

  afterEach(() => {
    expect(complaints).toEqual([]);
  });

  /** At 1:1, so that a pixel of the screen is one of the image. */
  async function openSlice(sample = ct[0]!): Promise<void> {
    const { StudyInstanceUID, SeriesInstanceUID } = sample.attributes;
    await openSeries(page, lightbox.address, String(StudyInstanceUID), String(SeriesInstanceUID));
    await sizeViewport(page, size, size);
  }

  test.each(['processor', 'graphics card'])('drawn by the %s, pixels and letters turn alike', async (drawnBy) => {
    if (drawnBy === 'graphics card') await pretendGraphicsCard(page);
    await openSlice();
    const before = await shownPixels(page);
    expect(await page.locator('.edge.left').innerText()).toBe('R');
    await page.keyboard.press('r');
    await page.getByText('R', { exact: true }).and(page.locator('.edge.top')).waitFor();
    // Turned right, what was at the left is on top: (x, y) shows what was at (y, last - x).
    await expect.poll(() => differing((x, y) => before[(size - 1 - x) * size + y]!)).toBeLessThan(0.01);
    await page.keyboard.press('h');
    await page.getByText('P', { exact: true }).and(page.locator('.edge.right')).waitFor();
    await expect.poll(() => differing((x, y) => before[x * size + y]!)).toBeLessThan(0.01);
    await page.keyboard.press(' ');
    await page.getByText('R', { exact: true }).and(page.locator('.edge.left')).waitFor();
    await expect.poll(() => differing((x, y) => before[y * size + x]!)).toBe(0);
  });

  /** The share of pixels that are not as they should be. */
  async function differing(expected: (x: number, y: number) => number): Promise<number> {
    const shown = await shownPixels(page);
    let wrong = 0;
    for (let at = 0; at < shown.length; at += 1) {
      if (Math.abs(shown[at]! - expected(at % size, Math.floor(at / size))) > 2) wrong += 1;
    }
    return wrong / shown.length;
  }

  test.each([
    ['processor', 1],
    ['graphics card', 2],
  ] as const)('windows of SIGMOID and LINEAR_EXACT drawn by the %s are as the standard has them', async (...how) => {
    const [drawnBy, allowed] = how;
    if (drawnBy === 'graphics card') await pretendGraphicsCard(page);
    await page.goto(viewer.address('/viewer?StudyInstanceUIDs=2.25.71,2.25.72&SeriesInstanceUID=2.25.71.1'));
    await untilShown(page, 0);
    await sizeViewport(page, size, size);
    const greys = {
      SIGMOID: (value: number) => 1 / (1 + Math.exp((-4 * (value - 40)) / 300)),
      LINEAR_EXACT: (value: number) => Math.min(Math.max((value - 40) / 300 + 0.5, 0), 1),
    };
    for (const [shape, grey] of Object.entries(greys)) {
      if (shape === 'LINEAR_EXACT') {
        await page.keyboard.press('ArrowRight');
        await page.locator('.strip-study').nth(1).locator('.series[aria-current=true]').waitFor();
        await untilShown(page, 0);
      }
      const expected = Uint8Array.from({ length: size * size }, (_, at) =>
        Math.round(255 * grey(hounsfield(at % size, Math.floor(at / size)))),
      );
      const furthest = async () =>
        (await shownPixels(page)).reduce((most, value, at) => Math.max(most, Math.abs(value - expected[at]!)), 0);
      await expect.poll(furthest, { message: shape }).toBeLessThanOrEqual(allowed);
    }
  });

  test.each(['processor', 'graphics card'])(
    'grey, coloured and smaller images of one series are each as they are, drawn by the %s',
    async (drawnBy) => {
      if (drawnBy === 'graphics card') await pretendGraphicsCard(page);
      await openSlice(mixed[0]);
      const grey = Uint8Array.from({ length: size * size }, (_, at) => {
        const value = hounsfield(at % size, Math.floor(at / size));
        return Math.round(255 * Math.min(Math.max((value - 40) / 300 + 0.5, 0), 1));
      });
      const furthest = (shown: Uint8Array, expected: (at: number) => number) =>
        shown.reduce((most, value, at) => Math.max(most, Math.abs(value - expected(at))), 0);
      const fromGrey = async () => furthest(await shownPixels(page), (at) => grey[at]!);
      await expect.poll(fromGrey).toBeLessThanOrEqual(2);

      await page.keyboard.press('ArrowDown');
      await untilShown(page, 1);
      const fromRed = async () => furthest(await shownColours(page), (at) => red[at % 3]!);
      await expect.poll(fromRed).toBeLessThanOrEqual(2);
      await page.getByRole('combobox', { name: 'Window presets' }).waitFor({ state: 'detached' });

      await page.keyboard.press('ArrowDown');
      await untilShown(page, 2);
      // As large as the viewport, and by its own values.
      const bright = async () => (await shownPixels(page)).filter((value) => value >= 253).length / size ** 2;
      await expect.poll(bright).toBeGreaterThan(0.99);

      await page.keyboard.press('Home');
      await untilShown(page, 0);
      await expect.poll(fromGrey).toBeLessThanOrEqual(2);
    },
  );

  test('an image that comes late is shown on the way, and does not take the place of the one that is wanted', async () => {
    const held = new Map<number, () => void>();
    const address = (at: number) => `${String(ct[at]!.attributes['SOPInstanceUID'])}/frames/1`;
    for (const at of [1, 2, 3, 4, 5])
      await page.route(new RegExp(`${address(at)}$`), async (route) => {
        await new Promise<void>((letGo) => held.set(at, letGo));
        await route.continue();
      });
    const { StudyInstanceUID, SeriesInstanceUID } = ct[0]!.attributes;
    await openSeries(page, lightbox.address, String(StudyInstanceUID), String(SeriesInstanceUID));
    await page.keyboard.press('ArrowDown');
    // Asked for ahead it may be already; that it is wanted is another thing.
    await page.getByText('Loading image 2').waitFor();
    await expect.poll(() => held.has(1)).toBe(true);
    await page.keyboard.press('End');
    await expect.poll(() => held.has(5)).toBe(true);
    held.get(1)!();
    await untilShown(page, 1);
    await page.getByText('Loading image 6').waitFor();
    held.get(5)!();
    await untilShown(page, 5);
    for (const letGo of held.values()) letGo();
  });

  test('a film stops at an image that does not come, and says why', async () => {
    const missing = new RegExp(`${String(ct[3]!.attributes['SOPInstanceUID'])}/frames/1$`);
    let asked = 0;
    await page.route(missing, (route) => {
      asked += 1;
      return route.abort();
    });
    const { StudyInstanceUID, SeriesInstanceUID } = ct[0]!.attributes;
    await openSeries(page, lightbox.address, String(StudyInstanceUID), String(SeriesInstanceUID));
    await page.keyboard.press('c');
    await page.getByRole('alert').getByText('The archive cannot be reached').waitFor();
    await page.locator('.tool[aria-label=Cine][aria-pressed=false]').waitFor();
    expect(asked).toBeLessThanOrEqual(2); // once ahead, once because it was looked at
  });

  test('what a viewport showed before is gone as soon as something else is opened in it', async () => {
    const other = cr!.attributes;
    await page.route('**/thumbnail', (route) => route.fulfill({ status: 404, body: '' }));
    let letGo = () => {};
    const held = new Promise<void>((resolve) => (letGo = resolve));
    await page.route(`**/series/${String(other['SeriesInstanceUID'])}/metadata`, async (route) => {
      await held;
      await route.continue();
    });
    const { StudyInstanceUID, SeriesInstanceUID } = ct[0]!.attributes;
    const studies = [StudyInstanceUID, other['StudyInstanceUID']].join(',');
    const address = `/viewer?StudyInstanceUIDs=${studies}&SeriesInstanceUID=${String(SeriesInstanceUID)}`;
    await page.goto(new URL(address, lightbox.address).href);
    await untilShown(page, 0);
    const isSeen = () =>
      page
        .locator('.viewport canvas')
        .evaluateAll((all) =>
          all.some((canvas) => canvas.checkVisibility({ visibilityProperty: true, checkVisibilityCSS: true })),
        );
    await expect.poll(isSeen).toBe(true);
    await page.keyboard.press('ArrowRight');
    await page.getByText('Opening the series').waitFor();
    await expect.poll(isSeen).toBe(false);
    letGo();
    await page.locator('.viewport[data-count="1"][data-shown="0"]').waitFor();
    await expect.poll(isSeen).toBe(true);
  });

  test('a hundred percent is one pixel of the image on each of the screen, which a key gives', async () => {
    await openSlice();
    const corner = page.locator('.corner.bottom.right');
    await corner.getByText('Zoom 100%').waitFor();
    const before = await shownPixels(page);
    await sizeViewport(page, 2 * size, 2 * size);
    await corner.getByText('Zoom 200%').waitFor();
    await page.keyboard.press('0');
    await corner.getByText('Zoom 100%').waitFor();
    // In the middle of a viewport of twice the size.
    const at = (x: number, y: number) => (y + size / 2) * 2 * size + x + size / 2;
    const wrong = async () => {
      const shown = await shownPixels(page);
      return before.filter((grey, place) => Math.abs(grey - shown[at(place % size, Math.floor(place / size))]!) > 2);
    };
    await expect.poll(async () => (await wrong()).length).toBe(0);
    await page.keyboard.press('=');
    await corner.getByText('Zoom 200%').waitFor();
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  test('the slider goes to the image that stands where it is pressed, the first at the top', async () => {
    await openSlice();
    const slider = page.getByRole('slider', { name: 'Position in the series' });
    const { x, y, width, height } = (await slider.boundingBox())!;
    expect(height).toBeGreaterThan(width * 5);
    for (const [share, image] of [
      [0.95, 6],
      [0.5, 4],
      [0.05, 1],
    ] as const) {
      await page.mouse.click(x + width / 2, y + height * share);
      await page.getByText(`Image ${image} / 6`).waitFor();
    }
  });

  test('four viewports show what is put into each, and tools mean the active one', async () => {
    const { StudyInstanceUID, SeriesInstanceUID } = ct[0]!.attributes;
    const studies = [StudyInstanceUID, cr!.attributes['StudyInstanceUID']].join(',');
    const address = `/viewer?StudyInstanceUIDs=${studies}&SeriesInstanceUID=${String(SeriesInstanceUID)}`;
    await page.goto(new URL(address, lightbox.address).href);
    await untilShown(page, 0);
    await page.getByLabel('Layout').selectOption('2x2');
    await expect.poll(() => page.locator('.pane').count()).toBe(4);
    await expect.poll(() => page.locator('.viewport[data-shown]').count()).toBeGreaterThan(1);
    await page.locator('.series').first().dragTo(page.locator('.pane').nth(2));
    await page.locator('.pane').nth(2).locator('.viewport[data-shown="0"]').waitFor();
    expect(await page.locator('.pane').nth(2).getAttribute('data-active')).toBe('true');
    expect(await axeFindings(page)).toEqual([]);
    await page
      .locator('.pane')
      .nth(0)
      .click({ position: { x: 200, y: 200 } });
    await page.keyboard.press('ArrowDown');
    await page.locator('.pane').nth(0).locator('.viewport[data-shown="1"]').waitFor();
    expect(await page.locator('.pane').nth(2).locator('.viewport').getAttribute('data-shown')).toBe('0');
    await page.getByLabel('Layout').selectOption('1x1');
    await expect.poll(() => page.locator('.pane').count()).toBe(1);
    await page.locator('.viewport[data-shown="1"]').waitFor();
  });

  test('a study opens at the first series that is more than a localizer, with every tool in sight on each screen', async () => {
    // The longest names of all.
    await page.addInitScript(() => localStorage.setItem('lightbox.language', 'vi'));
    await page.goto(viewer.address('/viewer?StudyInstanceUIDs=2.25.73'));
    await untilShown(page, 0);
    await expect.poll(() => page.locator('.series[aria-current]').count()).toBe(1);
    expect(await page.locator('.series').nth(1).getAttribute('aria-current')).not.toBeNull();
    expect(await page.locator('.viewport').getAttribute('data-count')).toBe('2');
    const hidden = () =>
      page.locator('.toolbar-tools').evaluate((tools) => [tools.scrollWidth - tools.clientWidth, innerWidth]);
    /** The windows that would not stand in full in the list while it is closed. */
    const cutOff = () =>
      page.locator('.tool-choice').evaluate((choice: HTMLSelectElement) => {
        const options = [...choice.options].filter(({ disabled }) => !disabled);
        const needed = options.map((option) => {
          const alone = choice.cloneNode() as HTMLSelectElement;
          alone.style.width = 'max-content';
          alone.append(option.cloneNode(true));
          choice.after(alone);
          const { width } = alone.getBoundingClientRect();
          alone.remove();
          return { words: option.text, width };
        });
        const { width } = choice.getBoundingClientRect();
        return needed.filter((each) => each.width > width).map(({ words }) => words);
      });
    /** How many of the pictures stand there without a name. */
    const unnamed = () =>
      page
        .locator('.toolbar-tools .icon')
        .evaluateAll(
          (icons) => icons.filter((icon) => !icon.parentElement!.querySelector('.tool-name')?.checkVisibility()).length,
        );
    for (const width of [780, 1024, 1265, 1266, 1280, 1340, 1341, 1366, 1560, 1561, 1600, 1900, 1901, 1920]) {
      await page.setViewportSize({ width, height: 800 });
      expect(await hidden()).toEqual([0, width]);
      expect([width, await cutOff()]).toEqual([width, []]);
      if (width > 1900) expect([width, await unnamed()]).toEqual([width, 0]);
      if (shots !== undefined && width % 640 === 0)
        await writeFile(join(shots, `toolbar-${width}.png`), await page.screenshot());
    }
    await page.evaluate(() => localStorage.removeItem('lightbox.language'));
  });

  test('while the first image is on its way, the picture of the archive stands in for it, marked', async () => {
    let letGo = () => {};
    const held = new Promise<void>((resolve) => (letGo = resolve));
    await page.route(/\/frames\/1$/, async (route) => {
      await held;
      await route.continue();
    });
    const { StudyInstanceUID, SeriesInstanceUID } = ct[0]!.attributes;
    const address = `/viewer?StudyInstanceUIDs=${String(StudyInstanceUID)}&SeriesInstanceUID=${String(SeriesInstanceUID)}`;
    await page.goto(new URL(address, lightbox.address).href);
    const preview = page.locator('.preview img[src*="/rendered"]');
    await preview.waitFor();
    await expect.poll(() => preview.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(512);
    await page.getByText('Preview – not for diagnosis').waitFor();
    letGo();
    await untilShown(page, 0);
    await preview.waitFor({ state: 'detached' });
  });

  test('what a series that was left has asked for is stopped', async () => {
    const { StudyInstanceUID, SeriesInstanceUID } = ct[0]!.attributes;
    const other = cr!.attributes;
    const ofCt = new RegExp(`${String(SeriesInstanceUID)}/instances/[\\d.]+/frames/1$`);
    await page.route(ofCt, () => {}); // never answered
    const stopped: string[] = [];
    page.on('requestfailed', (request) => stopped.push(request.url()));
    const studies = `${String(StudyInstanceUID)},${String(other['StudyInstanceUID'])}`;
    const address = `/viewer?StudyInstanceUIDs=${studies}&SeriesInstanceUID=${String(SeriesInstanceUID)}`;
    await Promise.all([page.waitForRequest(ofCt), page.goto(new URL(address, lightbox.address).href)]);
    await page.keyboard.press('ArrowRight');
    await page.locator('.viewport[data-count="1"][data-shown="0"]').waitFor();
    await expect.poll(() => stopped.filter((url) => ofCt.test(url)).length).toBe(1);
  });

  test('opening and closing it eight times leaves nothing behind', async () => {
    // What is counted is all of a process: of a browser where no other page is of ours.
    await using apart = await viewer.openApart();
    const { page, complaints } = await apart.open();
    const devtools = await apart.context.newCDPSession(page);
    const { StudyInstanceUID } = ct[0]!.attributes;
    await viewer.openList(page);
    const cycle = async (): Promise<void> => {
      await page
        .locator(`tr[data-study="${String(StudyInstanceUID)}"] a`)
        .first()
        .click();
      await page.locator('.viewport[data-shown]').waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('searchbox').waitFor();
      await page.locator(`tr[data-study="${String(StudyInstanceUID)}"]`).waitFor();
    };
    const count = async (): Promise<{ nodes: number; jsEventListeners: number }> => {
      await devtools.send('HeapProfiler.collectGarbage');
      return devtools.send('Memory.getDOMCounters');
    };
    for (let done = 0; done < 3; done++) await cycle();
    const third = await count();
    for (let done = 3; done < 8; done++) await cycle();
    // Some is let go of a moment later, when a frame that was still on its way has come; what leaks stays.
    const more = async (): Promise<boolean> => {
      const last = await count();
      return last.nodes - third.nodes > 150 || last.jsEventListeners - third.jsEventListeners > 60;
    };
    await expect.poll(more).toBe(false);
    expect(complaints).toEqual([]);
  });
});
