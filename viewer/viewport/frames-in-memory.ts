// Which frames are in memory just now, told by Cornerstone's cache: the bars of the series strip say what is there, not what once was.
import { Enums, eventTarget } from '@cornerstonejs/core';
import type { Frame } from './display-sets.ts';

const held = new Set<string>();
const { IMAGE_CACHE_IMAGE_ADDED, IMAGE_CACHE_IMAGE_REMOVED } = Enums.Events;

export const countInMemory = (frames: readonly Frame[]) =>
  frames.reduce((count, { imageId }) => count + (held.has(imageId) ? 1 : 0), 0);

/**
 * Calls back when frames came into memory or went out of it, once per drawn picture at most.
 * @returns what stops it
 */
export function watchMemory(changed: () => void): () => void {
  let waiting = 0;
  const tell = () => {
    waiting = 0;
    changed();
  };
  const later = () => (waiting ||= requestAnimationFrame(tell));
  const stopped = [IMAGE_CACHE_IMAGE_ADDED, IMAGE_CACHE_IMAGE_REMOVED].map((name) => {
    eventTarget.addEventListener(name, later);
    return () => eventTarget.removeEventListener(name, later);
  });
  return () => {
    cancelAnimationFrame(waiting);
    for (const stop of stopped) stop();
  };
}

// For the life of the page, as the cache itself is.
eventTarget.addEventListener(IMAGE_CACHE_IMAGE_ADDED, (event: Event) => {
  held.add((event as CustomEvent<{ image: { imageId: string } }>).detail.image.imageId);
});
eventTarget.addEventListener(IMAGE_CACHE_IMAGE_REMOVED, (event: Event) => {
  held.delete((event as CustomEvent<{ imageId: string }>).detail.imageId);
});
