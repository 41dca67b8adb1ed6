/**
 * Files that were read a moment ago, kept open: frames of one object are asked for one by one, and what was looked at is
 * looked at again. Opening and closing cost more than reading from the system's cache.
 */
import { closeSync, fstatSync, open } from 'node:fs';
import { keepAtMost } from '#settings/keep-at-most.ts';

/** Files kept open at most, and for how long after they were read last. */
const keptFiles = 256;
const keptMs = 2_000;
/** Ranges remembered of a file: the frames of one that is played over and over. */
const keptRanges = 512;

/** What of a file was read a moment ago: the system has it in its cache, and reading it again waits for no disk. */
class WarmRanges {
  /** By where they begin, the one that was read last at the end. */
  readonly #ranges = new Map<number, { length: number; readAt: number }>();

  has(offset: number, length: number): boolean {
    const range = this.#ranges.get(offset);
    return range?.length === length && performance.now() - range.readAt < keptMs;
  }

  add(offset: number, length: number): void {
    this.#ranges.delete(offset);
    this.#ranges.set(offset, { length, readAt: performance.now() });
    keepAtMost(this.#ranges, keptRanges);
  }
}

interface OpenFile {
  readonly fd: number;
  readonly warm: WarmRanges;
  readers: number;
  readAt: number;
  /** Nobody finds it any more: its last reader closes it. */
  isDropped: boolean;
}

export class OpenFiles {
  /** By path; the one that was read last stands at the end. */
  readonly #files = new Map<string, OpenFile>();
  #closing: NodeJS.Timeout | undefined;

  /**
   * Calls `read` with a descriptor of the file, which is good until the promise settles.
   * @param read.warm says what it may read at once, and is told what it has read
   * @throws the system's error
   */
  async use<T>(path: string, read: (fd: number, warm: WarmRanges) => Promise<T>): Promise<T> {
    const file = this.#find(path) ?? (await this.#open(path));
    try {
      return await read(file.fd, file.warm);
    } finally {
      file.readers--;
      file.readAt = performance.now();
      if (file.isDropped && file.readers === 0) closeSync(file.fd);
    }
  }

  /** The file is going away, or is not to be trusted: the next read opens it anew. */
  drop(path: string): void {
    const file = this.#files.get(path);
    if (!file) return;
    this.#files.delete(path);
    file.isDropped = true;
    if (file.readers === 0) closeSync(file.fd);
  }

  close(): void {
    clearInterval(this.#closing);
    this.#closing = undefined;
    for (const path of this.#files.keys()) this.drop(path);
  }

  #find(path: string): OpenFile | undefined {
    const file = this.#files.get(path);
    if (!file) return undefined;
    // Removed meanwhile, perhaps by another process: what nobody else finds any more, we do not either.
    if (fstatSync(file.fd).nlink === 0) {
      this.drop(path);
      return undefined;
    }
    this.#files.delete(path);
    this.#files.set(path, file);
    file.readers++;
    return file;
  }

  async #open(path: string): Promise<OpenFile> {
    const fd = await new Promise<number>((resolve, reject) =>
      open(path, 'r', (error, opened) => (error ? reject(error) : resolve(opened))),
    );
    // Ours from the beginning: dropped before `use` goes on, its number could be another file's by then.
    const file = { fd, warm: new WarmRanges(), readers: 1, readAt: performance.now(), isDropped: false };
    // Somebody else opened it at the same time: theirs is kept, ours is closed after this read.
    if (this.#files.has(path)) file.isDropped = true;
    else this.#files.set(path, file);
    for (const [oldest] of this.#files) {
      if (this.#files.size <= keptFiles) break;
      this.drop(oldest);
    }
    this.#closing ??= setInterval(() => this.#closeIdle(), keptMs).unref();
    return file;
  }

  #closeIdle(): void {
    const since = performance.now() - keptMs;
    for (const [path, { readers, readAt }] of this.#files) if (readers === 0 && readAt < since) this.drop(path);
    if (this.#files.size > 0) return;
    clearInterval(this.#closing);
    this.#closing = undefined;
  }
}
