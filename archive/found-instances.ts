/**
 * What a retrieval found (C-GET, C-MOVE, sends). Only numbers are held; what the index knows of an instance is read some
 * hundred at a time when their turn comes, so that a request for a whole archive costs little more than one for a study.
 */
import type { FoundKind } from '#index/instances.ts';
import { limits } from '#settings/limits.ts';

/** In the order of the numbers, without those that are not there any more. */
type Read<Instance> = (ids: readonly number[]) => Promise<Instance[]>;

export class FoundInstances<Instance> {
  readonly kinds: readonly FoundKind[];
  readonly #read: Read<Instance>;
  #total: number;

  constructor(kinds: readonly FoundKind[], read: Read<Instance>) {
    this.kinds = kinds;
    this.#read = read;
    this.#total = kinds.reduce((sum, { ids }) => sum + ids.length, 0);
  }

  /** What was rejected or removed after it was found does not count, once that is known. */
  get total(): number {
    return this.#total;
  }

  /** One after another. @param kinds  only those */
  inOrder(kinds: readonly FoundKind[] = this.kinds): InstancesInOrder<Instance> {
    const byPlace: number[] = [];
    for (const { ids, places } of kinds) for (const [at, id] of ids.entries()) byPlace[places[at] as number] = id;
    // Places that are of other kinds are holes, which `flat` leaves out.
    return new InstancesInOrder(byPlace.flat(), async (ids) => {
      const instances = await this.#read(ids);
      this.#total -= ids.length - instances.length;
      return instances;
    });
  }
}

export class InstancesInOrder<Instance> {
  readonly #ids: readonly number[];
  readonly #read: Read<Instance>;
  /** Of the numbers, those that were read. */
  #readIds = 0;
  #ready: Instance[] = [];
  #reading: Promise<void> | undefined;

  constructor(ids: readonly number[], read: Read<Instance>) {
    this.#ids = ids;
    this.#read = read;
  }

  /** Each was taken. */
  get isDone(): boolean {
    return this.#ready.length === 0 && this.#readIds === this.#ids.length;
  }

  /** Undefined also where it has to be read first. */
  get next(): Instance | undefined {
    return this.#ready[0];
  }

  /** Takes the next one, which is there. */
  pass(): void {
    this.#ready.shift();
  }

  /** Takes back what was passed, and not used. */
  putBack(instances: readonly Instance[]): void {
    this.#ready.unshift(...instances);
  }

  /** Resolves when the next one is there: false where there is none. @throws what the database throws */
  async more(): Promise<boolean> {
    while (this.#ready.length === 0 && this.#readIds < this.#ids.length) {
      this.#reading ??= this.#readOn().finally(() => (this.#reading = undefined));
      await this.#reading;
    }
    return this.#ready.length > 0;
  }

  async #readOn(): Promise<void> {
    const ids = this.#ids.slice(this.#readIds, this.#readIds + limits.retrieve.rowsAtOnce);
    const instances = await this.#read(ids);
    this.#readIds += ids.length;
    this.#ready.push(...instances);
  }
}
