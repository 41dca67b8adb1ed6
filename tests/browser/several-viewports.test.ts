/** Several viewports of one study: what each shows at first, that they go through a head together, and one of them alone. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { mrSeries } from '#samples/mr.ts';
import { dicomFile } from '#samples/write.ts';
import { hasChromium } from './chromium.ts';
import { axeFindings, openedViewer, withoutWorker } from './opened-viewer.ts';
import { changed, ct } from './reading-samples.ts';
import { goInside } from './viewer-pages.ts';

const shots = process.env['SCREENSHOTS'];
const head = [...mrSeries({ seed: 'several viewports', number: 1 })];
const { StudyInstanceUID: study } = head[0]!.attributes;

/** One slice of a body, and the same as another series. */
const twice = ['1', '2'].map((number) =>
  changed(ct[0]!, '6', { SeriesInstanceUID: `2.25.76.${number}`, SOPInstanceUID: `2.25.76.${number}.1` }),
);

/** Four slices, and both phases of them in one series, of which the second has no third slice. */
const [plain, phases] = [
  [0, 1, 2, 3],
  [0, 1, 2, 3, 0, 1, 3],
].map((places, series) =>
  places.map((place, at) =>
    changed(ct[place]!, '8', {
      SeriesInstanceUID: `2.25.78.${series}`,
      SOPInstanceUID: `2.25.78.${series}.${at + 1}`,
      SeriesNumber: series + 1,
      InstanceNumber: at + 1,
    }),
  ),
) as [typeof ct, typeof ct];

/** The same slice, and what a scanner makes of two energies: numbers of CT that are no Hounsfield units. */
const dualEnergy = [ct[0]!, changed(ct[0]!, '5', { RescaleType: 'MGML' })].map((sample, at) =>
  changed(sample, '5', { SeriesInstanceUID: `2.25.75.${at}`, SOPInstanceUID: `2.25.75.${at}.1`, SeriesNumber: at + 1 }),
);

describe.skipIf(!hasChromium)('several viewports', () => {
  const viewer = openedViewer({ settings: withoutWorker, pageStays: true });
  beforeAll(async () => {
    const all = [...head, ...twice, ...plain, ...phases, ...dualEnergy];
    expect(await viewer.store(...all.map(({ attributes }) => dicomFile(attributes)))).toBe(true);
  });

  const pane = (number: number) => viewer.page.locator('.pane').nth(number - 1);
  const shows = (number: number, image: number) =>
    pane(number)
      .locator(`.viewport[data-shown="${image - 1}"]`)
      .waitFor();
  const imageOf = async (number: number) =>
    Number(await pane(number).locator('.viewport').getAttribute('data-shown')) + 1;

  const windowOf = async (number: number) =>
    /W \S+ +L \S+/.exec(await pane(number).locator('.corner.bottom.left').innerText())?.[0];

  /** Pixels of the screen for a millimetre, as the scale bar says. */
  const scaleOf = (number: number) =>
    pane(number)
      .locator('.scale-bar')
      .evaluate((bar) => {
        const [, length, unit] = /([\d.]+) (cm|mm)/.exec(bar.textContent)!;
        const line = bar.querySelector<HTMLElement>('.scale-line')!;
        return Number(line.style.getPropertyValue('--long')) / Number(length) / (unit === 'cm' ? 10 : 1);
      });
  /** Each of the first three in relation to a scale; they differ by a pixel of their room. */
  const scalesBy = async (scale: number) => {
    const scales = await Promise.all([1, 2, 3].map(scaleOf));
    return scales.map((each) => Math.round((each / scale) * 50) / 50);
  };

  /** The page is loaded anew in it, and is to be closed: the next test reads English. */
  async function speakVietnamese(): Promise<void> {
    await viewer.page.goto('about:blank');
    await viewer.page.addInitScript(() => localStorage.setItem('lightbox.language', 'vi'));
  }

  async function openFour(): Promise<void> {
    const { page } = viewer;
    await goInside(page, viewer.address(`/viewer?StudyInstanceUIDs=${String(study)}`));
    await shows(1, 1);
    await page.locator('.layout-choice').selectOption('2x2');
    for (const number of [1, 2, 3, 4]) await shows(number, 1);
  }

  test('have the series to be read, and no localizer while there are others', async () => {
    await openFour();
    const said = await Promise.all([1, 2, 3, 4].map((number) => pane(number).locator('.corner').allInnerTexts()));
    expect(said.map((corners) => /T1|T2|FLAIR|DWI/.exec(corners.join(' '))?.[0])).toEqual(['T1', 'T2', 'FLAIR', 'DWI']);
    expect(viewer.complaints).toEqual([]);
  });

  test('go through the slices together when they are linked, whichever is scrolled', async () => {
    const { page, complaints } = viewer;
    // The longest names of all are the Vietnamese ones.
    await speakVietnamese();
    await openFour();
    const over = async (number: number) => {
      const { x, y, width, height } = (await pane(number).boundingBox())!;
      await page.mouse.move(x + width / 2, y + height / 2);
    };
    await over(2);
    await page.mouse.wheel(0, 120);
    await shows(2, 2);
    expect([await imageOf(1), await imageOf(3)]).toEqual([1, 1]);
    const link = page.getByRole('button', {
      name: 'Cuộn, thu phóng và di chuyển các khung cùng nhau; với CT cả cửa sổ',
    });
    await link.click();
    expect(await link.getAttribute('aria-pressed')).toBe('true');
    for (const number of [1, 3]) await shows(number, 2);
    await over(3);
    for (let step = 3; step <= 5; step += 1) {
      await page.mouse.wheel(0, 120);
      for (const number of [1, 2, 3]) await shows(number, step);
    }
    // A series that is put into one of them takes none of the others back to its first image; the next step takes it along.
    await page.locator('.series').nth(1).dragTo(pane(4));
    await shows(4, 1);
    expect([await imageOf(1), await imageOf(2), await imageOf(3)]).toEqual([5, 5, 5]);
    await over(1);
    await page.mouse.wheel(0, 120);
    for (const number of [1, 2, 3, 4]) await shows(number, 6);
    // The localizer lies across: it stays, and so do the others when it is scrolled.
    await page.locator('.series').first().dragTo(pane(4));
    await shows(4, 1);
    await page.keyboard.press('ArrowDown');
    await shows(4, 2);
    expect([await imageOf(1), await imageOf(2), await imageOf(3)]).toEqual([6, 6, 6]);
    expect(await axeFindings(page)).toEqual([]);
    // As all tools with one viewport, so the one more of several has room in the one line there is.
    const hidden = () => page.locator('.toolbar-tools').evaluate((tools) => tools.scrollWidth - tools.clientWidth);
    for (const width of [1920, 1901, 1900, 1541, 1540, 1366, 1291, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      await expect.poll(async () => (await page.locator('.toolbar').boundingBox())!.height).toBeLessThan(70);
      expect([width, await hidden()]).toEqual([width, 0]);
    }
    if (shots !== undefined) await writeFile(join(shots, 'linked.png'), await page.screenshot());
    await page.evaluate(() => localStorage.removeItem('lightbox.language'));
    await page.keyboard.press('k');
    expect(await link.getAttribute('aria-pressed')).toBe('false');
    await over(1);
    await page.mouse.wheel(0, 120);
    await shows(1, 7);
    expect(await imageOf(2)).toBe(6);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('keep their phase while they are linked, also beyond a place that has no slice of it', async () => {
    const { page } = viewer;
    await viewer.signIn();
    await goInside(
      page,
      viewer.address(`/viewer?StudyInstanceUIDs=${String(plain[0]!.attributes['StudyInstanceUID'])}`),
    );
    await shows(1, 1);
    await page.locator('.layout-choice').selectOption('1x2');
    await shows(2, 1);
    await pane(2).locator('.viewport').click();
    for (let image = 2; image <= 6; image += 1) {
      await page.keyboard.press('ArrowDown');
      await shows(2, image);
    }
    await pane(1).locator('.viewport').click();
    await page.keyboard.press('k');
    for (const [image, alongside] of [
      [2, 6],
      [3, 3],
      [4, 7],
    ] as const) {
      await page.keyboard.press('ArrowDown');
      await shows(1, image);
      await shows(2, alongside);
    }
    await page.keyboard.press('k');
  });

  test('are moved and zoomed together while they are linked, to the same place of the patient', async () => {
    const { page, complaints } = viewer;
    await openFour();
    await page.keyboard.press('k');
    const { x, y, width, height } = (await pane(2).boundingBox())!;
    const at = [x + width / 2, y + height / 2] as const;
    await page.mouse.move(...at);
    await page.mouse.wheel(0, 120);
    for (const number of [1, 2, 3]) await shows(number, 2);
    for (let times = 0; times < 3; times += 1) await page.keyboard.press('+');
    await page.mouse.down({ button: 'middle' });
    await page.mouse.move(at[0] - 70, at[1] + 40, { steps: 5 });
    await page.mouse.up({ button: 'middle' });
    // A point of the patient lies at the same place of each.
    await page.keyboard.down('Shift');
    await page.mouse.click(at[0] - 30, at[1] + 20);
    await page.keyboard.up('Shift');
    const place = async (number: number) => {
      const mark = (await pane(number).locator('.references .mark[data-shown]').boundingBox())!;
      const box = (await pane(number).boundingBox())!;
      return [mark.x - box.x, mark.y - box.y];
    };
    const [across, down] = await place(2);
    for (const number of [1, 3]) {
      await expect.poll(async () => Math.abs((await place(number))[0]! - across!)).toBeLessThan(2);
      await expect.poll(async () => Math.abs((await place(number))[1]! - down!)).toBeLessThan(2);
    }
    const bar = (number: number) =>
      pane(number)
        .locator('.scale-line')
        .evaluate((line) => line.clientWidth);
    expect(await bar(1)).toBe(await bar(2));
    if (shots !== undefined) await writeFile(join(shots, 'linked-zoom.png'), await page.screenshot());
    // Unlinked, each for itself again.
    await page.keyboard.press('k');
    await page.keyboard.press('=');
    await expect.poll(() => bar(2)).not.toBe(await bar(1));
    expect(complaints).toEqual([]);
  });

  test('keep one scale while they are linked, also when one after the other is shown alone and the window changes', async () => {
    const { page, complaints } = viewer;
    await openFour();
    await page.keyboard.press('k');
    await page.keyboard.press('+');
    const zoomed = await scaleOf(1);
    const same = [1, 1, 1];
    await expect.poll(() => scalesBy(zoomed)).toEqual(same);
    await page.keyboard.press('Enter');
    await expect.poll(() => scaleOf(1)).toBeGreaterThan(zoomed * 1.5);
    const large = await scaleOf(1);
    await page.keyboard.press('n');
    await expect.poll(async () => (await scaleOf(2)) / large).toBeCloseTo(1, 1);
    await page.keyboard.press('n');
    await expect.poll(async () => (await scaleOf(3)) / large).toBeCloseTo(1, 1);
    await page.keyboard.press('Enter');
    await expect.poll(() => scalesBy(zoomed)).toEqual(same);
    // What is zoomed alone is as large in the next one, and in all of them afterwards.
    await page.keyboard.press('Enter');
    await expect.poll(() => scaleOf(3)).toBeGreaterThan(zoomed * 1.5);
    await page.keyboard.press('+');
    const larger = await scaleOf(3);
    expect(larger).toBeGreaterThan(large * 1.05);
    await page.keyboard.press('n');
    await page.keyboard.press('n');
    await expect.poll(async () => (await scaleOf(1)) / larger).toBeCloseTo(1, 1);
    await page.keyboard.press('Enter');
    await expect.poll(() => scalesBy((zoomed * larger) / large)).toEqual(same);
    await page.setViewportSize({ width: 1100, height: 560 });
    await expect.poll(() => scaleOf(1)).toBeLessThan(zoomed * 0.9);
    const small = await scaleOf(1);
    await expect.poll(() => scalesBy(small)).toEqual(same);
    await page.setViewportSize({ width: 1280, height: 800 });
    await expect.poll(() => scalesBy((zoomed * larger) / large)).toEqual(same);
    await page.keyboard.press('k');
    expect(complaints).toEqual([]);
  });

  test('have one window while they are linked where they show CT, and each its own otherwise', async () => {
    const { page, complaints } = viewer;
    await goInside(page, viewer.address('/viewer?StudyInstanceUIDs=2.25.76'));
    await shows(1, 1);
    await page.locator('.layout-choice').selectOption('1x2');
    await shows(2, 1);
    const before = await windowOf(2);
    await page.keyboard.press('2');
    await expect.poll(() => windowOf(1)).not.toBe(before);
    expect(await windowOf(2)).toBe(before);
    await page.keyboard.press('k');
    await page.keyboard.press('4');
    const chosen = await windowOf(1);
    await expect.poll(() => windowOf(2)).toBe(chosen);
    // Taken back in one it is in both.
    await page.keyboard.press(' ');
    await expect.poll(() => windowOf(1)).toBe(before);
    await expect.poll(() => windowOf(2)).toBe(before);
    await openFour();
    const ofT2 = await windowOf(2);
    await pane(1).click();
    await page.mouse.down();
    await page.mouse.move(500, 300, { steps: 4 });
    await page.mouse.up();
    await expect.poll(() => windowOf(1)).not.toBe(ofT2);
    expect(await windowOf(2)).toBe(ofT2);
    expect(complaints).toEqual([]);
  });

  test('keep each its own window where one of them shows numbers of CT in another unit', async () => {
    const { page, complaints } = viewer;
    await goInside(page, viewer.address('/viewer?StudyInstanceUIDs=2.25.75'));
    await shows(1, 1);
    await page.locator('.layout-choice').selectOption('1x2');
    await shows(2, 1);
    await page.keyboard.press('k');
    // One of the usual windows of CT; the other one has none of them.
    for (const [number, other, key] of [
      [1, 2, '4'],
      [2, 1, 'Control+ArrowUp'],
    ] as const) {
      const [own, ofOther] = [await windowOf(number), await windowOf(other)];
      await page.locator(`.pane[data-active=true]`).and(pane(number)).waitFor();
      await page.keyboard.press(key);
      await expect.poll(() => windowOf(number)).not.toBe(own);
      expect(await windowOf(other)).toBe(ofOther);
      await page.keyboard.press('n');
    }
    expect(complaints).toEqual([]);
  });

  test('say on a phone what they show, and no word of it stands in another', async () => {
    const { page, complaints } = viewer;
    await page.setViewportSize({ width: 360, height: 740 });
    await speakVietnamese(); // the longer words
    await openFour();
    const overlapping = () =>
      page.locator('.pane').evaluateAll((panes) =>
        panes.flatMap((pane) => {
          const said = [...pane.querySelectorAll<HTMLElement>('.corner bdi, .edge, .scale-bar')]
            .filter((words) => words.checkVisibility())
            .map((words) => ({ words: words.textContent, box: words.getBoundingClientRect() }));
          return said.flatMap(({ words, box }, at) =>
            said
              .slice(at + 1)
              .filter(({ box: other }) => box.left < other.right - 1 && other.left < box.right - 1)
              .filter(({ box: other }) => box.top < other.bottom - 1 && other.top < box.bottom - 1)
              .map((other) => `${words} in ${other.words}`),
          );
        }),
      );
    await expect.poll(overlapping).toEqual([]);
    // On its side the height is the image's.
    await page.locator('.layout-choice').selectOption('1x1');
    await page.setViewportSize({ width: 740, height: 360 });
    await expect.poll(async () => (await pane(1).boundingBox())!.height).toBeGreaterThan(360 * 0.6);
    const slider = (await pane(1).locator('.image-slider').boundingBox())!;
    expect(slider.height).toBeGreaterThan(3 * slider.width); // there is a way to go along it
    await page.evaluate(() => localStorage.removeItem('lightbox.language'));
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('offer to save the study that is open in one of them, and nothing where none is', async () => {
    const { page } = viewer;
    await viewer.signIn();
    await goInside(
      page,
      viewer.address(`/viewer?StudyInstanceUIDs=${String(twice[0]!.attributes['StudyInstanceUID'])}`),
    );
    await shows(1, 1);
    await page.locator('.layout-choice').selectOption('2x2');
    await shows(2, 1);
    const save = page.getByLabel('More commands').locator('option').filter({ hasText: 'Save the whole study' });
    await expect.poll(() => save.count()).toBe(1);
    await pane(4).click();
    await expect.poll(() => save.count()).toBe(0);
  });

  test('give way to one of them that is clicked twice, and come back as they were', async () => {
    const { page, complaints } = viewer;
    await openFour();
    const small = (await pane(3).boundingBox())!;
    const stage = (await page.locator('.stage').boundingBox())!;
    await pane(3).locator('.viewport').dblclick();
    await expect.poll(async () => (await pane(3).boundingBox())!.width).toBe(stage.width);
    expect(await page.locator('.pane:visible').count()).toBe(1);
    await page.keyboard.press('ArrowDown');
    await shows(3, 2);
    if (shots !== undefined) await writeFile(join(shots, 'alone.png'), await page.screenshot());
    await pane(3).locator('.viewport').dblclick();
    await expect.poll(() => pane(3).boundingBox()).toEqual(small);
    expect(await page.locator('.pane:visible').count()).toBe(4);
    // The keyboard does so too, and goes from one to the next.
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('.pane:visible').count()).toBe(1);
    await page.keyboard.press('n');
    await expect.poll(() => pane(4).isVisible()).toBe(true);
    expect(await pane(3).isVisible()).toBe(false);
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('.pane:visible').count()).toBe(4);
    await page.keyboard.press('n');
    await page.locator('.pane[data-active=true]').and(pane(1)).waitFor();
    // Of who measures two clicks are two points.
    await page.getByRole('button', { name: 'Length' }).click();
    await pane(2).locator('.viewport').dblclick();
    expect(await page.locator('.pane:visible').count()).toBe(4);
    expect(complaints).toEqual([]);
  });
});
