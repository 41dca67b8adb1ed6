import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { limits } from '#settings/limits.ts';
import { encodePicture } from './picture.ts';
import { pictureTurn } from './picture-turns.ts';
import { PixelPoolSaturated } from './pixel-pool.ts';

const frame = { rows: 64, columns: 64, channels: 1 as const, bytes: new Uint8Array(64 * 64) };
const large = limits.pixels.largePicturePixels + 1;

test('while many large pictures are made, files are read and small pictures made beside them', async () => {
  let made = 0;
  const huge = { type: 'image/png', viewport: { width: 3_000, height: 3_000 } } as const;
  const pictures = Array.from({ length: 24 }, () => encodePicture(frame, huge).then(() => made++));
  const madeMeanwhile = async (work: Promise<unknown>): Promise<number> => {
    await work;
    return made;
  };
  const meanwhile = await Promise.all([
    madeMeanwhile(readFile(import.meta.filename)),
    madeMeanwhile(encodePicture(frame, { type: 'image/png' })),
  ]);
  expect(Math.max(...meanwhile)).toBeLessThan(12);
  await Promise.all(pictures);
});

test('a picture that nobody waits for any more is not made', async () => {
  const released = Promise.withResolvers<void>();
  const running = Array.from({ length: 4 }, () => pictureTurn(large, () => released.promise));
  const gone = new AbortController();
  let isMade = false;
  const unwanted = pictureTurn(large, async () => void (isMade = true), gone.signal);
  const wanted = pictureTurn(large, async () => 'made');
  gone.abort(new Error('gone'));
  await expect(unwanted).rejects.toThrow('gone');
  released.resolve();
  await Promise.all(running);
  expect([await wanted, isMade]).toEqual(['made', false]);
});

test('when every place to wait is taken the next one is told so, and others are made as before', async () => {
  const released = Promise.withResolvers<void>();
  const pictures: Promise<void>[] = [];
  const ask = (): number => pictures.push(pictureTurn(large, () => released.promise));
  while (pictures.length < limits.pixels.waiting + limits.pixels.threads) ask();
  const settled = Promise.allSettled(pictures);
  await expect(pictureTurn(large, async () => undefined)).rejects.toThrow(PixelPoolSaturated);
  released.resolve();
  expect((await settled).some(({ status }) => status === 'fulfilled')).toBe(true);
  expect(await pictureTurn(large, async () => 'made')).toBe('made');
});
