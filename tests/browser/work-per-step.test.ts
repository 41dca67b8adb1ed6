/**
 * How much the viewer does for what a reader does: a weak computer needs for each thing six times as long. What is counted are the
 * things that cost (pictures made and drawn, sizes asked of the page), never time.
 */
import type { Page } from 'playwright-core';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { ctSeries } from '#samples/ct.ts';
import { dicomFile } from '#samples/write.ts';
import { hasChromium } from './chromium.ts';
import { openedViewer } from './opened-viewer.ts';
import { openSeries, shownPixels, untilShown } from './viewer-pages.ts';

const slices = 24;
const ct = [...ctSeries({ seed: 'work per step', number: 1, slices })];
/** Each by a window of its own, as magnetic resonance has it. */
const ownWindows = ct.slice(0, 4).map(({ attributes }, at) => ({
  ...attributes,
  StudyInstanceUID: '2.25.90',
  SeriesInstanceUID: '2.25.90.1',
  SOPInstanceUID: `2.25.90.1.${at}`,
  WindowWidth: 300 + 10 * at,
}));

interface Work {
  /** pictures made of an image's values */
  made: number;
  /** pictures drawn on the canvas of a viewport */
  drawn: number;
  /** sizes that the page was asked for, of a viewport or what is in it */
  asked: number;
}

describe.skipIf(!hasChromium)('the viewer', () => {
  const viewer = openedViewer();
  let page: Page;

  beforeAll(async () => {
    const files = [...ct.map(({ attributes }) => attributes), ...ownWindows].map((each) => dicomFile(each));
    expect(await viewer.store(...files)).toBe(true);
  });

  beforeEach(async () => {
    ({ page } = viewer);
    await countWork(page);
  });

  afterEach(() => {
    expect(viewer.complaints).toEqual([]);
  });

  /** With every image in memory. */
  async function open({ StudyInstanceUID, SeriesInstanceUID } = ct[0]!.attributes, count = slices): Promise<void> {
    await openSeries(page, viewer.lightbox.address, String(StudyInstanceUID), String(SeriesInstanceUID));
    await page.locator(`.series progress[value="${count}"]`).waitFor();
    await page.locator('.viewport').hover();
    await painted(page);
  }

  test('makes and draws the first picture once', async () => {
    await open();
    expect(await workOf(page)).toMatchObject({ made: 1 });
  });

  test('draws a step through a series once, and asks the page for no size', async () => {
    await open();
    await workOf(page);
    await page.keyboard.press('ArrowDown');
    await untilShown(page, 1);
    await painted(page);
    expect(await workOf(page)).toEqual({ made: 1, drawn: 1, asked: 0 });
  });

  test('draws a step to an image with another window once, by that window', async () => {
    await open(ownWindows[0], ownWindows.length);
    await workOf(page);
    await page.keyboard.press('ArrowDown');
    await untilShown(page, 1);
    await page.locator('.corner', { hasText: 'W 310' }).waitFor();
    await painted(page);
    expect(await workOf(page)).toEqual({ made: 1, drawn: 1, asked: 0 });
  });

  test('draws another window once', async () => {
    await open();
    await workOf(page);
    await page.keyboard.press('2');
    await page.locator('.corner', { hasText: 'W 1500' }).waitFor();
    await painted(page);
    expect(await workOf(page)).toMatchObject({ made: 1, drawn: 1 });
  });

  test.each(['wheel', 'key'])(
    'draws only the image that the %s asks for last, when it asks for many at once',
    async (by) => {
      await open();
      await workOf(page);
      await page.evaluate((what) => {
        const viewport = document.querySelector('.viewport')!;
        const ask = (forward: boolean) =>
          viewport.dispatchEvent(
            what === 'wheel'
              ? new WheelEvent('wheel', { deltaY: forward ? 100 : -100, bubbles: true, cancelable: true })
              : new KeyboardEvent('keydown', {
                  key: forward ? 'ArrowDown' : 'ArrowUp',
                  bubbles: true,
                  cancelable: true,
                }),
          );
        // Over the first image, and back from there: it stops at the ends at each step, not at the end of all.
        for (const forward of [true, true, false, false, false, ...Array<boolean>(14).fill(true), false]) ask(forward);
      }, by);
      await untilShown(page, 13);
      await page.locator('.corner', { hasText: `14 / ${slices}` }).waitFor();
      await painted(page);
      expect(await workOf(page)).toMatchObject({ made: 1, drawn: 1 });
      const quick = await shownPixels(page);
      await page.keyboard.press('End');
      await untilShown(page, slices - 1);
      for (let at = slices - 2; at >= 13; at -= 1) {
        await page.keyboard.press('ArrowUp');
        await untilShown(page, at);
      }
      expect(quick.equals(await shownPixels(page))).toBe(true);
    },
  );

  test('counts every notch of a wheel that is turned while the browser is busy', async () => {
    await open();
    await page.evaluate(() => {
      const busy = () => {
        const until = performance.now() + 150;
        while (performance.now() < until);
        requestAnimationFrame(busy);
      };
      requestAnimationFrame(busy);
    });
    const browser = await page.context().newCDPSession(page);
    const { x, y, width, height } = (await page.locator('.viewport').boundingBox())!;
    const turn = { type: 'mouseWheel', x: x + width / 2, y: y + height / 2, deltaX: 0, deltaY: 120 } as const;
    // When each was turned is said: sent late, as on a busy machine, several at once are more than can have been turned in the time.
    const began = Date.now() / 1000;
    for (let notch = 0; notch < 20; notch += 1) {
      void browser.send('Input.dispatchMouseEvent', { ...turn, timestamp: began + notch * 0.04 });
      await new Promise((next) => setTimeout(next, 40));
    }
    await untilShown(page, 20);
  });

  test('leaves toolbar, strip and help as they are while somebody scrolls', async () => {
    await open();
    await page.waitForTimeout(600); // the address follows when the scrolling has ended
    await page.evaluate(() => {
      const made = { count: 0 };
      Object.assign(globalThis, { madeAnew: made });
      const { get } = Object.getOwnPropertyDescriptor(MediaQueryList.prototype, 'matches')!;
      Object.defineProperty(MediaQueryList.prototype, 'matches', {
        configurable: true,
        get(this: MediaQueryList) {
          made.count += 1; // the toolbar and the help ask whether there is a mouse
          return Reflect.apply(get!, this, []) as boolean;
        },
      });
    });
    for (let at = 1; at <= 5; at += 1) {
      await page.keyboard.press('ArrowDown');
      await untilShown(page, at);
    }
    await page.locator('.corner', { hasText: `6 / ${slices}` }).waitFor();
    expect(await page.evaluate(() => (globalThis as unknown as { madeAnew: { count: number } }).madeAnew.count)).toBe(
      0,
    );
  });

  test('asks for other images when the first one is on the screen', async () => {
    await page.addInitScript(() => {
      const watch = new MutationObserver(() => {
        if (!document.querySelector('.viewport[data-shown]')) return;
        watch.disconnect();
        requestAnimationFrame(() => Object.assign(globalThis, { pictureAt: performance.now() }));
      });
      watch.observe(document, { subtree: true, childList: true, attributeFilter: ['data-shown'] });
    });
    await open();
    const [first, second, pictureAt] = await page.evaluate(() => {
      const frames = performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('/frames/1'));
      const { pictureAt } = globalThis as unknown as { pictureAt: number };
      return [
        ...frames
          .map(({ startTime }) => startTime)
          .toSorted((a, b) => a - b)
          .slice(0, 2),
        pictureAt,
      ];
    });
    expect(first).toBeLessThan(pictureAt!);
    expect(second).toBeGreaterThan(pictureAt!);
  });
});

async function countWork(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const work = { made: 0, drawn: 0, asked: 0 };
    Object.assign(globalThis, { work });
    const { putImageData, drawImage } = CanvasRenderingContext2D.prototype;
    CanvasRenderingContext2D.prototype.putImageData = function (...image: unknown[]) {
      work.made += 1;
      return Reflect.apply(putImageData, this, image) as undefined;
    };
    CanvasRenderingContext2D.prototype.drawImage = function (...image: unknown[]) {
      if (this.canvas.closest('.viewport')) work.drawn += 1;
      return Reflect.apply(drawImage, this, image) as undefined;
    };
    for (const name of ['clientWidth', 'clientHeight'] as const) {
      const { get } = Object.getOwnPropertyDescriptor(Element.prototype, name)!;
      Object.defineProperty(Element.prototype, name, {
        configurable: true,
        get(this: Element) {
          if (this.closest('.viewport')) work.asked += 1;
          return Reflect.apply(get!, this, []) as number;
        },
      });
    }
  });
}

/** Since it was asked for last. */
const workOf = (page: Page) =>
  page.evaluate(() => {
    const { work } = globalThis as unknown as { work: Work };
    const done = { ...work };
    Object.assign(work, { made: 0, drawn: 0, asked: 0 });
    return done;
  });

/** Until whatever is being drawn is drawn. */
const painted = (page: Page) =>
  page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
