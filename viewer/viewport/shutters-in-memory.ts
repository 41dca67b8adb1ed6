// The masks of display shutters that images in memory have: each counts once in the memory that is bounded (cornerstone.ts), however many
// images share it, for as long as one of them is there.
import { cache } from '@cornerstonejs/core';
import type { Shutter } from '#dicom/pixels/shutter.ts';
import type { FrameImage } from './load-frame.ts';

/** By image. */
const held = new Map<string, Shutter>();
const imagesWith = new Map<Shutter, number>();

/** An image has come into memory. */
export function countShutter(image: FrameImage): void {
  const { imageId } = image;
  const { shutter } = image.pixels;
  if (!shutter || held.has(imageId)) return;
  const images = imagesWith.get(shutter) ?? 0;
  if (images === 0) {
    // As it is the newest, others make room; where that is not enough, it has gone itself.
    cache.decacheIfNecessaryUntilBytesAvailable(shutter.hidden.byteLength);
    if (cache.getImage(imageId) !== image) return;
    cache.incrementImageCacheSize(shutter.hidden.byteLength);
  }
  held.set(imageId, shutter);
  imagesWith.set(shutter, images + 1);
}

/** An image has gone out of memory. */
export function forgetShutter(imageId: string): void {
  const shutter = held.get(imageId);
  if (!shutter) return;
  held.delete(imageId);
  const images = imagesWith.get(shutter)! - 1;
  if (images > 0) return void imagesWith.set(shutter, images);
  imagesWith.delete(shutter);
  cache.decrementImageCacheSize(shutter.hidden.byteLength);
}
