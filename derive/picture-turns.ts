/**
 * Turns for encoding pictures. sharp works on the threads of Node's pool, which files are read with too: without turns a few
 * dozen large pictures keep everybody from reading anything for a minute. Large ones have turns of their own, for the small
 * ones of lists do not wait for those.
 */
import { limits } from '#settings/limits.ts';
import { PixelPoolSaturated } from './pixel-pool.ts';

const { threads, waiting, largePicturePixels } = limits.pixels;

class Lane {
  readonly #atOnce: number;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /** @throws PixelPoolSaturated, the signal's reason, and what `work` throws */
  async take<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    signal?.throwIfAborted();
    if (this.#running < this.#atOnce) this.#running++;
    else await this.#turn(signal);
    try {
      return await work();
    } finally {
      // The turn is handed over, so `#running` stays; only the last one gives it back.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
    if (this.#waiting.length >= waiting)
      throw new PixelPoolSaturated(`${this.#running} pictures are encoded and ${this.#waiting.length} wait`);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const begin = (): void => {
      signal?.removeEventListener('abort', giveUp);
      resolve();
    };
    const giveUp = (): void => {
      this.#waiting.splice(this.#waiting.indexOf(begin), 1);
      reject(signal?.reason as Error);
    };
    signal?.addEventListener('abort', giveUp, { once: true });
    this.#waiting.push(begin);
    return promise;
  }
}

const small = new Lane(threads + 1);
const large = new Lane(Math.max(1, threads >> 1));

/**
 * @param pixels  of the picture, or of what it is made from, whichever are more
 * @throws PixelPoolSaturated, the signal's reason, and what `work` throws
 */
export function pictureTurn<T>(pixels: number, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  return (pixels > largePicturePixels ? large : small).take(work, signal);
}
