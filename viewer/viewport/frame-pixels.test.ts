import { expect, test } from 'vitest';
import { LoadError, type JsonDataset } from '../archive-client.ts';
import { dataset } from '../test-dataset.ts';
import { paint } from './paint.ts';
import { rectangle, statisticsIn } from './region-statistics.ts';
import { supplementalPaletteOf } from './held-in-color.ts';
import { withColors } from './supplemental-palette.ts';
import { checkDrawable, framePixels, pixelFormatOf } from './frame-pixels.ts';
import { decodedValues, nativeSamples, storedValues } from './native-samples.ts';
import { windowOver } from './windows.ts';

const grey = (attributes: Record<string, unknown[]> = {}) =>
  dataset({
    '00280002': [1],
    '00280004': ['MONOCHROME2'],
    '00280010': [1],
    '00280011': [4],
    '00280100': [16],
    '00280101': [12],
    '00280102': [11],
    '00280103': [1],
    ...attributes,
  });

function pixelsOf(instance: JsonDataset, bytes: Uint8Array) {
  const format = pixelFormatOf(instance);
  return framePixels(storedValues(nativeSamples(bytes, format), format), format, instance, 1);
}

const words = (...values: number[]) => new Uint8Array(Uint16Array.from(values).buffer);

test('12 signed bits in 16 are read with their sign, whatever the other bits say', () => {
  expect([...pixelsOf(grey(), words(0xf800, 0x07ff, 0xafff, 1)).values]).toEqual([-2048, 2047, -1, 1]);
});

test('slope and intercept are applied, in whole numbers where they are whole', () => {
  const hounsfield = pixelsOf(grey({ '00281053': [2], '00281052': [-1024] }), words(0, 1, 2, 3));
  expect(hounsfield.values).toEqual(Int16Array.of(-1024, -1022, -1020, -1018));
  const fractions = pixelsOf(grey({ '00281053': [0.5] }), words(0, 1, 2, 3));
  expect(fractions.values).toEqual(Float32Array.of(0, 0.5, 1, 1.5));
});

test('doses are what is stored times their own scaling', () => {
  const dose = grey({ '3004000E': [0.25], '00280101': [16], '00280102': [15], '00280103': [0] });
  expect(pixelsOf(dose, words(0, 1, 2, 60_000)).values).toEqual(Float32Array.of(0, 0.25, 0.5, 15_000));
});

test.each([
  [1, -1024],
  [-2, 7],
  [0.1, -0.3],
  [1, 0.5],
  [-0.001, 0],
  [40, -9],
  [1, 0],
])('every stored value is one on the line of slope %d and intercept %d, and the outermost are known', (slope, at) => {
  const stored = Int16Array.from({ length: 4096 }, (_, index) => ((index * 1409) % 4096) - 2048);
  const instance = grey({ '00280011': [4096], '00281053': [slope], '00281052': [at] });
  const { values, smallest, largest } = pixelsOf(instance, new Uint8Array(stored.buffer));
  const Kind = values.constructor as Float32ArrayConstructor;
  const expected = Kind.from(stored, (value) => value * slope + at);
  expect(Kind).toBe(
    Number.isInteger(slope) && Number.isInteger(at) ? (slope === 40 ? Float32Array : Int16Array) : Float32Array,
  );
  expect(values).toEqual(expected);
  expect([smallest, largest]).toEqual([Math.min(...expected), Math.max(...expected)]);
});

test('a Modality LUT Sequence stands in place of slope and intercept', () => {
  const item = dataset({ '00283002': [3, 1, 16], '00283006': [100, 200, 300] });
  expect([...pixelsOf(grey({ '00283000': [item] }), words(0, 1, 2, 9)).values]).toEqual([100, 100, 200, 300]);
});

test('padding does not widen the range of an image, and looks as its background', () => {
  const pixels = pixelsOf(
    grey({ '00280120': [-2000], '00280121': [-1990] }),
    words(0x10000 - 1995, 10, 20, 0x10000 - 2000),
  );
  expect([pixels.smallest, pixels.largest]).toEqual([10, 20]);
  const shown = new Uint32Array(4);
  paint(pixels, { window: { center: 15, width: 10, shape: 'LINEAR_EXACT' }, inverse: false }, shown);
  expect([...shown].map((word) => word & 0xff)).toEqual([0, 0, 255, 0]);
});

test('of padding under a Modality LUT no other values are taken for it, whatever the table makes of it', () => {
  const item = dataset({ '00283002': [6, 0, 16], '00283006': [500, 7, 400, 450, 100, 900] });
  const padded = grey({ '00283000': [item], '00280120': [0], '00280121': [1], '00280103': [0] });
  const pixels = pixelsOf(padded, words(1, 4, 2, 0));
  expect([...pixels.values]).toEqual([500, 100, 400, 500]);
  expect(pixels).toMatchObject({ smallest: 100, largest: 400, padding: { from: 500, to: 500, shownAs: 500 } });
  // The table makes the same of another value, which counts.
  const alike = dataset({ '00283002': [3, 0, 16], '00283006': [500, 500, 100] });
  expect(
    pixelsOf({ ...padded, ...dataset({ '00283000': [alike], '00280121': [0] }) }, words(0, 1, 2, 2)),
  ).toMatchObject({
    smallest: 100,
    largest: 500,
  });
});

test('an image of one value lies where it does among all that it could have, and of one bit is black or white', () => {
  const shownOf = (image: JsonDataset, bytes: Uint8Array) => {
    const pixels = pixelsOf(image, bytes);
    const shown = new Uint32Array(4);
    paint(pixels, { window: windowOver(pixels), inverse: false }, shown);
    return shown[3]! & 0xff;
  };
  const bits = { '00280100': [1], '00280101': [1], '00280102': [0], '00280103': [0] };
  expect(shownOf(grey(bits), Uint8Array.of(0b1111))).toBe(255);
  expect(shownOf(grey(bits), Uint8Array.of(0))).toBe(0);
  const value = words(1024, 1024, 1024, 1024);
  expect(shownOf(grey({ '00280103': [0] }), value)).toBe(64);
  expect(shownOf(grey({ '00281053': [2], '00281052': [-5] }), value)).toBe(191);
  // Beside padding it is told from that.
  const padded = grey({ '00280120': [-5] });
  expect(pixelsOf(padded, words(7, 7, 0xfffb, 7))).toMatchObject({ smallest: -5, largest: 7, isEven: true });
  expect(pixelsOf(padded, words(7, 8, 0xfffb, 7))).toMatchObject({ smallest: 7, largest: 8, isEven: false });
  expect(pixelsOf(grey(), value).isEven).toBe(true);
});

test('what the archive has decoded is read with its sign, and without one as far as it goes', () => {
  const signed = pixelFormatOf(grey());
  const unsigned = pixelFormatOf(grey({ '00280103': [0] }));
  expect([...(decodedValues(Uint16Array.of(0x0fff, 5), signed) as Int32Array)]).toEqual([-1, 5]);
  expect([...(decodedValues(Uint16Array.of(0xffff, 5), signed) as Int32Array)]).toEqual([-1, 5]);
  expect([...(decodedValues(Uint16Array.of(0x0fff, 0x1002), unsigned) as Uint16Array)]).toEqual([4095, 4098]);
  const overshot = Int16Array.of(-2052, -1, 2047, 2050);
  expect([...(decodedValues(new Uint16Array(overshot.buffer), signed) as Int32Array)]).toEqual([-2048, -1, 2047, 2047]);
});

test('bits that cannot be stored in a cell are as if nothing was said of them', () => {
  const impossible = grey({ '00280101': [17], '00280102': [40], '00280103': [0] });
  expect([...pixelsOf(impossible, words(1, 2, 3, 65_535)).values]).toEqual([1, 2, 3, 65_535]);
});

test.each([
  [0.0123, 0],
  [0.1, -0.3],
  [-0.0123, 7.7],
])('padding is left out where a slope of %d and an intercept of %d make fractions of it', (slope, at) => {
  const line = { '00281053': [slope], '00281052': [at], '00280103': [0] };
  for (const [padding, limit] of [1000, 2001, 3003].flatMap((from) =>
    [0, 1].map((more) => [from, from + more] as const),
  )) {
    const image = grey({ ...line, '00280120': [padding], '00280121': [limit] });
    const pixels = pixelsOf(image, words(padding, 10, 20, limit));
    const ends = [10, 20].map((stored) => Math.fround(stored * slope + at)).sort((a, b) => a - b);
    expect([pixels.smallest, pixels.largest]).toEqual(ends);
    const whole = rectangle([
      [0, 0],
      [3, 0],
    ])!;
    expect(statisticsIn(whole, pixels, 4)).toMatchObject({ count: 2, smallest: ends[0], largest: ends[1] });
  }
});

test('a slice is drawn by its own values and its own padding, whatever was drawn with that window before', () => {
  const presentation = { window: { center: 0, width: 100, shape: 'LINEAR_EXACT' as const }, inverse: true };
  const drawn = (...args: Parameters<typeof pixelsOf>) => {
    const pixels = pixelsOf(...args);
    const shown = new Uint32Array(pixels.values.length / (pixels.color ? 3 : 1));
    paint(pixels, presentation, shown);
    return [...shown].map((word) => word & 0xff);
  };
  const [signed, unsigned] = [grey(), grey({ '00280103': [0] })];
  const padded = grey({ '00280120': [-50], '00280121': [-40] });
  for (const time of ['first', 'again']) {
    expect(drawn(signed, words(0x10000 - 50, 0, 50, 25)), time).toEqual([255, 128, 0, 64]);
    expect(drawn(unsigned, words(0x10000 - 50, 0, 50, 25)), time).toEqual([0, 128, 0, 64]);
    expect(drawn(padded, words(0x10000 - 45, 0, 50, 25)), time).toEqual([255, 128, 0, 64]);
  }
});

test('each colour of a pixel is drawn by the window, also where a grey image of as many bits was drawn by it before', () => {
  const presentation = { window: { center: 100, width: 100, shape: 'LINEAR_EXACT' as const }, inverse: false };
  const drawn = (values: number[], color: boolean) => {
    const shown = new Uint32Array(values.length / (color ? 3 : 1));
    const pixels = { color, values: Uint8Array.from(values), smallest: 0, largest: 255, negative: false };
    paint({ ...pixels, padding: undefined }, presentation, shown);
    return [...new Uint8Array(shown.buffer)];
  };
  expect(drawn([0, 150, 100], false)).toEqual([0, 0, 0, 255, 255, 255, 255, 255, 128, 128, 128, 255]);
  for (let time = 0; time < 2; time += 1) {
    expect(drawn([150, 50, 100, 70, 75, 255], true)).toEqual([255, 0, 128, 255, 51, 64, 255, 255]);
  }
});

test('Float Pixel Data is read as what it is, and what is no number is background', () => {
  const floats = grey({ '00280100': [32], '7FE00008': [], '00280122': [-1] });
  const pixels = pixelsOf(floats, new Uint8Array(Float32Array.of(0.5, NaN, -1, 2.5).buffer));
  expect(pixels.values).toEqual(Float32Array.of(0.5, NaN, -1, 2.5));
  expect([pixels.smallest, pixels.largest]).toEqual([0.5, 2.5]);
  const shown = new Uint32Array(4);
  paint(pixels, { window: { center: 1.5, width: 2, shape: 'LINEAR_EXACT' }, inverse: false }, shown);
  expect([...shown].map((word) => word & 0xff)).toEqual([0, 0, 0, 255]);
  const doubles = grey({ '00280100': [64], '7FE00009': [] });
  const bytes = new Uint8Array(Float64Array.of(0.25, 1, 2, 4).buffer);
  expect(pixelsOf(doubles, bytes).values).toEqual(Float32Array.of(0.25, 1, 2, 4));
});

test('single bits, the first in the lowest place', () => {
  const bits = grey({ '00280100': [1], '00280101': [1], '00280102': [0], '00280103': [0] });
  expect([...pixelsOf(bits, Uint8Array.of(0b0110)).values]).toEqual([0, 1, 1, 0]);
});

test('samples of 12 bits side by side, with their sign, the first in the lowest places', () => {
  const packed = grey({ '00280100': [12] });
  expect(() => checkDrawable(pixelFormatOf(packed))).not.toThrow();
  expect([...pixelsOf(packed, Uint8Array.of(0x01, 0xf0, 0xff, 0xff, 0x07, 0x80)).values]).toEqual([1, -1, 2047, -2048]);
  expect(() => pixelsOf(packed, words(1, -1, 2047, -2048))).toThrow(LoadError);
});

test('MONOCHROME1 is told, not turned: the values stay', () => {
  const pixels = pixelsOf(grey({ '00280004': ['MONOCHROME1'] }), words(1, 2, 3, 4));
  expect([pixels.negative, ...pixels.values]).toEqual([true, 1, 2, 3, 4]);
});

test('what a window gives goes through the presentation LUT of the image, which says itself what is white', () => {
  const table = dataset({ '00283002': [3, 7, 8], '00283006': [200, 0, 100] });
  const shownOf = (attributes: Record<string, unknown[]>, inverse: boolean) => {
    const pixels = pixelsOf(grey({ ...attributes, '20500010': [table] }), words(0, 40, 50, 100));
    const { negative, presentationLut } = pixels;
    const window = { center: 50, width: 100, shape: 'LINEAR_EXACT' as const };
    const shown = new Uint32Array(4);
    paint(pixels, { window, inverse: inverse !== negative, presentationLut }, shown);
    return [...shown].map((word) => word & 0xff);
  };
  expect(shownOf({}, false)).toEqual([200, 0, 0, 100]);
  expect(shownOf({}, true)).toEqual([55, 255, 255, 155]);
  expect(shownOf({ '00280004': ['MONOCHROME1'], '20500020': ['INVERSE'] }, false)).toEqual([200, 0, 0, 100]);
});

test('a palette becomes colour', () => {
  const table = (...entries: number[]) => ({
    vr: 'OW',
    InlineBinary: Buffer.from(words(...entries)).toString('base64'),
  });
  const palette = {
    ...grey({ '00280004': ['PALETTE COLOR'], '00280100': [8], '00280101': [8], '00280102': [7], '00280103': [0] }),
    ...dataset({ '00281101': [2, 0, 16], '00281102': [2, 0, 16], '00281103': [2, 0, 16] }),
    '00281201': table(0, 0xff00),
    '00281202': table(0x8000, 0),
    '00281203': table(0, 0x1200),
  };
  expect(pixelsOf(palette, Uint8Array.of(0, 1, 1, 0)).values.subarray(0, 6)).toEqual(
    Uint8Array.of(0, 0x80, 0, 0xff, 0, 0x12),
  );
});

test('a palette in segments becomes colour, with entries of 16 bits and of 8', () => {
  // PS3.3 C.7.9.2: one entry as it is, and four on the way to the last.
  const segmented = (bits: number, data: Uint8Array): JsonDataset => {
    const table = { vr: 'OW', InlineBinary: Buffer.from(data).toString('base64') };
    return {
      ...grey({ '00280004': ['PALETTE COLOR'], '00280100': [8], '00280101': [8], '00280102': [7], '00280103': [0] }),
      ...dataset({ '00281101': [5, 0, bits], '00281102': [5, 0, bits], '00281103': [5, 0, bits] }),
      '00281221': table,
      '00281222': table,
      '00281223': table,
    };
  };
  for (const palette of [segmented(16, words(0, 1, 0, 1, 4, 0x8000)), segmented(8, Uint8Array.of(0, 1, 0, 1, 4, 0x80))])
    expect(pixelsOf(palette, Uint8Array.of(1, 4, 0, 2)).values.subarray(0, 6)).toEqual(
      Uint8Array.of(0x20, 0x20, 0x20, 0x80, 0x80, 0x80),
    );
});

test('from the first value of a supplemental palette on there is colour, and grey in its window below', () => {
  const table = (tag: number, ...entries: number[]) =>
    dataset({ [`0028110${tag}`]: [2, 100, 16], [`0028120${tag}`]: entries });
  const flow = (...presentation: string[]) => ({
    ...grey({ '00089205': presentation, '00280103': [0] }),
    ...table(1, 0xff00, 0),
    ...table(2, 0, 0x8000),
    ...table(3, 0x1200, 0),
  });
  const values = [0, 99, 100, 4000];
  const pixels = pixelsOf(flow('COLOR'), words(...values));
  const window = { center: 99, width: 198, shape: 'LINEAR_EXACT' as const };
  const palette = supplementalPaletteOf(flow('COLOR'))!;
  expect(withColors(values, pixels, palette, window)).toMatchObject({
    color: true,
    values: Uint8Array.of(0, 0, 0, 128, 128, 128, 0xff, 0, 0x12, 0, 0x80, 0),
  });
  const turned = pixelsOf({ ...flow('MIXED'), ...dataset({ '00280004': ['MONOCHROME1'] }) }, words(...values));
  expect([...withColors(values, turned, palette, window).values].slice(0, 3)).toEqual([255, 255, 255]);
  expect(supplementalPaletteOf(flow('MONOCHROME'))).toBeUndefined();
  expect(supplementalPaletteOf(flow())).toBeUndefined();
});

test('colour by plane becomes colour by pixel', () => {
  const planes = grey({
    '00280002': [3],
    '00280004': ['RGB'],
    '00280006': [1],
    '00280011': [2],
    '00280100': [8],
    '00280101': [8],
    '00280102': [7],
    '00280103': [0],
  });
  expect([...pixelsOf(planes, Uint8Array.of(1, 2, 3, 4, 5, 6)).values]).toEqual([1, 3, 5, 2, 4, 6]);
});

test('colour of single bits comes by plane or by pixel', () => {
  const bits = grey({
    '00280002': [3],
    '00280004': ['RGB'],
    '00280011': [2],
    '00280100': [1],
    '00280101': [1],
    '00280102': [0],
  });
  const redThenGreen = [255, 0, 0, 0, 255, 0];
  expect([...pixelsOf(bits, Uint8Array.of(0b010_001)).values]).toEqual(redThenGreen);
  const byPlane = { ...bits, ...dataset({ '00280006': [1] }) };
  expect([...pixelsOf(byPlane, Uint8Array.of(0b00_10_01)).values]).toEqual(redThenGreen);
});

test('too few bytes, and too many, are refused rather than shown', () => {
  expect(() => nativeSamples(words(1, 2), pixelFormatOf(grey()))).toThrow(LoadError);
  expect(() => nativeSamples(words(1, 2, 3, 4, 5), pixelFormatOf(grey()))).toThrow(LoadError);
});

test('what has no picture here is said before anything is fetched', () => {
  expect(() => checkDrawable(pixelFormatOf(grey({ '00280100': [24] })))).toThrow(LoadError);
  expect(() => checkDrawable(pixelFormatOf(grey({ '00280100': [0] })))).toThrow(LoadError);
  expect(() => checkDrawable(pixelFormatOf(grey({ '00280002': [4], '00280004': ['CMYK'] })))).toThrow(LoadError);
  expect(() => checkDrawable(pixelFormatOf(grey()))).not.toThrow();
});
