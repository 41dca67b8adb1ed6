/**
 * Reads that wait for a storage which cannot be read now: the S3 server is away, or too many files are open. Nothing is
 * known of an object then, and a rebuild that went on without it would make an index that lacks it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { StorageUnavailable } from '#storage/storage.ts';

const longestPauseMs = 2_000;

interface Waiting {
  /** How long one read may wait in all. */
  readonly patienceMs: number;
  /** The first time that a read has to wait. */
  onFirst(reason: string): void;
}

export class StoragePatience {
  readonly #waiting: Waiting;
  #hasWaited = false;

  constructor(waiting: Waiting) {
    this.#waiting = waiting;
  }

  /** @param run  must be safe to repeat @throws StorageUnavailable when that is all it said for so long; all else at once */
  async read<T>(run: () => Promise<T>): Promise<T> {
    const { patienceMs, onFirst } = this.#waiting;
    const deadline = performance.now() + patienceMs;
    for (let tries = 1; ; tries++) {
      try {
        return await run();
      } catch (error) {
        if (!(error instanceof StorageUnavailable) || performance.now() >= deadline) throw error;
        if (!this.#hasWaited) onFirst(error.message);
        this.#hasWaited = true;
        await delay(Math.min(100 * tries, longestPauseMs));
      }
    }
  }
}
