/** Places for work that only so much of may be done at once. Who finds none waits for one, each caller in his turn. */
import { Waiting } from './on-behalf.ts';

export class Places {
  readonly #atOnce: number;
  #running = 0;
  readonly #waiting = new Waiting<() => void>();

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  get isFull(): boolean {
    return this.#running >= this.#atOnce;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** @throws the signal's reason, before the work has begun, and what the work throws */
  async take<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    if (this.isFull) await this.#place(signal);
    else this.#running++;
    try {
      return await work();
    } finally {
      // The place is handed over, so `#running` stays; only the last one gives it back.
      const next = this.#waiting.next();
      if (next) next();
      else this.#running--;
    }
  }

  #place(signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const begin = (): void => {
      signal?.removeEventListener('abort', giveUp);
      resolve();
    };
    const giveUp = (): void => {
      this.#waiting.delete(begin);
      reject(signal?.reason as Error);
    };
    signal?.addEventListener('abort', giveUp, { once: true });
    this.#waiting.add(begin);
    return promise;
  }
}
