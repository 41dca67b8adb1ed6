import sharp from 'sharp';
import { expect, test } from 'vitest';

import { encodeThumbnail } from './thumbnail.ts';

/** The left half dark, the right half bright. */
const halves = Buffer.alloc(300 * 600, 20);
for (let row = 0; row < 300; row++) halves.fill(220, row * 600 + 300, row * 600 + 600);

async function greyAt(picture: Buffer, x: number): Promise<number> {
  const { data, info } = await sharp(picture).greyscale().raw().toBuffer({ resolveWithObject: true });
  return data[(Math.floor(info.height / 2) * info.width + x) * info.channels] as number;
}

test('a thumbnail is WebP of at most 256 pixels, in the shape of the frame, showing what the frame shows', async () => {
  const picture = await encodeThumbnail({ rows: 300, columns: 600, channels: 1, bytes: halves });
  const { format, width, height } = await sharp(picture).metadata();
  expect([format, width, height]).toEqual(['webp', 256, 128]);
  expect(Math.abs((await greyAt(picture, 40)) - 20)).toBeLessThan(6);
  expect(Math.abs((await greyAt(picture, 216)) - 220)).toBeLessThan(6);
});

test('a frame smaller than a thumbnail stays as small as it is', async () => {
  const small = await encodeThumbnail({ rows: 16, columns: 16, channels: 3, bytes: Buffer.alloc(16 * 16 * 3) });
  expect((await sharp(small).metadata()).width).toBe(16);
});
