/**
 * Modalities, and those who move an archive, send whole studies again. What is here is not worth a write and two syncs: from
 * a sender whose last instance was here already, the next one is looked for before anything of it is made durable.
 */
import type { Database } from '#index/database.ts';
import { sameInstance } from '#index/objects.ts';
import type { SameInstance } from '#index/objects.ts';
import { keepAtMost } from '#settings/keep-at-most.ts';
import type { Storage } from '#storage/storage.ts';
import { isIntact } from './stored-object.ts';

/** Senders remembered; whoever is forgotten is believed to send something new. */
const mostSenders = 1024;
/** A PostgreSQL that says nothing for so long is left to the writing, which knows when to refuse. */
const askedMs = 2_000;

export interface SentAgainParts {
  readonly database: Database;
  readonly storage: Storage;
  /** What index rows call this storage. */
  readonly store: number;
}

export class SentAgain {
  readonly #parts: SentAgainParts;
  /** Whose last instance was here already; who was last seen to write one again stands at the end. */
  readonly #senders = new Set<string>();

  constructor(parts: SentAgainParts) {
    this.#parts = parts;
  }

  /** How it ended with what `sender` sent. */
  settled(sender: string, outcome: 'stored' | 'duplicate' | 'version'): void {
    this.#senders.delete(sender);
    if (outcome !== 'duplicate') return;
    this.#senders.add(sender);
    keepAtMost(this.#senders, mostSenders);
  }

  /**
   * Whether the same bytes are here, whole and durable. False also where that cannot be said now, or where there is more
   * to it: then it is settled by writing them. Never rejects.
   * @param unsettled keys of objects that are not durable yet
   */
  async isHere(sender: string, instance: SameInstance, unsettled: ReadonlyMap<string, unknown>): Promise<boolean> {
    if (!this.#senders.has(sender)) return false;
    const { database, storage, store } = this.#parts;
    try {
      const kept = await sameInstance(database, instance, askedMs);
      return (
        kept !== undefined &&
        kept.store === store &&
        !unsettled.has(kept.key) &&
        (await isIntact(storage, kept, instance.digest))
      );
    } catch {
      return false;
    }
  }
}
