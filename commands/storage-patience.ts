/**
 * Waits for a storage that cannot be read now: the S3 server is away, too many files are open, or the disk is not there. Nothing
 * is known of an object then, and a rebuild that went on without it would make an index that lacks it. That it is the object, and
 * not the storage, shows in another one that can be read: else one that never answers would keep the whole archive shut.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { isUnreadable, type Storage, StorageFailed, StorageUnavailable } from '#storage/storage.ts';

const longestPauseMs = 2_000;
/** Other objects that are asked for at once. */
const othersAtOnce = 32;
/** Of those that come first, so many may be damaged while none has been read yet that shows the storage to be there. */
const othersAtFirst = 1_000;

interface Waiting {
  /** How long one call may wait in all. */
  readonly patienceMs: number;
  /** The first time that a call has to wait. */
  onFirst(reason: string): void;
}

export class StoragePatience {
  readonly #storage: Storage;
  readonly #waiting: Waiting;
  #hasWaited = false;
  /** The object that was read last. */
  #lastRead: string | undefined;

  constructor(storage: Storage, waiting: Waiting) {
    this.#storage = storage;
    this.#waiting = waiting;
  }

  /**
   * @param run  reads the object; must be safe to repeat
   * @throws StorageFailed of the object alone (`isUnreadable`), StorageUnavailable of the storage after all the patience, all else at once
   */
  async read<T>(key: string, run: () => Promise<T>): Promise<T> {
    try {
      const read = await this.wait(async () => {
        try {
          return await run();
        } catch (error) {
          if (!isUnreadable(error)) throw error;
          // A server that knows us no more, a proxy in its place, or a disk that is gone says the same of every object.
          if ((await this.#isAnotherRead(key)) === false)
            throw new StorageUnavailable(`${error.message}, and so are others`, { cause: error });
          // It may have been away for this one, and back for the other.
          return await run();
        }
      });
      this.#lastRead = key;
      return read;
    } catch (error) {
      if (!(error instanceof StorageUnavailable) || !(await this.#isAnotherRead(key))) throw error;
      return await run().catch((again: unknown) => {
        if (!(again instanceof StorageUnavailable)) throw again;
        throw new StorageFailed(`${again.message}, while others can be read`, { cause: again });
      });
    }
  }

  /** @param run  must be safe to repeat @throws StorageUnavailable when that is all it said for so long; all else at once */
  async wait<T>(run: () => Promise<T>): Promise<T> {
    const pause = this.#pauses();
    for (;;) {
      try {
        return await run();
      } catch (error) {
        await pause(error);
      }
    }
  }

  /** As `storage.list`, which is gone on with where it broke. @throws StorageUnavailable as `wait` does; all else at once */
  async *list(prefix: string): AsyncGenerator<{ key: string; length: number }> {
    let last: string | undefined;
    let pause = this.#pauses();
    for (let isWhole = false; !isWhole;) {
      const from = last;
      try {
        for await (const object of this.#storage.list(prefix, last)) {
          last = object.key;
          yield object;
        }
        isWhole = true;
      } catch (error) {
        if (last !== from) pause = this.#pauses();
        await pause(error);
      }
    }
  }

  /** @returns what waits a moment before the next try, or throws what the last one said */
  #pauses(): (error: unknown) => Promise<void> {
    const { patienceMs, onFirst } = this.#waiting;
    const deadline = performance.now() + patienceMs;
    let tries = 0;
    return async (error) => {
      if (!(error instanceof StorageUnavailable) || performance.now() >= deadline) throw error;
      if (!this.#hasWaited) onFirst(error.message);
      this.#hasWaited = true;
      await delay(Math.min(100 * ++tries, longestPauseMs));
    };
  }

  /** Whether any other object can be read now; undefined where there is none. */
  async #isAnotherRead(key: string): Promise<boolean | undefined> {
    const last = this.#lastRead;
    if (last !== undefined && last !== key && (await this.#isRead(last))) return true;
    const mostAsked = last === undefined ? othersAtFirst : othersAtOnce;
    let asked = 0;
    let others: string[] = [];
    let isListed = false;
    try {
      for await (const object of this.#storage.list('i/')) {
        if (object.key === key) isListed = true;
        else if (object.length > 0) others.push(object.key);
        if (others.length < othersAtOnce) continue;
        if (await this.#isAnyRead(others)) return true;
        asked += others.length;
        others = [];
        if (asked >= mostAsked) return false;
      }
    } catch (error) {
      if (error instanceof StorageFailed) return false;
      throw error;
    }
    if (asked + others.length === 0) return isListed ? undefined : false;
    return this.#isAnyRead(others);
  }

  async #isAnyRead(keys: readonly string[]): Promise<boolean> {
    return (await Promise.all(keys.map((key) => this.#isRead(key)))).includes(true);
  }

  /** From the storage itself: `readRange` may answer from memory. */
  async #isRead(key: string): Promise<boolean> {
    try {
      for await (const _ of this.#storage.readStream(key, { offset: 0, length: 1 })) return true;
    } catch (error) {
      if (!(error instanceof StorageFailed)) throw error;
    }
    return false;
  }
}
