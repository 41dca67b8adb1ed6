// Which frames are in memory just now, told by whoever keeps them (cornerstone.ts): the bars of the series strip say what is there, not
// what once was. They are counted as they come and go: a series has thousands, and with each picture that is drawn some of them come.
import type { Frame } from './display-sets.ts';

const held = new Set<string>();
const watchers = new Set<(imageId: string, change: 1 | -1) => void>();

/**
 * Says how many of these frames are in memory: now, and when some have come or gone, once per drawn picture at most.
 * @returns what stops it
 */
export function watchMemory(frames: readonly Frame[], say: (count: number) => void): () => void {
  const watched = new Set(frames.map(({ imageId }) => imageId));
  let count = 0;
  for (const imageId of watched) if (held.has(imageId)) count += 1;
  let waiting = 0;
  const sayNow = () => {
    waiting = 0;
    say(count);
  };
  const note = (imageId: string, change: 1 | -1) => {
    if (!watched.has(imageId)) return;
    count += change;
    waiting ||= requestAnimationFrame(sayNow);
  };
  watchers.add(note);
  say(count);
  return () => {
    cancelAnimationFrame(waiting);
    watchers.delete(note);
  };
}

export function noteHeld(imageId: string): void {
  if (held.has(imageId)) return;
  held.add(imageId);
  for (const note of watchers) note(imageId, 1);
}

export function noteGone(imageId: string): void {
  if (!held.delete(imageId)) return;
  for (const note of watchers) note(imageId, -1);
}
