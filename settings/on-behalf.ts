/**
 * On whose behalf something is done, for whatever has places that people wait for: there each of them has his turn, however many another
 * one has asked for. It goes along with what is awaited; what nobody asked for is done on nobody's behalf.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

const whose = new AsyncLocalStorage<string>();

/** @param name  the same for all that one caller asks for */
export function onBehalfOf<T>(name: string, work: () => T): T {
  return whose.run(name, work);
}

/** For what goes on long after whoever set it going has what he asked for. */
export function onNobodysBehalf<T>(work: () => T): T {
  return whose.exit(work);
}

/** What waits for a place. The next one is the longest waiting of whoever has had no turn for longest. */
export class Waiting<T> {
  readonly #byName = new Map<string, Set<T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(one: T): void {
    const name = callerNow();
    const own = this.#byName.get(name) ?? new Set();
    this.#byName.set(name, own.add(one));
    this.#size++;
  }

  /** @returns whether it was there */
  delete(one: T): boolean {
    for (const name of this.#byName.keys()) if (this.#take(name, one)) return true;
    return false;
  }

  /** Takes it out. @param mayBegin  passes over those that have to wait longer */
  next(mayBegin: (one: T) => boolean = () => true): T | undefined {
    for (const [name, own] of this.#byName)
      for (const one of own) {
        if (!mayBegin(one)) continue;
        this.#take(name, one);
        // Behind all others who wait.
        if (this.#byName.delete(name)) this.#byName.set(name, own);
        return one;
      }
    return undefined;
  }

  #take(name: string, one: T): boolean {
    const own = this.#byName.get(name);
    if (!own?.delete(one)) return false;
    if (own.size === 0) this.#byName.delete(name);
    this.#size--;
    return true;
  }
}

/** On whose behalf this is done; of nobody: empty. */
export function callerNow(): string {
  return whose.getStore() ?? '';
}
