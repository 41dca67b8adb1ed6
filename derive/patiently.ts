/** Work in the pixel pool for an answer that is under way already: too late to say that we are busy. */
import { setTimeout as delay } from 'node:timers/promises';
import { PixelPoolSaturated } from './pixel-pool.ts';

const busyPauseMs = 100;

/**
 * Asks again as often as it must while every place of the pool is taken. How long in all is the business of who holds the
 * signal: a door cuts a connection on which nothing goes.
 * @throws what `make` throws but PixelPoolSaturated, and an AbortError by the signal
 */
export async function patiently<T>(make: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await make();
    } catch (error) {
      if (!(error instanceof PixelPoolSaturated)) throw error;
      await delay(busyPauseMs, undefined, { signal });
    }
  }
}
