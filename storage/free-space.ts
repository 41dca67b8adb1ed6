/**
 * How much may still be written before the reserve is touched. The reserve belongs to PostgreSQL, which lies on the same
 * disk by default: when that is full, nothing can be found, changed or even deleted any more.
 */
import { statfs } from 'node:fs/promises';

/** Between two looks at the file system; what we write meanwhile is subtracted as it goes. */
const freshForMs = 1000;
/** Small files can use up the inodes first (`files` is 0 where a file system has no such limit). */
const reservedInodes = 10_000;

/** 2 GiB, or 2 % where the disk is small. */
function usualReserve(diskBytes: number): number {
  return Math.min(2 * 1024 ** 3, diskBytes * 0.02);
}

export class FreeSpace {
  readonly #directory: string;
  readonly #reserveBytes: number | undefined;
  #bytes = 0;
  #measuredAt = Number.NEGATIVE_INFINITY;
  #measuring: Promise<number> | undefined;

  constructor(directory: string, reserveBytes?: number) {
    this.#directory = directory;
    this.#reserveBytes = reserveBytes;
  }

  /** Counts bytes that are about to be written. False: they would touch the reserve, by what we know; `measure` to be sure. */
  take(bytes: number): boolean {
    this.#bytes -= bytes;
    // A look that fails now is made again by the next call, and by whoever asks to be sure.
    if (performance.now() - this.#measuredAt > freshForMs) this.measure().catch(() => {});
    return this.#bytes >= 0;
  }

  /** Bytes above the reserve, at most a second old. */
  async bytes(): Promise<number> {
    if (performance.now() - this.#measuredAt > freshForMs) await this.measure();
    return Math.max(0, this.#bytes);
  }

  /** Looks at the file system now. @returns bytes above the reserve; negative when it is touched already */
  measure(): Promise<number> {
    this.#measuring ??= this.#measure().finally(() => (this.#measuring = undefined));
    return this.#measuring;
  }

  async #measure(): Promise<number> {
    const { bsize, blocks, bavail, files, ffree } = await statfs(this.#directory);
    const reserve = this.#reserveBytes ?? usualReserve(blocks * bsize);
    const outOfInodes = files > 0 && ffree < Math.min(reservedInodes, files * 0.02);
    this.#bytes = outOfInodes ? -1 : bavail * bsize - reserve;
    this.#measuredAt = performance.now();
    return this.#bytes;
  }
}
