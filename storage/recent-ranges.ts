/**
 * Ranges of objects that were read a moment ago, in memory: what is looked at is looked at again, by the next reader or in a cine loop,
 * and a bucket answers after milliseconds what a disk's cache has at once. Objects never change, so what is kept is never wrong; for a
 * minute only, because one may have been put back by hand.
 */
const keptBytes = 32 * 1024 * 1024;
/** Longer ones would drive out too many. */
const longest = 4 * 1024 * 1024;
const keptMs = 60_000;

interface Range {
  readonly bytes: Buffer;
  readonly until: number;
}

export class RecentRanges {
  /** The one that was asked for last at the end. */
  readonly #ranges = new Map<string, Range>();
  #bytes = 0;

  /** A copy, for who asks may write into it. @param into whose beginning it is copied into; else memory of its own */
  copy(key: string, offset: number, length: number, into?: Buffer): Buffer | undefined {
    const name = nameOf(key, offset, length);
    const range = this.#ranges.get(name);
    if (!range) return undefined;
    if (range.until < performance.now()) {
      this.#forget(name);
      return undefined;
    }
    this.#ranges.delete(name);
    this.#ranges.set(name, range);
    if (!into) return Buffer.from(range.bytes);
    range.bytes.copy(into);
    return into.subarray(0, length);
  }

  /** Keeps a copy. */
  add(key: string, offset: number, bytes: Buffer): void {
    if (bytes.length > longest) return;
    const name = nameOf(key, offset, bytes.length);
    this.#forget(name);
    // Not from the pool that small buffers share: what is kept would keep all of it.
    const kept = Buffer.allocUnsafeSlow(bytes.length);
    bytes.copy(kept);
    this.#ranges.set(name, { bytes: kept, until: performance.now() + keptMs });
    this.#bytes += bytes.length;
    for (const oldest of this.#ranges.keys()) {
      if (this.#bytes <= keptBytes) return;
      this.#forget(oldest);
    }
  }

  /** What was removed is not given any more. */
  forgetObject(key: string): void {
    for (const name of this.#ranges.keys()) if (name.startsWith(`${key}:`)) this.#forget(name);
  }

  #forget(name: string): void {
    this.#bytes -= this.#ranges.get(name)?.bytes.length ?? 0;
    this.#ranges.delete(name);
  }
}

const nameOf = (key: string, offset: number, length: number): string => `${key}:${offset}+${length}`;
