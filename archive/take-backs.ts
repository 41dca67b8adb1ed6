/**
 * Rows that were never acknowledged and whose objects are gone, while PostgreSQL was away too long to take them back at
 * once: tried again until it has. Otherwise a study would show an instance that nobody has.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '#index/database.ts';
import { forgetObject } from '#index/objects.ts';
import type { Log } from '#settings/log.ts';

export interface Gone {
  readonly SOPInstanceUID: string;
  readonly key: string;
}

const retryMs = 2_000;

export class TakeBacks implements AsyncDisposable {
  readonly #database: Database;
  readonly #log: Log;
  readonly #due = new Map<string, Gone>();
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;

  constructor({ database, log }: { readonly database: Database; readonly log: Log }) {
    this.#database = database;
    this.#log = log;
  }

  /** Rows that still stand, as far as we know. */
  get due(): number {
    return this.#due.size;
  }

  later(gone: Gone): void {
    this.#due.set(gone.key, gone);
    this.#running ??= this.#run();
  }

  /** What is still due then is found at the next start, after a stop that does not count as clean. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (this.#due.size > 0 && !signal.aborted) {
      await delay(retryMs, undefined, { signal }).catch(() => undefined);
      try {
        for (const gone of this.#due.values()) {
          const wasThere = await forgetObject(this.#database, gone.SOPInstanceUID, gone.key);
          this.#due.delete(gone.key);
          if (wasThere) this.#log.warn(gone, 'an instance that was never acknowledged was taken back');
        }
      } catch (error) {
        this.#log.warn(
          { err: error, due: this.#due.size },
          'instances that were never acknowledged wait to be taken back',
        );
      }
    }
    this.#running = undefined;
  }
}
