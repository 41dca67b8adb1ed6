// Which frames are in memory just now, told by whoever keeps them (cornerstone.ts): the bars of the series strip say what is there, not
// what once was.
import type { Frame } from './display-sets.ts';

const held = new Set<string>();
const watchers = new Set<() => void>();

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
  watchers.add(later);
  return () => {
    cancelAnimationFrame(waiting);
    watchers.delete(later);
  };
}

export function noteHeld(imageId: string): void {
  held.add(imageId);
  for (const tell of watchers) tell();
}

export function noteGone(imageId: string): void {
  held.delete(imageId);
  for (const tell of watchers) tell();
}
