import sharp from 'sharp';
import { expect, test } from 'vitest';

import type { FrameDescription } from './frame-description.ts';
import { CannotShow } from './picture.ts';
import { thumbnailOfFrame, thumbnailOfJpeg } from './thumbnail.ts';

const description: FrameDescription = {
  rows: 300,
  columns: 600,
  samplesPerPixel: 1,
  photometricInterpretation: 'MONOCHROME2',
  planar: false,
  bitsAllocated: 8,
  bitsStored: 8,
  highBit: 7,
  signed: false,
  bigEndian: false,
  rescaleSlope: 1,
  rescaleIntercept: 0,
  window: undefined,
  padding: undefined,
  palette: undefined,
};

/** The left half dark, the right half bright. */
const halves = Buffer.alloc(300 * 600, 20);
for (let row = 0; row < 300; row++) halves.fill(220, row * 600 + 300, row * 600 + 600);

async function greyAt(picture: Buffer, x: number): Promise<number> {
  const { data, info } = await sharp(picture).greyscale().raw().toBuffer({ resolveWithObject: true });
  return data[(Math.floor(info.height / 2) * info.width + x) * info.channels] as number;
}

test('a thumbnail is WebP of at most 256 pixels, in the shape of the frame, showing what the frame shows', async () => {
  const picture = await thumbnailOfFrame(halves, description);
  const { format, width, height } = await sharp(picture).metadata();
  expect([format, width, height]).toEqual(['webp', 256, 128]);
  expect(Math.abs((await greyAt(picture, 40)) - 20)).toBeLessThan(6);
  expect(Math.abs((await greyAt(picture, 216)) - 220)).toBeLessThan(6);
});

test('a frame smaller than a thumbnail stays as small as it is', async () => {
  const small = await thumbnailOfFrame(Buffer.alloc(16 * 16), { ...description, rows: 16, columns: 16 });
  expect((await sharp(small).metadata()).width).toBe(16);
});

test('a JPEG frame is shown, and MONOCHROME1 shows low values bright', async () => {
  const jpeg = await sharp(halves, { raw: { width: 600, height: 300, channels: 1 } })
    .jpeg()
    .toBuffer();
  expect(await greyAt(await thumbnailOfJpeg(jpeg, 'MONOCHROME2'), 40)).toBeLessThan(40);
  expect(await greyAt(await thumbnailOfJpeg(jpeg, 'MONOCHROME1'), 40)).toBeGreaterThan(215);
});

test('what is no JPEG cannot be shown', async () => {
  await expect(thumbnailOfJpeg(Buffer.from('not a picture'), 'MONOCHROME2')).rejects.toThrow(CannotShow);
});
