/**
 * Opens the data sets of a retrieval's next instances while the peer still takes the ones before, so that neither disk
 * nor decoders are waited for. Memory is bounded for one retrieval and for all of them together.
 */
import { limits } from '#settings/limits.ts';
import type { InstancesInOrder } from '../found-instances.ts';
import type { RetrievedInstance } from '../retrieve.ts';
import type { Outgoing } from './outgoing-dataset.ts';

export interface Opened {
  readonly instance: RetrievedInstance;
  readonly outgoing: Promise<Outgoing>;
  /** Its memory is free again. @param isSent the peer has all of it */
  done(isSent: boolean): void;
}

const { objectsAhead, aheadBytes, wholeBytes } = limits.retrieve;

/** Bytes that are held ahead for all retrievals. */
let held = 0;

export class ReadAhead {
  readonly #instances: InstancesInOrder<RetrievedInstance>;
  readonly #open: (instance: RetrievedInstance) => Promise<Outgoing>;
  readonly #opened: Opened[] = [];

  constructor(
    instances: InstancesInOrder<RetrievedInstance>,
    open: (instance: RetrievedInstance) => Promise<Outgoing>,
  ) {
    this.#instances = instances;
    this.#open = open;
  }

  /** @throws what the database throws */
  async take(): Promise<Opened | undefined> {
    this.#fill();
    while (this.#opened.length === 0 && (await this.#instances.more())) this.#fill();
    const opened = this.#opened.shift();
    this.#fill();
    return opened;
  }

  /** Gives up what nobody has taken. */
  close(): void {
    this.#instances.putBack(this.#opened.map(({ instance }) => instance));
    for (const opened of this.#opened.splice(0)) opened.done(false);
  }

  #fill(): void {
    for (let instance = this.#instances.next; instance; instance = this.#instances.next) {
      if (this.#opened.length >= objectsAhead) return;
      // Longer ones are read in pieces when they are sent; decoded ones are kept up to the same length.
      const bytes = instance.syntax.encapsulated ? wholeBytes : Math.min(instance.row.length, wholeBytes);
      if (this.#opened.length > 0 && held + bytes > aheadBytes) return;
      this.#instances.pass();
      this.#opened.push(this.#begin(instance, bytes));
    }
    this.#instances.more().catch(() => {}); // told to who takes it
  }

  #begin(instance: RetrievedInstance, bytes: number): Opened {
    held += bytes;
    const outgoing = this.#open(instance);
    outgoing.catch(() => {}); // told to who takes it
    let isDone = false;
    return {
      instance,
      outgoing,
      done(isSent) {
        if (isDone) return;
        isDone = true;
        held -= bytes;
        outgoing.then((opened) => (isSent ? opened.sent() : opened.close())).catch(() => {});
      },
    };
  }
}
