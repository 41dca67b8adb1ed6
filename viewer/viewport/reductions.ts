// The reduced frames that are kept: each is made once, counts with its frame in the memory that is bounded (cornerstone.ts), and goes
// when that does.
import { cache } from '@cornerstonejs/core';
import type { FrameImage } from './load-frame.ts';
import { reduced, type Paintable } from './reduced-frame.ts';

const kept = new WeakMap<FrameImage, Map<number, Paintable>>();
/** Of all reductions of a frame in memory. */
const bytesOf = new Map<string, number>();
/** How frames were drawn last, by their size. */
const drawnBy = new Map<string, number>();

const pauseMs = 100;
let idle = Promise.resolve();

/** As much of an image as says how much memory one of its size takes. */
type Size = Pick<FrameImage, 'columns' | 'rows' | 'sizeInBytes'>;

const sizeOf = ({ columns, rows }: Size) => `${columns} × ${rows}`;

/** What is painted of an image where so many of its pixels, along either side, become one. */
export function paintableOf(image: FrameImage, by: number): Paintable {
  drawnBy.set(sizeOf(image), by);
  return by === 1 ? image.pixels : reductionOf(image, by);
}

/** What a frame of this size takes, with its reduction where such are drawn reduced: a quarter of it at most, of 8 bits half. */
export function bytesInMemory(size: Size): number {
  return size.sizeInBytes * ((drawnBy.get(sizeOf(size)) ?? 1) > 1 ? 1.5 : 1);
}

/** A frame has come into memory. Where others of its size are drawn reduced it will be, too: then nobody need wait for that. */
export function reduceInTime(imageId: string): void {
  whenIdle(() => {
    const image = cache.getImage(imageId) as FrameImage | undefined;
    const by = image && drawnBy.get(sizeOf(image));
    if (by !== undefined && by > 1) reductionOf(image!, by);
  });
}

/** A frame has gone out of memory. */
export function forgetReductions(imageId: string): void {
  cache.decrementImageCacheSize(bytesOf.get(imageId) ?? 0);
  bytesOf.delete(imageId);
}

function reductionOf(image: FrameImage, by: number): Paintable {
  const all = kept.get(image) ?? new Map<number, Paintable>();
  const known = all.get(by);
  if (known) return known;
  const made = reduced(image.pixels, image.columns, by);
  kept.set(image, all.set(by, made));
  count(image, made.values.byteLength);
  return made;
}

function count(image: FrameImage, bytes: number): void {
  const { imageId } = image;
  const isInMemory = () => cache.getImage(imageId) === image;
  // What is on the screen may have gone out of memory. What has not is the newest now, as it was asked for: others make room.
  if (!isInMemory()) return;
  cache.decacheIfNecessaryUntilBytesAvailable(bytes);
  if (!isInMemory()) return;
  cache.incrementImageCacheSize(bytes);
  bytesOf.set(imageId, (bytesOf.get(imageId) ?? 0) + bytes);
}

/** Safari has no requestIdleCallback: there one comes after the other, with time between them for what the reader does. */
function whenIdle(work: () => void): void {
  if ('requestIdleCallback' in globalThis) return void requestIdleCallback(work);
  idle = idle.then(() => new Promise((done) => setTimeout(done, pauseMs)));
  void idle.then(work);
}
