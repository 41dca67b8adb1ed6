/** What is measured in the reading room, against phantoms whose truth is computed: lengths, angles, values, regions. */
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { dicomFile } from '#samples/write.ts';
import { hasChromium, type Browser } from './chromium.ts';
import { duplex } from './duplex-sample.ts';
import { touch } from './fingers.ts';
import { openedViewer, withoutWorker } from './opened-viewer.ts';
import { changed, cr, ct, hounsfield, size, spacingMm } from './reading-samples.ts';
import { goInside, sizeViewport, untilShown } from './viewer-pages.ts';

/** Two series of one study. */
const pair = [1, 2].flatMap((number) =>
  [0, 1].map((at) =>
    changed(ct[at]!, '9', {
      SeriesInstanceUID: `2.25.79.${number}`,
      SOPInstanceUID: `2.25.79.${number}.${at + 1}`,
      SeriesNumber: number,
    }),
  ),
);

let page: Page;
let complaints: string[];

describe.skipIf(!hasChromium)('measuring', () => {
  const viewer = openedViewer({ settings: withoutWorker, pageStays: true });

  beforeAll(async () => {
    expect(await viewer.store(...[...ct, ...pair, cr!, duplex].map(({ attributes }) => dicomFile(attributes)))).toBe(
      true,
    );
  });

  beforeEach(() => {
    ({ page, complaints } = viewer);
  });

  afterEach(() => {
    expect(complaints).toEqual([]);
  });

  async function openSeries(study: string, series: string): Promise<void> {
    await goInside(page, viewer.address(`/viewer?StudyInstanceUIDs=${study}&SeriesInstanceUID=${series}`));
    await untilShown(page, 0);
  }

  /** At 1:1, so that a pixel of the screen is one of the image. */
  async function openSlice(): Promise<void> {
    const { StudyInstanceUID, SeriesInstanceUID } = ct[0]!.attributes;
    await openSeries(String(StudyInstanceUID), String(SeriesInstanceUID));
    await sizeViewport(page, size, size);
  }

  /** @param points  in pixels of the viewport */
  async function drag(...points: [number, number][]): Promise<void> {
    const box = (await page.locator('.viewport').first().boundingBox())!;
    const at = ([x, y]: [number, number]) => [box.x + x, box.y + y] as const;
    await page.mouse.move(...at(points[0]!));
    await page.mouse.down();
    for (const point of points.slice(1)) await page.mouse.move(...at(point), { steps: 8 });
    await page.mouse.up();
  }

  /** Without a movement between pressing and leaving, as a hand that is held still does, or with a small one to the left. */
  async function click([x, y]: [number, number], shakenPx = 0): Promise<void> {
    const box = (await page.locator('.viewport').first().boundingBox())!;
    await page.mouse.move(box.x + x, box.y + y);
    await page.mouse.down();
    if (shakenPx > 0) await page.mouse.move(box.x + x - shakenPx, box.y + y);
    await page.mouse.up();
  }

  const openPair = () => openSeries('2.25.79', '2.25.79.1');
  const measurements = () => page.locator('.svg-layer text');
  /** Whatever was to be drawn has been. */
  const painted = () =>
    page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  const words = () => page.locator('.svg-layer text').first();
  /** The numbers beside the measurement. They are computed a moment after it was drawn, so they are asked for again and again. */
  const numbers = async () =>
    ((await words().textContent())!.match(/-?[\d,]+(\.\d+)?/g) ?? []).map((text) => Number(text.replaceAll(',', '')));
  const numberIn = async () => (await numbers())[0]!;
  const offBy = (expected: number) => async () => Math.abs((await numberIn()) - expected);

  test('the pointer shows the tool that measures for as long as it does', async () => {
    await openSlice();
    const pointer = () => page.locator('.viewport').evaluate((element) => getComputedStyle(element).cursor);
    const before = await pointer();
    for (const leave of [
      () => page.keyboard.press('Escape'),
      () => page.getByRole('button', { name: 'Pan' }).click(),
    ]) {
      await page.keyboard.press('b');
      await expect.poll(pointer).toContain('RectangleROI');
      await drag([100, 100], [150, 150]);
      await leave();
      await expect.poll(pointer).toBe(before);
    }
  });

  test('a length is right to half a pixel', async () => {
    await openSlice();
    await page.keyboard.press('d');
    await drag([100, 100], [300, 100]);
    await words().waitFor();
    await expect.poll(offBy(200 * spacingMm)).toBeLessThanOrEqual(spacingMm / 2);
  });

  test('an angle is right to half a degree', async () => {
    await openSlice();
    await page.keyboard.press('a');
    await drag([100, 100], [200, 100]);
    await drag([200, 200], [200, 200]);
    await words().waitFor();
    await expect.poll(offBy(90)).toBeLessThanOrEqual(0.5);
  });

  test('the probe says the Hounsfield units of the pixel under it, however the image is turned', async () => {
    await openSlice();
    await page.keyboard.press('q');
    for (const [key, [column, row]] of [
      ['', [300, 200]],
      ['r', [200, 511 - 300]],
      ['h', [200, 300]],
    ] as const) {
      if (key) await page.keyboard.press(key);
      await drag([300, 200], [300, 200]);
      await words().waitFor();
      const near = [-1, 0].flatMap((dx) =>
        [-1, 0, 1].flatMap((dy) => [0, 1].map((d) => hounsfield(column + dx + d, row + dy))),
      );
      await expect.poll(async () => near.includes(await numberIn()), { message: `after ${key}` }).toBe(true);
      await page.keyboard.press('Backspace');
      await words().waitFor({ state: 'detached' });
    }
  });

  /** Number, mean, deviation and extremes of the phantom's pixels that the test says are inside. */
  function truth(inside: (column: number, row: number) => boolean): number[] {
    const values = Array.from({ length: size * size }, (_, at) => [at % size, Math.floor(at / size)] as const)
      .filter(([column, row]) => inside(column, row))
      .map(([column, row]) => hounsfield(column, row));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    const said = [mean, Math.sqrt(squares / values.length), Math.min(...values), Math.max(...values)];
    return [values.length, ...said.map((value) => Number(value.toFixed(Math.abs(value) < 10 ? 2 : 1)))];
  }
  /** As it is drawn, in pixels of the viewport, which here are those of the image. */
  const outlineOf = (shape: 'rect' | 'ellipse', names: string[]) =>
    page
      .locator(`.svg-layer ${shape}[data-id]`)
      .first()
      .evaluate((drawn, all) => all.map((name) => Number(drawn.getAttribute(name))), names) as Promise<
      [number, number, number, number]
    >;
  const said = async () => (await page.locator('.svg-layer text tspan').allTextContents()).join('\n');

  test('a rectangle says its area and the values of exactly the pixels in it', async () => {
    await openSlice();
    await page.keyboard.press('b');
    await drag([200, 200], [260, 240]);
    await words().waitFor();
    // The viewport need not begin on a whole pixel of the screen, as the mouse does.
    const [x, y, width, height] = await outlineOf('rect', ['x', 'y', 'width', 'height']);
    const expected = truth(
      (column, row) => column + 0.5 >= x && column + 0.5 <= x + width && row + 0.5 >= y && row + 0.5 <= y + height,
    );
    expect(expected[0]).toBe(60 * 40);
    await expect.poll(async () => (await numbers()).slice(1)).toEqual(expected);
    await expect.poll(offBy(width * height * spacingMm ** 2)).toBeLessThanOrEqual(0.5);
    expect(await said()).toContain('HU');
  });

  test('an ellipse does so too, and says of colour that it has no values', async () => {
    await openSlice();
    await page.keyboard.press('e');
    await drag([200, 220], [260, 240]);
    await words().waitFor();
    const [x, y, across, down] = await outlineOf('ellipse', ['cx', 'cy', 'rx', 'ry']);
    const expected = truth(
      (column, row) => ((column + 0.5 - x) / across) ** 2 + ((row + 0.5 - y) / down) ** 2 <= 1 + 1e-6,
    );
    expect(expected[0]).toBeGreaterThan(1000);
    await expect.poll(async () => (await numbers()).slice(1)).toEqual(expected);
    await expect.poll(offBy(Math.PI * across * down * spacingMm ** 2)).toBeLessThanOrEqual(0.5);

    const { StudyInstanceUID, SeriesInstanceUID } = duplex.attributes;
    await openSeries(String(StudyInstanceUID), String(SeriesInstanceUID));
    await sizeViewport(page, 640, 480);
    await page.keyboard.press('e');
    await drag([100, 100], [200, 150]);
    await expect.poll(said).toContain('Colour image: no values');
  });

  test('a region of most of a radiograph says its values as soon as it has been drawn, not while it is', async () => {
    const { StudyInstanceUID, SeriesInstanceUID } = cr!.attributes;
    await openSeries(String(StudyInstanceUID), String(SeriesInstanceUID));
    const { x, y, width, height } = (await page.locator('.viewport').first().boundingBox())!;
    const half = Math.min(width, height) * 0.45;
    await page.keyboard.press('e');
    await page.mouse.move(x + width / 2, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width / 2 + half, y + height / 2 + half, { steps: 4 });
    await expect.poll(said).toContain('Area');
    expect(await said()).not.toContain('Mean');
    await page.mouse.up();
    await expect.poll(said).toContain('Mean');
  });

  test('ultrasound is measured by the region that is measured in: lengths, time and velocity, else pixels', async () => {
    const { StudyInstanceUID, SeriesInstanceUID } = duplex.attributes;
    await openSeries(String(StudyInstanceUID), String(SeriesInstanceUID));
    await sizeViewport(page, 640, 480);
    for (const [from, to, expected] of [
      [[100, 60], [400, 140], `${Math.hypot(300 * 0.2, 80 * 0.3).toFixed(1)} mm`],
      [[50, 420], [134, 380], '0.42 s · 60 cm/s'],
      [[50, 200], [50, 280], '80 px'],
    ] as [[number, number], [number, number], string][]) {
      await page.keyboard.press('d');
      await drag(from, to);
      await expect.poll(said).toContain(expected);
      await page.keyboard.press('Backspace');
      await words().waitFor({ state: 'detached' });
    }
  });

  test('what was measured goes with Backspace and comes back with Ctrl+Z, on its own image only', async () => {
    await openSlice();
    await page.keyboard.press('d');
    await drag([100, 100], [300, 100]);
    await words().waitFor();
    await page.keyboard.press('ArrowDown');
    await untilShown(page, 1);
    await words().waitFor({ state: 'detached' });
    await page.keyboard.press('ArrowUp');
    await words().waitFor();
    await page.keyboard.press('Backspace');
    await words().waitFor({ state: 'detached' });
    await page.keyboard.press('Control+z');
    await words().waitFor();
  });

  test('two clicks at one place measure nothing, and nothing is left of them', async () => {
    await openSlice();
    await page.keyboard.press('d');
    for (const second of [201, 200]) {
      await click([200, 200]);
      await click([second, 200]);
      await page.mouse.move(400, 300, { steps: 4 });
      await painted();
      expect(await measurements().count()).toBe(0);
    }
    await drag([100, 100], [300, 100]);
    await expect.poll(offBy(200 * spacingMm)).toBeLessThanOrEqual(spacingMm / 2);
    expect(await measurements().count()).toBe(1);
  });

  test('a click that has drawn nothing yet shows nothing, and what follows it is drawn', async () => {
    await openSlice();
    await page.keyboard.press('d');
    await click([200, 200]);
    await painted();
    expect(await measurements().count()).toBe(0);
    await page.mouse.move(400, 400, { steps: 4 });
    await words().waitFor();
  });

  test.each([
    ['ArrowDown', 'still', 0],
    [' ', 'still', 0],
    ['ArrowDown', 'that shakes to the left', 2],
  ])('a click is done before a key (%j) that follows it at once, of a hand %s', async (key, _, shakenPx) => {
    await openPair();
    await page.keyboard.press('d');
    await click([100, 100]);
    await page.mouse.move(300, 300, { steps: 4 });
    await click([300, 100], shakenPx);
    await page.keyboard.press(key);
    await page.keyboard.press('Home');
    await untilShown(page, 0);
    await words().waitFor();
    expect(await measurements().count()).toBe(1);
  });

  test('a click that is followed by the next image at once begins nothing there', async () => {
    await openPair();
    await page.keyboard.press('d');
    await click([100, 100]);
    await page.keyboard.press('ArrowDown');
    await untilShown(page, 1);
    await page.mouse.move(300, 300, { steps: 4 });
    await painted();
    expect(await measurements().count()).toBe(0);
  });

  test('what was given up is nothing to undo or to redo, and what is drawn after it is', async () => {
    await openSlice();
    await page.keyboard.press('d');
    await drag([100, 100], [300, 100]);
    await expect.poll(() => measurements().count()).toBe(1);
    await click([100, 200]);
    await page.mouse.move(400, 400, { steps: 4 });
    await expect.poll(() => measurements().count()).toBe(2);
    await page.keyboard.press('Escape');
    await expect.poll(() => measurements().count()).toBe(1);
    await page.keyboard.press('Control+z');
    await expect.poll(() => measurements().count()).toBe(0);
    await page.keyboard.press('Control+y');
    await expect.poll(() => measurements().count()).toBe(1);
    await expect.poll(offBy(200 * spacingMm)).toBeLessThanOrEqual(spacingMm / 2);
    await page.keyboard.press('Control+y');
    await drag([100, 300], [300, 300]);
    await expect.poll(() => measurements().count()).toBe(2);
    await page.keyboard.press('Control+z');
    await expect.poll(() => measurements().count()).toBe(1);
    await page.keyboard.press('Control+z');
    await expect.poll(() => measurements().count()).toBe(0);
  });

  test('what is half drawn is given up by Backspace, by another tool, and by turning the wheel', async () => {
    for (const giveUp of [
      () => page.keyboard.press('Backspace'),
      () => page.keyboard.press('z'),
      () => page.mouse.wheel(0, 100),
    ]) {
      await openSlice();
      await page.keyboard.press('b');
      await click([200, 200]);
      await page.mouse.move(400, 400, { steps: 4 });
      await words().waitFor();
      await giveUp();
      await words().waitFor({ state: 'detached' });
      await page.keyboard.press('q');
      await drag([250, 200], [250, 200]);
      await expect.poll(said).toMatch(/^-?\d+ HU$/);
      await page.keyboard.press('Backspace');
    }
  });

  test.each([
    ['the next image', () => page.keyboard.press('ArrowDown')],
    ['the last image', () => page.keyboard.press('End')],
    ['the next series', () => page.keyboard.press('ArrowRight')],
    ['a film', () => page.keyboard.press('c')],
    ['the slider', () => page.getByRole('slider').fill('2')],
  ])('what is half drawn is given up for %s: no click ends it there', async (_, go) => {
    await openPair();
    await page.keyboard.press('d');
    await click([200, 200]);
    await page.mouse.move(400, 400, { steps: 4 });
    await words().waitFor();
    await go();
    await words().waitFor({ state: 'detached' });
    await page.keyboard.press('Escape'); // nothing is being drawn: it puts the tool away
    await click([300, 250]);
    await page.mouse.move(500, 500, { steps: 4 });
    await openPair();
    await page.keyboard.press('d');
    await drag([100, 100], [200, 100]);
    await words().waitFor();
    expect(await measurements().count()).toBe(1);
  });

  test('what is half drawn stays while another viewport is scrolled, and Escape gives it up from there', async () => {
    await openPair();
    await page.locator('.layout-choice').selectOption('1x2');
    const other = page.locator('.viewport').nth(1);
    await page.locator('.viewport[data-shown="0"]').nth(1).waitFor();
    const { x, y } = (await other.boundingBox())!;
    await page.keyboard.press('d');
    await click([100, 100]);
    await page.mouse.move(x - 100, y + 100, { steps: 4 });
    await words().waitFor();
    await page.mouse.move(x + 100, y + 100);
    await page.mouse.wheel(0, 100);
    await page.locator('.viewport[data-shown="1"]').waitFor();
    const before = await words().textContent();
    await page.mouse.move(x - 100, y + 200, { steps: 4 });
    await expect.poll(() => words().textContent()).not.toBe(before);
    await page.mouse.click(x + 100, y + 100);
    await page.keyboard.press('Escape');
    await words().waitFor({ state: 'detached' });
    await page.keyboard.press('d');
    await drag([100, 100], [200, 100]);
    await words().waitFor();
    expect(await measurements().count()).toBe(1);
  });

  test('two clicks at one place measure nothing beside another series either', async () => {
    await openPair();
    await page.locator('.layout-choice').selectOption('2x2');
    await page.locator('.viewport[data-shown="0"]').nth(1).waitFor();
    await page.keyboard.press('d');
    await click([100, 100]);
    await click([101, 100]);
    await page.mouse.move(300, 300, { steps: 4 });
    await painted();
    expect(await measurements().count()).toBe(0);
  });

  test('a length on a radiograph says that it holds at the detector', async () => {
    const { StudyInstanceUID, SeriesInstanceUID } = cr!.attributes;
    await openSeries(String(StudyInstanceUID), String(SeriesInstanceUID));
    await page.keyboard.press('d');
    await drag([100, 100], [300, 100]);
    await words().waitFor();
    await words().getByText(/\d mm/).waitFor();
    await page.locator('.corner').getByText('Right · PA').waitFor();
    expect(await page.locator('.scale-bar').innerText()).toMatch(/detector|calibrated|unknown/);
  });

  describe('on a phone', () => {
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
      ({ page, complaints } = await phone.open());
      const { StudyInstanceUID, SeriesInstanceUID } = ct[0]!.attributes;
      await openSeries(String(StudyInstanceUID), String(SeriesInstanceUID));
    });
    afterEach(() => page.close());

    test('a length is right on a screen of two pixels to one of CSS', async () => {
      const { width, height } = (await page.locator('.viewport').boundingBox())!;
      const middle = [Math.round(width / 2), Math.round(height / 2)] as const;
      await page.keyboard.press('d');
      await drag([middle[0] - 100, middle[1]], [middle[0] + 100, middle[1]]);
      await words().waitFor();
      const imagePixels = (200 * size) / Math.min(width, height);
      await expect.poll(offBy(imagePixels * spacingMm)).toBeLessThanOrEqual(0.5 * spacingMm);
    });

    test('with a finger a tap measures nothing, nor do two that zoom though a tool to measure is picked', async () => {
      const zoom = page.locator('.corner.bottom').getByText('Zoom');
      await page.keyboard.press('d');
      await touch(page, [{ from: [120, 300], to: [220, 300] }]);
      await expect.poll(() => measurements().count()).toBe(1);
      await page.touchscreen.tap(150, 350);
      await painted();
      expect(await measurements().count()).toBe(1);
      await page.keyboard.press('Backspace'); // of what is whole: nothing is half drawn
      await painted();
      expect(await measurements().count()).toBe(0);
      await touch(page, [{ from: [120, 300], to: [220, 300] }]);
      await expect.poll(() => measurements().count()).toBe(1);
      const before = await zoom.innerText();
      await touch(
        page,
        [
          { from: [160, 400], to: [100, 400] },
          { from: [200, 400], to: [260, 400] },
        ],
        { oneByOne: true },
      );
      await expect.poll(() => zoom.innerText()).not.toBe(before);
      await expect.poll(() => measurements().count()).toBe(1);
      expect(await measurements().first().textContent()).toMatch(/\d mm/);
    });
  });
});
