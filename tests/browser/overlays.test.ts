/** Overlays of group 60xx (PS3.3 C.9.2) over the picture: in an element of their own or in unused bits, of each frame, off by a key. */
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';

import { ctSeries } from '#samples/ct.ts';
import { dicomFile, type Attributes } from '#samples/write.ts';
import { explicit } from '../dataset-bytes.ts';
import { hasChromium } from './chromium.ts';
import { openedViewer, withoutWorker } from './opened-viewer.ts';
import { openAtOne, openSeries, shownColours, sizeViewport, untilShown } from './viewer-pages.ts';

const side = 512;
const frames = 6;
const [slice] = [...ctSeries({ seed: 'overlays', number: 1, slices: 1 })];
const study = '2.25.78';

const us = (...values: number[]) => Buffer.from(Uint16Array.from(values).buffer);

interface Plane {
  group?: number;
  origin?: [row: number, column: number];
  rows: number;
  columns: number;
  /** of each of its frames */
  isPoint?: (frame: number, row: number, column: number) => boolean;
  frames?: number;
  firstFrame?: number;
  bit?: number;
}

function plane({ group = 0x6000, origin = [1, 1], rows, columns, isPoint, frames: count = 1, firstFrame, bit }: Plane) {
  const at = (element: number) => group * 0x10000 + element;
  const bits = Buffer.alloc(Math.ceil((count * rows * columns) / 16) * 2);
  for (let index = 0; isPoint && index < count * rows * columns; index += 1) {
    const [frame, point] = [Math.floor(index / rows / columns), index % (rows * columns)];
    if (isPoint(frame, Math.floor(point / columns), point % columns)) bits[index >> 3]! |= 1 << (index & 7);
  }
  return Buffer.concat([
    explicit(at(0x0010), 'US', us(rows)),
    explicit(at(0x0011), 'US', us(columns)),
    ...(count > 1 ? [explicit(at(0x0015), 'IS', Buffer.from(`${count} `))] : []),
    explicit(at(0x0040), 'CS', Buffer.from('G ')),
    explicit(at(0x0050), 'SS', us(...origin)),
    ...(firstFrame ? [explicit(at(0x0051), 'US', us(firstFrame))] : []),
    explicit(at(0x0100), 'US', us(bit === undefined ? 1 : 16)),
    explicit(at(0x0102), 'US', us(bit ?? 0)),
    ...(isPoint ? [explicit(at(0x3000), 'OW', bits)] : []),
  ]);
}

/** A file with overlays; every pixel of the image is middle grey. */
function fileWith(number: number, attributes: Attributes, planes: Buffer[]): Buffer {
  const uids = {
    StudyInstanceUID: study,
    SeriesInstanceUID: `${study}.${number}`,
    SOPInstanceUID: `${study}.${number}.1`,
    SeriesNumber: number,
  };
  const window = { RescaleIntercept: 0, RescaleSlope: 1, WindowCenter: 1000, WindowWidth: 2001 };
  const file = dicomFile({ ...slice!.attributes, ...window, ...attributes, ...uids });
  const pixelData = file.indexOf(Buffer.from('e07f10004f57', 'hex'));
  return Buffer.concat([file.subarray(0, pixelData), ...planes, file.subarray(pixelData)]);
}

const grey = 1000;
const words = (count: number, value: (at: number) => number) =>
  new Uint8Array(Uint16Array.from({ length: count }, (_, at) => value(at)).buffer);

const isCross = (row: number, column: number) => row === 10 || column === 20;
const isRing = (at: number) => Math.abs(Math.hypot((at % side) - 256, Math.floor(at / side) - 200) - 90) < 1;

const cross = fileWith(1, { PixelData: words(side * side, () => grey) }, [
  plane({ origin: [101, 51], rows: 40, columns: 60, isPoint: (_, row, column) => isCross(row, column) }),
]);
const ring = fileWith(2, { PixelData: words(side * side, (at) => grey | (isRing(at) ? 0x8000 : 0)) }, [
  plane({ rows: side, columns: side, bit: 15 }),
]);
const film = fileWith(3, { NumberOfFrames: String(frames), PixelData: words(frames * side * side, () => grey) }, [
  plane({
    rows: side,
    columns: side,
    frames: frames - 1,
    firstFrame: 2,
    isPoint: (frame, row) => row === 100 + 10 * frame,
  }),
]);

/** One row each, at places that lie in different ways between the pixels of a small viewport. */
const linesAt = Array.from({ length: 12 }, (_, at) => 20 + 37 * at + (at % 5));
const lines = fileWith(4, { PixelData: words(side * side, () => grey) }, [
  plane({ rows: side, columns: side, isPoint: (_, row) => linesAt.includes(row) }),
]);

describe.skipIf(!hasChromium)('overlays', () => {
  const viewer = openedViewer({ settings: withoutWorker, browser: { viewport: { width: 1000, height: 700 } } });

  beforeAll(async () => {
    expect(await viewer.store(cross, ring, film, lines)).toBe(true);
  });

  const opened = (number: number, drawnBy = 'processor') =>
    openAtOne(viewer.page, viewer.lightbox.address, { study, series: `${study}.${number}`, side, drawnBy });

  /** Which pixels are white; whatever is not is the middle grey of the image. */
  async function whiteOn(page: Page): Promise<(at: number) => boolean> {
    const shown = await shownColours(page);
    const others = shown.filter((value) => value !== 255 && Math.abs(value - 128) > 1);
    expect(others.length).toBe(0);
    return (at) => shown[3 * at] === 255;
  }

  const differing = (is: (at: number) => boolean, expected: (at: number) => boolean) =>
    Array.from({ length: side * side }, (_, at) => at).filter((at) => is(at) !== expected(at)).length;
  const onlyWhite = async (page: Page, expected: (at: number) => boolean) =>
    await expect.poll(async () => differing(await whiteOn(page), expected)).toBe(0);
  const place = (at: number) => [Math.floor(at / side), at % side] as const;
  const isOnCross = (at: number) => {
    const [row, column] = [place(at)[0] - 100, place(at)[1] - 50];
    return row >= 0 && row < 40 && column >= 0 && column < 60 && isCross(row, column);
  };
  const nothing = () => false;

  test.each(['processor', 'graphics card'])('in a group of its own, over an image drawn by the %s', async (drawnBy) => {
    const page = await opened(1, drawnBy);
    await onlyWhite(page, isOnCross);
    const button = page.getByRole('button', { name: 'Overlays' });
    expect(await button.getAttribute('aria-pressed')).toBe('true');
    await page.keyboard.press('o');
    await onlyWhite(page, nothing);
    await button.click();
    await onlyWhite(page, isOnCross);
    await page.keyboard.press('h');
    const mirrored = (at: number) => isOnCross(place(at)[0] * side + side - 1 - place(at)[1]);
    await onlyWhite(page, mirrored);
  });

  test('in unused bits of the pixel cells, which are no part of the values', async () => {
    const page = await opened(2);
    await onlyWhite(page, isRing);
    await page.keyboard.press('o');
    await onlyWhite(page, nothing);
  });

  test('of each frame its own, fetched when they are too long for the metadata', async () => {
    const page = await opened(3);
    for (let frame = 0; frame < frames; frame += 1) {
      await untilShown(page, frame);
      const isOnLine = (at: number) => frame > 0 && place(at)[0] === 100 + 10 * (frame - 1);
      await onlyWhite(page, isOnLine);
      await page.keyboard.press('ArrowDown');
    }
  });

  test.each(['processor', 'graphics card'])(
    'loses no thin line where the image is much smaller, drawn by the %s',
    async (drawnBy) => {
      const page = await opened(4, drawnBy);
      for (const size of [side, 200, 120, 70]) {
        await sizeViewport(page, size, size);
        const shown = await shownColours(page);
        const across = Math.round(Math.sqrt(shown.length / 3));
        const isSeen = (row: number) => {
          const at = Math.floor(((row + 0.5) * across) / side);
          return [at - 1, at, at + 1].some((near) => (shown[3 * (near * across + (across >> 1))] ?? 0) > 150);
        };
        expect({ size, seen: linesAt.filter(isSeen) }).toEqual({ size, seen: linesAt });
      }
    },
  );

  test('that cannot be fetched are said to be missing', async () => {
    const { page } = viewer;
    await page.route('**/bulkdata/**', (route) => route.abort());
    await openSeries(page, viewer.lightbox.address, study, `${study}.3`);
    await page.keyboard.press('ArrowDown');
    await page.getByText('The overlays of the image could not be loaded').waitFor();
  });

  test('are no tool where there are none', async () => {
    const page = await opened(3);
    const button = page.getByRole('button', { name: 'Overlays' });
    expect(await button.isDisabled()).toBe(true);
    expect(await button.getAttribute('aria-pressed')).toBe('false');
    await page.keyboard.press('ArrowDown');
    await untilShown(page, 1);
    await expect.poll(() => button.isDisabled()).toBe(false);
    expect(await button.getAttribute('aria-pressed')).toBe('true');
  });
});
