import { Enums, cache, eventTarget } from '@cornerstonejs/core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { FrameImage } from './load-frame.ts';
import { countShutter, forgetShutter } from './shutters-in-memory.ts';

const bytes = 100;
const maskBytes = 50;
const shutter = () => ({ hidden: new Uint8Array(maskBytes), grey: 0 });

/** Into Cornerstone's own memory, as the loader does. */
async function load(imageId: string, its?: ReturnType<typeof shutter>): Promise<void> {
  const image = { imageId, sizeInBytes: bytes, pixels: { shutter: its } } as unknown as FrameImage;
  await cache.putImageLoadObject(imageId, { promise: Promise.resolve(image) });
  countShutter(image);
}

const gone = (event: Event) => forgetShutter((event as CustomEvent<{ imageId: string }>).detail.imageId);

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

test('a mask that images share counts once, until the last of them has gone', async () => {
  const shared = shutter();
  await load('frame:1', shared);
  await load('frame:2', shared);
  await load('frame:3', shutter());
  await load('frame:4');
  expect(cache.getCacheSize()).toBe(4 * bytes + 2 * maskBytes);
  cache.removeImageLoadObject('frame:1');
  expect(cache.getCacheSize()).toBe(3 * bytes + 2 * maskBytes);
  cache.removeImageLoadObject('frame:2');
  expect(cache.getCacheSize()).toBe(2 * bytes + maskBytes);
});

test('where memory is full the image that was used longest ago makes room for a mask', async () => {
  cache.setMaxCacheSize(2 * bytes);
  await load('frame:1');
  vi.setSystemTime(Date.now() + 1);
  await load('frame:2', shutter());
  expect(cache.getImage('frame:1')).toBe(undefined);
  expect(cache.getCacheSize()).toBe(bytes + maskBytes);
});

test('a mask for which there is no room, without any other image, goes with its own', async () => {
  cache.setMaxCacheSize(bytes);
  await load('frame:1', shutter());
  expect(cache.getImage('frame:1')).toBe(undefined);
  expect(cache.getCacheSize()).toBe(0);
});
