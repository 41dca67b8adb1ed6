/**
 * What is on the screen where several pixels of the image share one of it, drawn by the processor: the mean of their values, by the
 * window. At scales of a half and a quarter it is known to the pixel; at others, that nothing lies elsewhere.
 */
import { beforeAll, describe, expect, test } from 'vitest';

import { ctSeries } from '#samples/ct.ts';
import { dicomFile, type Attributes } from '#samples/write.ts';
import { hasChromium } from './chromium.ts';
import { openedViewer, withoutWorker } from './opened-viewer.ts';
import { goInside, shownColours, shownPixels, sizeViewport, untilShown } from './viewer-pages.ts';

const study = '2.25.78';
const [slice] = [...ctSeries({ seed: 'shrunk', number: 1, slices: 1 })];
const {
  RescaleIntercept: _intercept,
  RescaleSlope: _slope,
  RescaleType: _type,
  WindowCenterWidthExplanation: _explanation,
  ...common
} = slice!.attributes;

interface Shrunk {
  name: string;
  columns: number;
  rows: number;
  more: Attributes;
  /** of a pixel of the image: one for each colour, undefined for padding; in units of the modality */
  valuesAt: (column: number, row: number) => number[] | undefined;
  /** 0 … 255 */
  shown: (value: number) => number;
}

/** As different from one pixel to the next as can be. */
const scattered = (column: number, row: number, range: number) => (column * 7919 + row * 104_729) % range;
const clamp = (y: number) => Math.min(Math.max(y, 0), 1);
const exact = (center: number, width: number) => (value: number) => 255 * clamp((value - center) / width + 0.5);
const window = (WindowCenter: number, WindowWidth: number) => ({
  WindowCenter,
  WindowWidth,
  VOILUTFunction: 'LINEAR_EXACT',
});
const size = { columns: 1024, rows: 768 };
const isPadded = (column: number, row: number) => column < 100 || (column + row) % 5 === 0;

const images: Shrunk[] = [
  {
    name: '12 bits',
    ...size,
    more: { BitsStored: 12, HighBit: 11, PixelRepresentation: 0, ...window(2000, 1500) },
    valuesAt: (column, row) => [scattered(column, row, 4001)],
    shown: exact(2000, 1500),
  },
  {
    name: 'signed, MONOCHROME1',
    ...size,
    more: { PixelRepresentation: 1, PhotometricInterpretation: 'MONOCHROME1', ...window(-300, 900) },
    valuesAt: (column, row) => [scattered(column, row, 3001) - 1800],
    shown: (value) => 255 - exact(-300, 900)(value),
  },
  {
    name: 'two values only',
    ...size,
    more: { PixelRepresentation: 0, ...window(0.5, 1) },
    valuesAt: (column, row) => [scattered(column, row, 7) % 2],
    shown: exact(0.5, 1),
  },
  {
    name: 'a window as narrow as for a stroke, in all the range of CT',
    ...size,
    more: { PixelRepresentation: 1, ...window(40, 40) },
    valuesAt: (column, row) => [
      column + row === 0 ? -1024 : column + row === 1 ? 3071 : 20 + scattered(column, row, 41),
    ],
    shown: exact(40, 40),
  },
  {
    name: 'fractions',
    ...size,
    more: { PixelRepresentation: 0, RescaleSlope: 0.001, RescaleIntercept: -0.3, ...window(0.4, 1.5) },
    valuesAt: (column, row) => [scattered(column, row, 1501) * 0.001 - 0.3],
    shown: exact(0.4, 1.5),
  },
  {
    name: 'padding',
    ...size,
    more: { PixelRepresentation: 1, PixelPaddingValue: -2000, ...window(500, 1500) },
    valuesAt: (column, row) => (isPadded(column, row) ? undefined : [scattered(column, row, 1001)]),
    shown: exact(500, 1500),
  },
  {
    name: 'RGB',
    ...size,
    more: {
      SOPClassUID: '1.2.840.10008.5.1.4.1.1.7',
      Modality: 'OT',
      SamplesPerPixel: 3,
      PlanarConfiguration: 0,
      PhotometricInterpretation: 'RGB',
      BitsAllocated: 8,
      BitsStored: 8,
      HighBit: 7,
      PixelRepresentation: 0,
    },
    valuesAt: (column, row) => [scattered(column, row, 256), column % 256, row % 2 === 0 ? 255 : 0],
    shown: (value) => value,
  },
];

/** Rises to the right or downwards, by 2.55 of 255 a pixel at the end: so what lies elsewhere, even by less than a pixel, is seen. */
const ramp = (name: string, columns: number, rows: number, from: number, along: 'column' | 'row'): Shrunk => ({
  name,
  columns,
  rows,
  more: { PixelRepresentation: 0, ...window(10 * (from + 50), 1000) },
  valuesAt: (column, row) => [10 * (along === 'column' ? column : row)],
  shown: exact(10 * (from + 50), 1000),
});
const ramps = [
  { ...ramp('to the right', 2003, 1501, 1900, 'column'), along: 'column' as const },
  { ...ramp('downwards', 2003, 1501, 1400, 'row'), along: 'row' as const },
];

describe.skipIf(!hasChromium)('an image that is shrunk by the processor', () => {
  const viewer = openedViewer({ settings: withoutWorker, pageStays: true });

  beforeAll(async () => {
    expect(await viewer.store(...[...images, ...ramps].map((image, at) => fileOf(image, at + 1)))).toBe(true);
  });

  async function open(number: number): Promise<void> {
    const { SeriesInstanceUID } = seriesOf(number);
    await goInside(
      viewer.page,
      viewer.address(`/viewer?StudyInstanceUIDs=${study}&SeriesInstanceUID=${SeriesInstanceUID}`),
    );
    await untilShown(viewer.page, 0);
  }

  test.each(images.map((image, at) => ({ ...image, number: at + 1 })))(
    'has the mean of the values behind each pixel: $name',
    async ({ number, columns, rows, valuesAt, shown }) => {
      const { page } = viewer;
      await open(number);
      for (const by of [2, 4]) {
        await sizeViewport(page, columns / by, rows / by);
        const expected = meansOf({ columns, rows, valuesAt }, by).map((mean) => shown(mean));
        const far = async () => {
          const seen = await shownColours(page);
          return expected.reduce((most, grey, at) => Math.max(most, Math.abs(grey - seen[at]!)), 0);
        };
        // An image is drawn a moment after the viewport has its size.
        await expect.poll(far, patience).toBeLessThan(1.5);
      }
    },
  );

  test.each(ramps.map((image, at) => ({ ...image, number: images.length + at + 1 })))(
    'lies where it lies at every scale, to a part of a pixel: $name',
    async ({ number, columns, rows, shown, along }) => {
      const { page } = viewer;
      await open(number);
      for (const [width, height] of [
        [901, 700],
        [640, 480],
        [333, 300],
        [210, 190],
      ] as const) {
        await sizeViewport(page, width, height);
        const scale = Math.min(width / columns, height / rows);
        const far = () => farthest(page, { width, height, columns, rows, scale, along, shown });
        await expect.poll(far, patience).toBeLessThan(2);
      }
    },
  );

  test('is painted wherever it comes into sight, zoomed, moved and turned', async () => {
    const { page } = viewer;
    await open(1);
    await sizeViewport(page, 500, 360);
    await page.locator('.viewport').hover();
    const { x, y, width, height } = (await page.locator('.viewport').boundingBox())!;
    const [middle, center] = [x + width / 2, y + height / 2];
    const move = async (by: number) => {
      await page.mouse.move(middle, center);
      await page.mouse.down({ button: 'middle' });
      for (const share of [0.05, 0.1, 0.4, 1]) await page.mouse.move(middle + 0.2 * share * by, center + share * by);
      await page.mouse.up({ button: 'middle' });
    };
    const acts: Record<string, () => Promise<void>> = {
      'each pixel on one of the screen': () => page.keyboard.press('0'),
      'moved down': () => move(150),
      'moved up': () => move(-170),
      'and farther': () => move(-150),
      'by another window': () => page.keyboard.press('i'),
      turned: () => page.keyboard.press('r'),
      'moved while it is turned': () => move(100),
      mirrored: () => page.keyboard.press('v'),
      larger: () => page.keyboard.press('+'),
      smaller: async () => {
        for (let time = 0; time < 3; time += 1) await page.keyboard.press('-');
      },
    };
    for (const [what, act] of Object.entries(acts)) {
      await act();
      const shown = await shownPixels(page);
      // All of it anew, twice.
      await page.keyboard.press('i');
      const inverted = await shownPixels(page);
      await page.keyboard.press('i');
      expect(shown.equals(await shownPixels(page)), what).toBe(true);
      // Bright and dark make all the light there is together. Beside the image, which is seen at last, there is none.
      const isBeside = (sum: number) => what === 'smaller' && sum === 0;
      const wrong = [...shown]
        .map((grey, at) => grey + inverted[at]!)
        .filter((sum) => !isBeside(sum) && Math.abs(sum - 255) > 2);
      expect(wrong.length, what).toBe(0);
    }
  });

  /** How far the greys on the screen are from those of the ramp there, which is a straight line in the upper half of its window. */
  async function farthest(
    page: typeof viewer.page,
    of: { width: number; height: number; columns: number; rows: number; scale: number } & {
      along: 'column' | 'row';
      shown: (value: number) => number;
    },
  ): Promise<number> {
    const { width, height, columns, rows, scale, along, shown } = of;
    const seen = await shownPixels(page);
    const isAcross = along === 'column';
    const [room, pixels] = isAcross ? [width, columns] : [height, rows];
    const start = (room - pixels * scale) / 2;
    let far = 0;
    for (let at = 0; at < room; at += 1) {
      // The first and last ones of the image have nothing on one side, and the window ends.
      const place = (at + 0.5 - start) / scale - 0.5;
      const grey = shown(10 * place);
      if (place > pixels - 1.5 / scale || grey < 30 || grey > 250) continue;
      const middle = isAcross ? Math.floor(height / 2) * width + at : at * width + Math.floor(width / 2);
      far = Math.max(far, Math.abs(grey - seen[middle]!));
    }
    return far;
  }
});

const patience = { timeout: 60_000 };

const seriesOf = (number: number) => ({
  StudyInstanceUID: study,
  SeriesInstanceUID: `${study}.${number}`,
  SOPInstanceUID: `${study}.${number}.1`,
  SeriesNumber: number,
});

function fileOf({ columns, rows, more, valuesAt }: Shrunk, number: number): Buffer {
  const { RescaleSlope = 1, RescaleIntercept = 0, PixelPaddingValue = 0, SamplesPerPixel = 1 } = more;
  const samples = Number(SamplesPerPixel);
  const stored = samples === 3 ? new Uint8Array(columns * rows * 3) : new Uint16Array(columns * rows);
  for (let row = 0, at = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1, at += samples) {
      const values = valuesAt(column, row)?.map((value) =>
        Math.round((value - Number(RescaleIntercept)) / Number(RescaleSlope)),
      );
      stored.set(values ?? [Number(PixelPaddingValue)], at);
    }
  }
  return dicomFile({
    ...common,
    ...seriesOf(number),
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: rows,
    Columns: columns,
    BitsAllocated: 16,
    BitsStored: 16,
    HighBit: 15,
    ...more,
    PixelData: new Uint8Array(stored.buffer),
  });
}

/** For red, green and blue. Where there is padding only, the value that it has. */
function meansOf({ columns, rows, valuesAt }: Pick<Shrunk, 'columns' | 'rows' | 'valuesAt'>, by: number): number[] {
  const means: number[] = [];
  for (let top = 0; top < rows; top += by) {
    for (let left = 0; left < columns; left += by) {
      const square: number[][] = [];
      for (let at = 0; at < by * by; at += 1) {
        const values = valuesAt(left + (at % by), top + Math.floor(at / by));
        if (values) square.push(values);
      }
      for (let colour = 0; colour < 3; colour += 1) {
        const sum = square.reduce((all, values) => all + (values[colour] ?? values[0]!), 0);
        means.push(square.length === 0 ? -2000 : sum / square.length);
      }
    }
  }
  return means;
}
