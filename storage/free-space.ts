/**
 * How much may still be written before a reserve is touched. The reserve belongs to PostgreSQL: when its disk is full, nothing
 * can be found, changed or even deleted any more. By default it is the disk of the objects; where it is another, both have theirs.
 */
import { statfs } from 'node:fs/promises';
import { isMissing } from './file-errors.ts';

/** Between two looks at the file system; what we write meanwhile is subtracted as it goes. */
const freshForMs = 1000;
/** Small files can use up the inodes first (`files` is 0 where a file system has no such limit). */
const reservedInodes = 10_000;

/** 2 GiB, or 2 % where the disk is small. */
function usualReserve(diskBytes: number): number {
  return Math.min(2 * 1024 ** 3, diskBytes * 0.02);
}

export interface Reserves {
  /** Bytes of the objects' disk that stay free for PostgreSQL; by default 2 GiB, or 2 % where that is less. */
  readonly reserveBytes?: number;
  /** Where a PostgreSQL on this machine has its files, when it has them here: the usual reserve of that disk stays free too. */
  readonly databaseDir?: string;
}

export class FreeSpace {
  readonly #directory: string;
  readonly #databaseDir: string | undefined;
  readonly #reserveBytes: number | undefined;
  #bytes = 0;
  #measuredAt = Number.NEGATIVE_INFINITY;
  #measuring: Promise<number> | undefined;

  constructor(directory: string, { reserveBytes, databaseDir }: Reserves) {
    this.#directory = directory;
    this.#databaseDir = databaseDir;
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
    const [own, database] = await Promise.all([
      above(this.#directory, this.#reserveBytes),
      // A database elsewhere has no files here.
      this.#databaseDir === undefined ? Infinity : above(this.#databaseDir).catch(infinityWhereMissing),
    ]);
    this.#bytes = Math.min(own, database);
    this.#measuredAt = performance.now();
    return this.#bytes;
  }
}

/** Bytes of its disk above the reserve. */
async function above(directory: string, reserveBytes?: number): Promise<number> {
  const { bsize, blocks, bavail, files, ffree } = await statfs(directory);
  const outOfInodes = files > 0 && ffree < Math.min(reservedInodes, files * 0.02);
  return outOfInodes ? -1 : bavail * bsize - (reserveBytes ?? usualReserve(blocks * bsize));
}

function infinityWhereMissing(error: unknown): number {
  if (isMissing(error)) return Infinity;
  throw error;
}
