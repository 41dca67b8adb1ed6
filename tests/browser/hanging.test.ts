/** Mammograms and radiographs as their study is opened: which hangs where, how large, and what a phone shows. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';

import { dicomFile, type Attributes } from '#samples/write.ts';
import { hasChromium } from './chromium.ts';
import { openedViewer, withoutWorker } from './opened-viewer.ts';
import { changed, cr } from './reading-samples.ts';
import { goInside } from './viewer-pages.ts';

const shots = process.env['SCREENSHOTS'];
const [columns, rows] = [180, 240];

/** A breast as detectors give it: bright at the chest wall, which is at the right of a right breast. */
function mammogram(number: number, side: 'R' | 'L', view: 'CC' | 'MLO', study = '2.25.79', field: Attributes = {}) {
  const fromWall = (at: number) => (side === 'R' ? columns - 1 - (at % columns) : at % columns);
  const more: Attributes = {
    SOPClassUID: '1.2.840.10008.5.1.4.1.1.1.2',
    SOPInstanceUID: `${study}.${number}.1`,
    SeriesInstanceUID: `${study}.${number}`,
    SeriesNumber: number,
    Modality: 'MG',
    ImageLaterality: side,
    ViewPosition: view,
    PatientOrientation: [side === 'R' ? 'P' : 'A', view === 'MLO' ? 'F' : side === 'R' ? 'L' : 'R'],
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: rows,
    Columns: columns,
    BitsAllocated: 8,
    BitsStored: 8,
    HighBit: 7,
    PixelRepresentation: 0,
    WindowCenter: 128,
    WindowWidth: 256,
    PixelData: Uint8Array.from({ length: columns * rows }, (_, at) => 250 - fromWall(at)),
    ...field,
  };
  return changed(cr!, '9', { ...more, StudyInstanceUID: study });
}

const breasts = [mammogram(1, 'L', 'MLO'), mammogram(2, 'R', 'CC'), mammogram(3, 'L', 'CC'), mammogram(4, 'R', 'MLO')];
/** Without the view that would hang first. */
const incomplete = [
  mammogram(1, 'L', 'CC', '2.25.77'),
  mammogram(2, 'R', 'MLO', '2.25.77'),
  mammogram(3, 'L', 'MLO', '2.25.77'),
];
const oneBreast = [mammogram(1, 'L', 'MLO', '2.25.76'), mammogram(2, 'L', 'CC', '2.25.76')];
/** One breast on a field half as large as the other's, with pixels as large; the field is bright all over. */
const ofSmallField = {
  Rows: rows / 2,
  Columns: columns / 2,
  PixelData: new Uint8Array((rows * columns) / 4).fill(200),
};
const bright = { PixelData: new Uint8Array(rows * columns).fill(200) };
const unlike = [mammogram(1, 'R', 'CC', '2.25.75', bright), mammogram(2, 'L', 'MLO', '2.25.75', ofSmallField)];
const ofOneSeries = { SeriesInstanceUID: '2.25.74.1', SeriesNumber: 1 };
const scrolled = [
  mammogram(1, 'L', 'CC', '2.25.74', { ...ofSmallField, ...ofOneSeries, InstanceNumber: 1 }),
  mammogram(2, 'L', 'MLO', '2.25.74', { ...bright, ...ofOneSeries, InstanceNumber: 2 }),
  mammogram(3, 'R', 'CC', '2.25.74', { ...bright, ...ofOneSeries, InstanceNumber: 3 }),
];
const chest = [
  changed(cr!, '8', { ViewPosition: 'LL', SOPInstanceUID: '2.25.78.1.1', InstanceNumber: 1 }),
  changed(cr!, '8', { ViewPosition: 'PA', SOPInstanceUID: '2.25.78.1.2', InstanceNumber: 2 }),
];

describe.skipIf(!hasChromium)('hanging', () => {
  const viewer = openedViewer({
    settings: withoutWorker,
    browser: { viewport: { width: 1920, height: 1080 } },
    pageStays: true,
  });
  beforeAll(async () => {
    const all = [...breasts, ...incomplete, ...oneBreast, ...unlike, ...scrolled, ...chest, cr!];
    expect(await viewer.store(...all.map(({ attributes }) => dicomFile(attributes)))).toBe(true);
  });

  async function open(study: string, panes: number, shown = panes): Promise<void> {
    const { page } = viewer;
    await goInside(page, viewer.address(`/viewer?StudyInstanceUIDs=${study}`));
    await page
      .locator('.viewport[data-shown]')
      .nth(shown - 1)
      .waitFor();
    expect(await page.locator('.pane').count()).toBe(panes);
  }
  const views = async () => {
    const corners = await viewer.page.locator('.pane .corner.bottom.right').allInnerTexts();
    return corners.map((words) => /(Right|Left) · \w+/.exec(words)?.[0]);
  };
  /** How far the picture reaches, in pixels of the page from the left and the top of each viewport, and the viewport's size. */
  const extents = () =>
    viewer.page.evaluate(async () => {
      await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
      return [...document.querySelectorAll<HTMLElement>('.viewport')].map((viewport) => {
        const canvases = [...viewport.querySelectorAll<HTMLCanvasElement>('canvas:not(.planes)')];
        const canvas = canvases.find(({ style }) => style.display !== 'none')!;
        const { width, height } = canvas;
        const { data } = canvas.getContext('2d')!.getImageData(0, 0, width, height);
        const lit = (x: number, y: number) => data[4 * (y * width + x)]! > 8;
        const across = Array.from({ length: width }, (_, x) => x).filter((x) => lit(x, height >> 1));
        const middle = across[across.length >> 1]!;
        const down = Array.from({ length: height }, (_, y) => y).filter((y) => lit(middle, y));
        return { left: across[0]!, right: across.at(-1)! + 1, top: down[0]!, bottom: down.at(-1)! + 1, width, height };
      });
    });
  /** How long the scale bars are on the screen, and in the patient: of twice the scale is one as long for half as much. */
  const bars = () =>
    viewer.page
      .locator('.scale-bar')
      .evaluateAll((all) => all.map((bar) => `${getComputedStyle(bar.firstElementChild!).width} ${bar.textContent}`));
  const shoot = async (name: string) => {
    if (shots) await writeFile(join(shots, `${name}.png`), await viewer.page.screenshot());
  };

  test('mammograms hang in their order with the chest walls together, also after the window changed and all is reset', async () => {
    const { page, complaints } = viewer;
    await open('2.25.79', 4);
    expect(await views()).toEqual(['Right · CC', 'Left · CC', 'Right · MLO', 'Left · MLO']);
    const areTogether = async () => {
      const [rightCC, leftCC, rightMLO, leftMLO] = await extents();
      for (const { right, width, top, bottom, height } of [rightCC!, rightMLO!]) {
        expect([right, top, bottom]).toEqual([width, 0, height]);
      }
      for (const { left, top, bottom, height } of [leftCC!, leftMLO!])
        expect([left, top, bottom]).toEqual([0, 0, height]);
    };
    await areTogether();
    await shoot('mammograms');
    await page.setViewportSize({ width: 1500, height: 900 });
    await expect.poll(async () => (await extents())[0]!.width).toBeLessThan(800);
    await areTogether();
    await page.keyboard.press('h'); // of a right breast
    await page.locator('.pane').first().getByText('Mirrored').waitFor();
    await page.keyboard.press(' ');
    await page.locator('.pane').first().getByText('Mirrored').waitFor({ state: 'detached' });
    await areTogether();
    expect(complaints).toEqual([]);
  });

  test('a breast on a smaller field is as large as the other one, until it has all the room or the reader zooms', async () => {
    const { page, complaints } = viewer;
    await open('2.25.75', 2);
    expect(await views()).toEqual(['Right · CC', 'Left · MLO']);
    const heights = async () => (await extents()).map(({ top, bottom }) => bottom - top);
    const sameScale = async () => {
      const [large, small] = await extents();
      expect(large!.bottom - large!.top).toBe(large!.height);
      expect(Math.abs(small!.bottom - small!.top - large!.height / 2)).toBeLessThan(3);
      // At the chest wall, and in the middle of its height.
      expect(small!.left).toBe(0);
      expect(Math.abs((small!.top + small!.bottom) / 2 - small!.height / 2)).toBeLessThan(2);
    };
    await sameScale();
    await shoot('unlike');
    await page.setViewportSize({ width: 1400, height: 700 });
    await expect.poll(async () => (await heights())[0]).toBeLessThan(700);
    await sameScale();
    const second = page.locator('.pane').nth(1);
    await second.locator('.viewport').dblclick();
    await expect.poll(async () => (await extents())[1]!.width).toBeGreaterThan(1000);
    const [, alone] = await extents();
    expect([alone!.top, alone!.bottom]).toEqual([0, alone!.height]);
    await second.locator('.viewport').dblclick();
    await expect.poll(async () => (await extents())[1]!.width).toBeLessThan(1000);
    await sameScale();
    await page.keyboard.press('+');
    await expect.poll(async () => (await heights())[1]!).toBeGreaterThan((await heights())[0]! * 0.55);
    await page.keyboard.press(' ');
    await expect.poll(async () => (await heights())[1]!).toBeLessThan((await heights())[0]! * 0.51);
    await sameScale();
    expect(complaints).toEqual([]);
  });

  test('an image of another field in the same series has the scale of the others too', async () => {
    const { page, complaints } = viewer;
    await open('2.25.74', 4, 3);
    expect(await views()).toEqual(['Right · CC', 'Left · CC', 'Left · MLO']);
    const leftCC = page.locator('.pane').nth(1);
    const ofHeight = async (place: number) => {
      const { top, bottom, height } = (await extents())[place]!;
      return (bottom - top) / height;
    };
    expect(await ofHeight(1)).toBeCloseTo(0.5, 1);
    await leftCC.locator('.viewport').hover();
    await page.mouse.wheel(0, 100);
    await leftCC.getByText('Left · MLO').waitFor();
    await expect.poll(() => ofHeight(1)).toBe(1);
    expect((await extents())[1]!.left).toBe(0);
    await page.mouse.wheel(0, 100);
    await leftCC.getByText('Right · CC').waitFor();
    await expect.poll(async () => (await extents())[1]!.right).toBe((await extents())[1]!.width);
    await page.mouse.wheel(0, -100);
    await page.mouse.wheel(0, -100);
    await leftCC.getByText('Left · CC').waitFor();
    await expect.poll(() => ofHeight(1)).toBeCloseTo(0.5, 1);
    expect((await extents())[1]!.left).toBe(0);
    expect(complaints).toEqual([]);
  });

  test('breasts that are linked are zoomed together, each moved for itself, and hang again when one is fitted', async () => {
    const { page, complaints } = viewer;
    await open('2.25.75', 2);
    const hung = await extents();
    await page.keyboard.press('k');
    const [first] = await page.locator('.pane').all();
    const { x, y, width, height } = (await first!.boundingBox())!;
    await page.mouse.move(x + width * 0.9, y + height / 2);
    // By the mouse, by a key, and from the breast on the smaller field.
    await page.mouse.down({ button: 'right' });
    await page.mouse.move(x + width * 0.9, y + height / 2 - 60, { steps: 5 });
    await page.mouse.up({ button: 'right' });
    const heightsOfSmall = async () => {
      const { top, bottom } = (await extents())[1]!;
      return bottom - top;
    };
    const zoomed = await heightsOfSmall();
    expect(zoomed).toBeGreaterThan((hung[1]!.bottom - hung[1]!.top) * 1.2);
    expect(new Set(await bars()).size).toBe(1);
    await page.keyboard.press('n');
    await page.keyboard.press('-');
    await expect.poll(heightsOfSmall).toBeLessThan(zoomed * 0.9);
    await expect.poll(async () => new Set(await bars()).size).toBe(1);
    // What is zoomed while it has all the room takes the other along when it is back.
    const second = page.locator('.pane').nth(1).locator('.viewport');
    await second.dblclick();
    await expect.poll(async () => (await extents())[1]!.width).toBeGreaterThan(1000);
    await page.keyboard.press('+');
    await second.dblclick();
    await expect.poll(async () => (await extents())[1]!.width).toBeLessThan(1000);
    await expect.poll(heightsOfSmall).toBeGreaterThan(zoomed * 0.9);
    await expect.poll(async () => new Set(await bars()).size).toBe(1);
    // So it does when another one has got the room in its place: that is as large as it was.
    for (const stepsAside of [0, 1]) {
      await page.keyboard.press('=');
      await expect.poll(extents).toEqual(hung);
      await page.keyboard.press('Enter');
      await expect.poll(async () => (await extents())[1]!.width).toBeGreaterThan(1000);
      await page.keyboard.press('+');
      const scale = (await bars())[1];
      await page.keyboard.press('n');
      await expect.poll(async () => (await extents())[0]!.width).toBeGreaterThan(1000);
      await expect.poll(async () => (await bars())[0]).toBe(scale);
      if (stepsAside) await page.keyboard.press('n');
      await page.keyboard.press('Enter');
      await expect.poll(async () => Math.max(...(await extents()).map((each) => each.width))).toBeLessThan(1000);
      await expect.poll(async () => new Set(await bars()).size).toBe(1);
      await expect.poll(heightsOfSmall).toBeGreaterThan((hung[1]!.bottom - hung[1]!.top) * 1.05);
      if (!stepsAside) await page.keyboard.press('n');
    }
    const before = await extents();
    await page.mouse.move(x + width * 0.9, y + height / 2);
    await page.mouse.down({ button: 'middle' });
    await page.mouse.move(x + width * 0.6, y + height / 2 - 20, { steps: 5 });
    await page.mouse.up({ button: 'middle' });
    await expect.poll(async () => (await extents())[0]).not.toEqual(before[0]);
    expect((await extents())[1]).toEqual(before[1]);
    await page.keyboard.press('=');
    await expect.poll(extents).toEqual(hung);
    // What was fitted while it had all the room hangs beside the other as before.
    await page.keyboard.press('+');
    await expect.poll(heightsOfSmall).toBeGreaterThan((hung[1]!.bottom - hung[1]!.top) * 1.05);
    await page.keyboard.press('Enter');
    await expect.poll(async () => (await extents())[0]!.width).toBeGreaterThan(1000);
    await page.keyboard.press('=');
    await page.keyboard.press('Enter');
    await expect.poll(extents).toEqual(hung);
    // In a window of another size both are of another.
    await page.keyboard.press('+');
    const wide = await bars();
    for (const [width, height] of [
      [1500, 700],
      [1920, 1080],
    ] as const) {
      await page.setViewportSize({ width, height });
      await expect.poll(async () => (await bars())[0] === wide[0]).toBe(width === 1920);
      await expect.poll(async () => new Set(await bars()).size).toBe(1);
    }
    await page.keyboard.press('k');
    expect(complaints).toEqual([]);
  });

  test('breasts that are linked and zoomed keep their scale where one is stepped to an image of another field', async () => {
    const { page, complaints } = viewer;
    await open('2.25.74', 4, 3);
    await page.keyboard.press('k');
    const leftCC = page.locator('.pane').nth(1);
    await leftCC.locator('.viewport').hover();
    await page.mouse.wheel(0, 100);
    await leftCC.getByText('Left · MLO').waitFor();
    const hung = await bars();
    await page.keyboard.press('+');
    await expect.poll(async () => (await bars())[0]).not.toBe(hung[0]);
    const zoomed = await bars();
    expect(new Set(zoomed).size).toBe(1);
    for (const [turn, name] of [
      [-100, 'Left · CC'],
      [100, 'Left · MLO'],
    ] as const) {
      await page.mouse.wheel(0, turn);
      await leftCC.getByText(name).waitFor();
      await extents(); // drawn
      await expect.poll(bars).toEqual(zoomed);
    }
    await page.keyboard.press('k');
    expect(complaints).toEqual([]);
  });

  test('a mirrored breast is placed at once as it will stay', async () => {
    const { page, complaints } = viewer;
    await open('2.25.74', 4, 3);
    const leftCC = page.locator('.pane').nth(1);
    await leftCC.click();
    await page.keyboard.press('h');
    await leftCC.getByText('Mirrored').waitFor();
    // Where its chest wall is now it would be at the wrong edge.
    const { left, right, width, top, bottom, height } = (await extents())[1]!;
    expect(Math.abs((left + right) / 2 - width / 2)).toBeLessThan(2);
    expect((bottom - top) / height).toBeCloseTo(0.5, 1);
    await page.keyboard.press('r');
    const whole = (await extents())[1]!;
    await leftCC.locator('.viewport').dblclick();
    await expect.poll(async () => (await extents())[1]!.height).toBeGreaterThan(whole.height * 1.5);
    await leftCC.locator('.viewport').dblclick();
    await expect.poll(async () => (await extents())[1]).toEqual(whole);
    expect(complaints).toEqual([]);
  });

  test('while a series is being opened beside it a breast stays as large as it is', async () => {
    const { page, complaints } = viewer;
    await goInside(page, viewer.address('/viewer?StudyInstanceUIDs=2.25.75,2.25.79'));
    await page.locator('.viewport[data-shown]').waitFor();
    await page.locator('.layout-choice').selectOption('1x2');
    await page.locator('.viewport[data-shown]').nth(1).waitFor();
    expect(await views()).toEqual(['Right · CC', 'Left · MLO']);
    const small = async () => {
      const { top, bottom } = (await extents()).at(-1)!;
      return bottom - top;
    };
    const before = await small();
    const asked = Promise.withResolvers<void>();
    const given = Promise.withResolvers<void>();
    await page.route(/2\.25\.79\.1\/metadata/, async (route) => {
      asked.resolve();
      await given.promise;
      await route.continue();
    });
    await page.locator('.series').nth(2).dragTo(page.locator('.pane').first());
    await asked.promise;
    expect(await small()).toBe(before);
    given.resolve();
    await page.locator('.pane').first().getByText('Left · MLO').waitFor();
    expect(Math.abs((await small()) - before)).toBeLessThan(3);
    expect(complaints).toEqual([]);
  });

  test('a view that was not made leaves its place empty, and the tools are for the first that was', async () => {
    const { page, complaints } = viewer;
    await open('2.25.77', 4, 3);
    expect(await views()).toEqual(['Left · CC', 'Right · MLO', 'Left · MLO']);
    const empty = page.locator('.pane').first();
    await empty.getByText('Choose a series').waitFor();
    expect(await empty.locator('.preview, .loading-line').count()).toBe(0);
    await page.locator('.pane[data-active=true]').and(page.locator('.pane').nth(1)).waitFor();
    await page.getByRole('button', { name: 'Length' }).waitFor();
    await shoot('incomplete');
    // What is chosen for it hangs there after all.
    await page.locator('.series').nth(1).dragTo(empty);
    await empty.locator('.viewport[data-shown]').waitFor();
    await open('2.25.76', 2);
    expect(await views()).toEqual(['Left · CC', 'Left · MLO']);
    await shoot('one-breast');
    expect(complaints).toEqual([]);
  });

  test('a chest from the front hangs beside that from the side', async () => {
    await open('2.25.78', 2);
    expect(await views()).toEqual(['Right · PA', 'Right · LL']);
    await shoot('chest');
  });

  test('a stage that the reader has divided while the study was read stays so', async () => {
    const { page } = viewer;
    const asked = Promise.withResolvers<void>();
    const given = Promise.withResolvers<void>();
    await page.route(/2\.25\.79\.4/, async (route) => {
      asked.resolve();
      await given.promise;
      await route.continue();
    });
    await goInside(page, viewer.address('/viewer?StudyInstanceUIDs=2.25.79'));
    await asked.promise;
    await page.locator('.layout-choice').selectOption('1x2');
    given.resolve();
    await page.locator('.viewport[data-shown]').nth(1).waitFor();
    expect(await page.locator('.pane').count()).toBe(2);
    expect(await views()).toEqual(['Left · MLO', 'Right · CC']);
  });

  test('one radiograph fills the height, and a phone shows one at a time as wide as it is', async () => {
    const { page } = viewer;
    await open(String(cr!.attributes['StudyInstanceUID']), 1);
    const [alone] = await extents();
    expect([alone!.top, alone!.bottom]).toEqual([0, alone!.height]);
    await shoot('radiograph');
    await page.setViewportSize({ width: 360, height: 740 });
    await open('2.25.78', 1);
    expect(await views()).toEqual(['Right · PA']);
    const [onPhone] = await extents();
    const { Rows, Columns } = cr!.attributes as { Rows: number; Columns: number };
    // Its sides are dark, so its height is what tells.
    const wanted = Math.min(onPhone!.height, (onPhone!.width * Rows) / Columns);
    expect(Math.abs(onPhone!.bottom - onPhone!.top - wanted)).toBeLessThan(3);
    await shoot('phone');
  });
});
