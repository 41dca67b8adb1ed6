import sharp from 'sharp';
import { expect, test } from 'vitest';
import { type PicturePixels, picturePixels } from '#tests/picture-pixels.ts';
import type { RenderedFrame } from '#dicom/pixels/render.ts';
import { BadRegion, encodePicture, type PictureOptions, pictureTypes, TooLargeForType } from './picture.ts';

/** 8 × 4 pixels, each with a grey of its own. */
const frame: RenderedFrame = {
  rows: 4,
  columns: 8,
  channels: 1,
  bytes: Uint8Array.from({ length: 32 }, (_, index) => index * 8),
};

async function pixels(options: Partial<PictureOptions>, of = frame): Promise<PicturePixels> {
  return picturePixels(await encodePicture(of, { type: 'image/png', ...options }));
}

test.each(pictureTypes)('%s comes out as what it says, in the size of the frame', async (type) => {
  const { format, width, height } = await sharp(await encodePicture(frame, { type })).metadata();
  expect([`image/${format}`, width, height]).toEqual([type, 8, 4]);
});

test('PNG holds exactly the rendered pixels, and grey stays one channel', async () => {
  expect((await pixels({})).bytes).toEqual([...frame.bytes]);
  expect((await sharp(await encodePicture(frame, { type: 'image/png' })).metadata()).channels).toBe(1);
});

test('the viewport is filled without changing the shape of the image', async () => {
  const size = async (width: number, height: number) => {
    const scaled = await pixels({ viewport: { width, height } });
    return [scaled.width, scaled.height];
  };
  expect(await size(4, 4)).toEqual([4, 2]);
  expect(await size(100, 20)).toEqual([40, 20]);
});

test('pixels that are not square are given their shape with the size of the viewport, and only then', async () => {
  const size = async (
    pixelAspect: number,
    viewport?: PictureOptions['viewport'],
    more: Partial<PictureOptions> = {},
  ) => {
    const { width, height } = await pixels({ viewport, ...more }, { ...frame, pixelAspect });
    return [width, height];
  };
  // Twice as high as wide, and half as high.
  expect(await size(2, { width: 100, height: 100 })).toEqual([100, 100]);
  expect(await size(0.5, { width: 100, height: 100 })).toEqual([100, 25]);
  expect(await size(2, { width: 100, height: 100, region: { x: 0, y: 0, width: 4, height: 4 } })).toEqual([50, 100]);
  expect(await size(2, { width: 100, height: 100 }, { withoutEnlargement: true })).toEqual([8, 8]);
  expect(await size(0.5, { width: 100, height: 100 }, { withoutEnlargement: true })).toEqual([16, 4]);
  expect(await size(1e9, { width: 100, height: 100 })).toEqual([1, 100]);
  expect(await size(2)).toEqual([8, 4]);
  expect(await size(2, { region: { x: 0, y: 0, width: 4, height: 4 } })).toEqual([4, 4]);
});

test('a picture of another size has no rims along its edges: nothing in it is brighter or darker than the image', async () => {
  const side = 64;
  const isWithin = (at: number) => [at % side, Math.floor(at / side)].every((place) => place >= 20 && place < 44);
  const bytes = Uint8Array.from({ length: side * side }, (_, at) => (isWithin(at) ? 200 : 60));
  const square: RenderedFrame = { rows: side, columns: side, channels: 1, bytes };
  for (const size of [23, 47, 150]) {
    const values = (await pixels({ viewport: { width: size, height: size } }, square)).bytes;
    expect([size, Math.min(...values), Math.max(...values)]).toEqual([size, 60, 200]);
  }
});

test('a region is cut out, and mirrored where its extents are negative', async () => {
  const region = { x: 2, y: 1, width: 2, height: 2 };
  const cut = (differs: object) =>
    pixels({ viewport: { width: 2, height: 2, region: { ...region, ...differs } } }).then(({ bytes }) =>
      bytes.map((byte) => byte / 8),
    );
  expect(await cut({})).toEqual([10, 11, 18, 19]);
  expect(await cut({ width: -2 })).toEqual([11, 10, 19, 18]);
  expect(await cut({ height: -2 })).toEqual([18, 19, 10, 11]);
});

test('a region that reaches over the edge ends there; one that lies outside is refused', async () => {
  const part = await pixels({ viewport: { width: 8, height: 8, region: { x: 6, y: 2, width: 100, height: 100 } } });
  expect([part.width, part.height]).toEqual([8, 8]);
  const outside = { width: 8, height: 8, region: { x: 8, y: 0 } };
  await expect(encodePicture(frame, { type: 'image/png', viewport: outside })).rejects.toThrow(BadRegion);
});

test('quality makes JPEG and WebP smaller', async () => {
  const noise = {
    ...frame,
    rows: 64,
    columns: 64,
    bytes: Uint8Array.from({ length: 4096 }, (_, i) => (i * i * 31) % 251),
  };
  for (const type of ['image/jpeg', 'image/webp'] as const) {
    const [low, high] = await Promise.all([10, 95].map((quality) => encodePicture(noise, { type, quality })));
    expect(low!.length).toBeLessThan(high!.length);
  }
});

test('JPEG has the Huffman tables of the standard, which cost nothing to find', async () => {
  const jpeg = await encodePicture(frame, { type: 'image/jpeg' });
  // ITU-T T.81 Table K.3, as B.2.4.2 writes it: class and destination 0, how many codes of each length, and their values.
  const luminanceDc = '00' + '00010501010101010100000000000000' + '000102030405060708090a0b';
  expect(jpeg.toString('hex')).toContain(luminanceDc);
});

test('a frame that is too wide for a type says so, and fits into a viewport', async () => {
  const wide = { rows: 1, columns: 20_000, channels: 1, bytes: new Uint8Array(20_000) } as const;
  await expect(encodePicture(wide, { type: 'image/webp' })).rejects.toThrow(TooLargeForType);
  expect((await pixels({ type: 'image/webp', viewport: { width: 100, height: 100 } }, wide)).width).toBe(100);
});
