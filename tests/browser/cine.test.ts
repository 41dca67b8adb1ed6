/** Films: how fast they are played, which way, several at once, and none that nobody sees. */
import { beforeAll, describe, expect, test } from 'vitest';

import { usSeries } from '#samples/us.ts';
import { dicomFile } from '#samples/write.ts';
import { hasChromium } from './chromium.ts';
import { openedViewer, withoutWorker } from './opened-viewer.ts';
import { changed } from './reading-samples.ts';

const [loop] = [...usSeries({ seed: 'cine', number: 1 })];
const { StudyInstanceUID: study } = loop!.attributes;
/** Eight frames that are to be shown to and fro. */
const swinging = changed(loop!, '5', {
  PreferredPlaybackSequencing: 1,
  RecommendedDisplayFrameRate: 12,
  NumberOfFrames: 8,
  PixelData: (loop!.attributes['PixelData'] as Uint8Array).subarray(0, 8 * 640 * 480 * 3),
});

/** As fast as none of the steps. */
const ofOwnRate = changed(swinging, '6', { RecommendedDisplayFrameRate: 23 });

/** Two clips of one study. */
const clips = [loop!, swinging].map((clip, at) =>
  changed(clip, '7', { SeriesInstanceUID: `2.25.77.${at}`, SOPInstanceUID: `2.25.77.${at}.1`, SeriesNumber: at + 1 }),
);

describe.skipIf(!hasChromium)('cine', () => {
  const viewer = openedViewer({ settings: withoutWorker });
  beforeAll(async () => {
    const all = [loop!, swinging, ofOwnRate, ...clips];
    expect(await viewer.store(...all.map(({ attributes }) => dicomFile(attributes)))).toBe(true);
  });

  const pane = (number: number) => viewer.page.locator('.pane').nth(number - 1);
  const imageOf = async (number: number) => Number(await pane(number).locator('.viewport').getAttribute('data-shown'));
  const corner = () => pane(1).locator('.corner.bottom.right').innerText();

  async function open(uid: string): Promise<void> {
    await viewer.page.goto(viewer.address(`/viewer?StudyInstanceUIDs=${uid}`));
    await viewer.page.locator('.viewport[data-shown="0"]').waitFor();
  }

  test('is as fast as the file says until the reader makes it slower or faster, by keys or by the list', async () => {
    const { page, complaints } = viewer;
    await open(String(study));
    expect(await corner()).toContain('30 frames per second');
    const speed = page.getByLabel('Cine speed');
    expect(await speed.count()).toBe(0);
    await page.keyboard.press('c');
    const said = () => speed.evaluate((list) => (list as HTMLSelectElement).selectedOptions[0]!.text);
    await expect.poll(said).toBe('30 frames per second');
    for (const [key, rate] of [
      [',', 25],
      [',', 20],
      ['.', 25],
      ['.', 30],
      ['.', 40],
    ] as const) {
      await page.keyboard.press(key);
      await expect.poll(said).toBe(`${rate} frames per second`);
      expect(await corner()).toContain(`${rate} frames per second`);
    }
    await speed.selectOption({ label: '4 frames per second' });
    await expect.poll(corner).toContain('4 frames per second');
    const before = await imageOf(1);
    await expect.poll(() => imageOf(1)).not.toBe(before);
    await page.keyboard.press('c');
    await speed.waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
  });

  test('has the rate of the file among those to choose from, also after another one was chosen', async () => {
    const { page } = viewer;
    await open(String(ofOwnRate.attributes['StudyInstanceUID']));
    expect(await corner()).toContain('23 frames per second');
    for (const [key, rate] of [
      ['.', 25],
      ['.', 30],
      [',', 25],
      [',', 23],
      [',', 20],
      ['.', 23],
    ] as const) {
      await page.keyboard.press(key);
      await expect.poll(corner).toContain(`${rate} frames per second`);
    }
  });

  test('goes to and fro where the file prefers that', async () => {
    const { page } = viewer;
    await open(String(swinging.attributes['StudyInstanceUID']));
    expect(await corner()).toContain('12 frames per second');
    const seen = page.evaluate(async () => {
      const viewport = document.querySelector<HTMLElement>('.viewport')!;
      const shown: number[] = [];
      await new Promise<void>((done) => {
        new MutationObserver(() => {
          shown.push(Number(viewport.dataset['shown']));
          if (shown.length >= 30) done();
        }).observe(viewport, { attributeFilter: ['data-shown'] });
      });
      return shown;
    });
    await page.keyboard.press('c');
    const shown = await seen;
    // Whatever is left out on a busy machine, from the last frame it never springs to the first.
    const back = shown.filter((at, place) => place > 0 && at < shown[place - 1]! && at > 0);
    expect(back.length).toBeGreaterThan(3);
  });

  test('goes on in the next clip until the reader stops it', async () => {
    const { page } = viewer;
    await open('2.25.77');
    await page.keyboard.press('c');
    const stop = page.locator('.tool[aria-label=Cine][aria-pressed=true]');
    await stop.waitFor();
    await page.keyboard.press('ArrowRight');
    await expect.poll(corner).toContain('/ 8');
    await stop.waitFor();
    const before = await imageOf(1);
    await expect.poll(() => imageOf(1)).not.toBe(before);
    await page.keyboard.press('c');
    await page.keyboard.press('ArrowLeft');
    await expect.poll(corner).toContain('Image 1 / 30');
    await page.locator('.tool[aria-label=Cine][aria-pressed=false]').waitFor();
  });

  test('does not go on in the next clip where the reader stops it before that has come', async () => {
    const { page } = viewer;
    await open('2.25.77');
    const asked = Promise.withResolvers<void>();
    const given = Promise.withResolvers<void>();
    await page.route(/frame/, async (route) => {
      if (route.request().url().includes('2.25.77.1')) {
        asked.resolve();
        await given.promise;
      }
      await route.continue();
    });
    await page.keyboard.press('c');
    await page.locator('.tool[aria-label=Cine][aria-pressed=true]').waitFor();
    await page.keyboard.press('ArrowRight');
    await asked.promise;
    await page.locator('.tool[aria-label=Cine][aria-pressed=true]').waitFor();
    await page.keyboard.press('c');
    await page.locator('.tool[aria-label=Cine][aria-pressed=false]').waitFor();
    given.resolve();
    await expect.poll(corner).toContain('Image 1 / 8');
    await page.locator('.tool[aria-label=Cine][aria-pressed=false]').waitFor();
    expect(await imageOf(1)).toBe(0);
  });

  test('plays in several viewports at once, and stops where it is not seen', async () => {
    const { page } = viewer;
    await open(String(study));
    await page.keyboard.press('c');
    await page.locator('.layout-choice').selectOption('1x2');
    await page.locator('.series').first().dragTo(pane(2));
    await pane(2).locator('.viewport[data-shown="0"]').waitFor();
    await page.keyboard.press('c');
    for (const number of [1, 2]) {
      const before = await imageOf(number);
      await expect.poll(() => imageOf(number)).not.toBe(before);
    }
    await pane(2).locator('.viewport').dblclick();
    await pane(1).locator('.viewport').waitFor({ state: 'hidden' });
    const left = await imageOf(1);
    const watched = await imageOf(2);
    await expect.poll(() => imageOf(2)).not.toBe(watched);
    expect(await imageOf(1)).toBe(left);
    // The one that gives way to the next stops too.
    await page.keyboard.press('n');
    await pane(2).locator('.viewport').waitFor({ state: 'hidden' });
    const given = await imageOf(2);
    await page.keyboard.press('c');
    await expect.poll(() => imageOf(1)).not.toBe(left);
    const seen = await imageOf(1);
    await expect.poll(() => imageOf(1)).not.toBe(seen);
    expect(await imageOf(2)).toBe(given);
  });
});
