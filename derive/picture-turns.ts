/**
 * Turns for encoding pictures. sharp works on the threads of Node's pool, which files are read with too: without turns a few
 * dozen large pictures keep everybody from reading anything for a minute. Large ones have turns of their own, for the small
 * ones of lists do not wait for those.
 */
import { limits } from '#settings/limits.ts';
import { Places } from '#settings/places.ts';
import { PixelPoolSaturated } from './pixel-pool.ts';

const { threads, waiting, largePicturePixels } = limits.pixels;

const small = new Places(threads + 1);
const large = new Places(Math.max(1, threads >> 1));

/**
 * @param pixels  of the picture, or of what it is made from, whichever are more
 * @throws PixelPoolSaturated, the signal's reason, and what `work` throws
 */
export async function pictureTurn<T>(pixels: number, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const places = pixels > largePicturePixels ? large : small;
  if (places.waiting >= waiting) throw new PixelPoolSaturated(`${places.waiting} pictures wait to be encoded`);
  return places.take(work, signal);
}
