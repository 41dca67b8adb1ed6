/**
 * Reading what many send, in portions: in one turn of the event loop no more of it than takes a few
 * milliseconds. What else waits for the loop, a person's question above all, then waits for one portion and not for the
 * pieces of every association that has something. Of what waits, each peer has a piece read in its turn.
 */
import { Lines } from './lines.ts';

export class Turns {
  readonly #portionMs: number;
  readonly #waiting = new Lines<() => void>();
  #spentMs = 0;
  #isTurnAwaited = false;

  /** @param portionMs of a turn of the loop */
  constructor(portionMs: number) {
    this.#portionMs = portionMs;
  }

  /**
   * Does a small piece of work now where this turn has room for it, in a later one where it has not; for each peer in the order asked for.
   * @param whose  the same for all that one peer sends
   * @returns a promise only where it waits; its value, or what it throws, either way
   */
  take<T>(work: () => T, whose = ''): T | Promise<Awaited<T>> {
    if (this.#waiting.isEmpty && this.#spentMs < this.#portionMs) return this.#perform(work);
    return new Promise<Awaited<T>>((resolve, reject) => {
      this.#waiting.add(whose, () => {
        try {
          resolve(this.#perform(work) as Awaited<T>);
        } catch (error) {
          reject(error as Error);
        }
      });
    });
  }

  #perform<T>(work: () => T): T {
    const begun = performance.now();
    if (!this.#isTurnAwaited) setImmediate(() => this.#turn());
    this.#isTurnAwaited = true;
    try {
      return work();
    } finally {
      this.#spentMs += performance.now() - begun;
    }
  }

  #turn(): void {
    this.#isTurnAwaited = false;
    this.#spentMs = 0;
    while (!this.#waiting.isEmpty && this.#spentMs < this.#portionMs) this.#waiting.next()!();
  }
}
