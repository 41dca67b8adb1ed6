import { Enums, cache, eventTarget } from '@cornerstonejs/core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Values } from './frame-pixels.ts';
import type { FrameImage } from './load-frame.ts';
import { bytesInMemory, forgetReductions, paintableOf, reduceInTime } from './reductions.ts';

const columns = 16;
const rows = 8;
const values = new Uint16Array(columns * rows).fill(700);
const pixels = { color: false, values, smallest: 700, largest: 4795, negative: false, padding: undefined };
const bytes = values.byteLength;

/** Puts an image into Cornerstone's own memory, as the loader does. */
async function load(imageId: string, own: Values = values): Promise<FrameImage> {
  const shown = own === values ? pixels : { ...pixels, values: own };
  const image = { imageId, columns, rows, pixels: shown, sizeInBytes: own.byteLength } as unknown as FrameImage;
  await cache.putImageLoadObject(imageId, { promise: Promise.resolve(image) });
  return image;
}

const gone = (event: Event) => forgetReductions((event as CustomEvent<{ imageId: string }>).detail.imageId);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  cache.setMaxCacheSize(10 * bytes);
  eventTarget.addEventListener(Enums.Events.IMAGE_CACHE_IMAGE_REMOVED, gone);
});

afterEach(() => {
  vi.useRealTimers();
  cache.purgeCache();
  expect(cache.getCacheSize()).toBe(0);
  eventTarget.removeEventListener(Enums.Events.IMAGE_CACHE_IMAGE_REMOVED, gone);
});

test('a reduced frame is made once, and counts in memory as long as its frame is there', async () => {
  const image = await load('frame:1');
  const half = paintableOf(image, 2);
  expect(half.values).toHaveLength(32);
  expect(paintableOf(image, 2)).toBe(half);
  expect(cache.getCacheSize()).toBe(bytes + bytes / 4);
  expect(paintableOf(image, 4).values).toHaveLength(8);
  expect(cache.getCacheSize()).toBe(bytes + bytes / 4 + bytes / 16);
  await load('frame:2');
  cache.removeImageLoadObject('frame:1');
  expect(cache.getCacheSize()).toBe(bytes);
});

test('an image that is not shrunk is painted from its own values', async () => {
  expect(paintableOf(await load('frame:1'), 1)).toBe(pixels);
  expect(cache.getCacheSize()).toBe(bytes);
});

test('where memory is full the frame that was used longest ago makes room, and never more is held than there may be', async () => {
  cache.setMaxCacheSize(2 * bytes);
  await load('frame:1');
  const image = await load('frame:2');
  paintableOf(image, 2);
  expect([cache.getImage('frame:1'), cache.getImage('frame:2')]).toEqual([undefined, image]);
  expect(cache.getCacheSize()).toBe(bytes + bytes / 4);
});

test('a frame that came first does not make room for its own reduction, but another one does', async () => {
  cache.setMaxCacheSize(2 * bytes);
  const image = await load('frame:1');
  await load('frame:2');
  vi.setSystemTime(Date.now() + 1);
  paintableOf(image, 2);
  expect([cache.getImage('frame:1'), cache.getImage('frame:2')]).toEqual([image, undefined]);
  expect(cache.getCacheSize()).toBe(bytes + bytes / 4);
});

test('where there is no room but its own, a frame that is reduced goes, and its reduction counts for nothing', async () => {
  cache.setMaxCacheSize(bytes);
  expect(paintableOf(await load('frame:1'), 2).values).toHaveLength(32);
  expect(cache.getImage('frame:1')).toBe(undefined);
  expect(cache.getCacheSize()).toBe(0);
});

test('nothing makes room for what does not count', async () => {
  cache.setMaxCacheSize(2 * bytes);
  const image = await load('frame:1');
  cache.removeImageLoadObject('frame:1');
  await load('frame:2');
  await load('frame:3');
  paintableOf(image, 2);
  expect(cache.getCacheSize()).toBe(2 * bytes);
});

test('what is still on the screen when its frame has gone out of memory counts no more', async () => {
  const image = await load('frame:1');
  cache.removeImageLoadObject('frame:1');
  expect(paintableOf(image, 2).values).toHaveLength(32);
  expect(cache.getCacheSize()).toBe(0);
});

test('a frame that comes into memory is reduced ahead as the last one of its size was', async () => {
  paintableOf(await load('frame:1'), 4);
  await load('frame:2');
  reduceInTime('frame:2');
  await expect.poll(() => cache.getCacheSize()).toBe(2 * (bytes + bytes / 16));
});

test.each([Uint8Array, Uint16Array, Float32Array])(
  'whoever asks how many frames fit into memory counts the reductions of such as are drawn so: %o',
  async (Kind) => {
    const image = await load('frame:1', new Kind(values));
    paintableOf(image, 1);
    expect(bytesInMemory(image)).toBe(image.sizeInBytes);
    for (const by of [2, 4, 8]) {
      const { byteLength } = paintableOf(image, by).values;
      expect(bytesInMemory(image)).toBeGreaterThanOrEqual(image.sizeInBytes + byteLength);
    }
  },
);

test('what need not be reduced ahead, or is gone again, is not', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  paintableOf(await load('frame:1'), 1);
  reduceInTime('frame:1');
  reduceInTime('frame:2');
  await vi.runAllTimersAsync();
  expect(cache.getCacheSize()).toBe(bytes);
});

test('where the browser does not say when it is idle, frames that came together are reduced one after the other', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  paintableOf(await load('frame:1'), 4);
  for (const imageId of ['frame:2', 'frame:3']) {
    await load(imageId);
    reduceInTime(imageId);
  }
  for (const reducedNow of [2, 3]) {
    await vi.advanceTimersToNextTimerAsync();
    expect(cache.getCacheSize()).toBe(3 * bytes + reducedNow * (bytes / 16));
  }
});
