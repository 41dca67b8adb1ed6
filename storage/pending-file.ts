/**
 * An object on its way into a file that has its final name already. Bytes are copied into a block and written when it is
 * full or the object complete: a CT slice is one write and one sync. Every system call that may wait for the disk runs
 * on the thread pool, one at a time for each file; only file descriptors are used, because this runs for every instance.
 */
import { closeSync, constants, open, unlink, write } from 'node:fs';

import { giveBlock, takeBlock } from './block-pool.ts';
import { storageError } from './file-errors.ts';
import { type PendingObject, StorageFailed, StorageFull } from './storage.ts';
import { syncFile, waitForDisk } from './waiting-calls.ts';

const welcome = Promise.resolve();
const noop = (): void => {};

export interface PendingFileParts {
  readonly key: string;
  readonly path: string;
  /** Undefined when the directory is there. */
  readonly directory: Promise<void> | undefined;
  /** Counts bytes about to be written; false when they may touch the reserve. */
  readonly take: (bytes: number) => boolean;
  /** Looks whether the reserve is really touched: negative when it is. */
  readonly measure: () => Promise<number>;
  /** Whether it is to survive a power cut. */
  readonly syncsFile: boolean;
  /** Makes the name durable where fdatasync of the file does not. */
  readonly syncName: (() => Promise<void>) | undefined;
  /** The directory has vanished. */
  readonly directoryMissing: () => void;
}

export class PendingFile implements PendingObject {
  readonly #parts: PendingFileParts;
  #fd = -1;
  /** What is being gathered, how much of it is filled, and where in the file it begins. */
  #block: Buffer | undefined;
  #filled = 0;
  #position = 0;
  /** The system call in flight; it never rejects, a failure is kept. There is never more than one. */
  #running: Promise<void>;
  /** A `write` that waits for a block to leave. */
  #waiting: Promise<void> | undefined;
  #ended = false;
  #committing: Promise<void> | undefined;
  #failure: StorageFailed | undefined;

  constructor(parts: PendingFileParts) {
    this.#parts = parts;
    this.#running = this.#open().catch((error: unknown) => this.#fail(error));
  }

  write(chunk: Uint8Array): Promise<void> {
    const refused = this.#refusal();
    if (refused) return Promise.reject(refused);
    const mayFill = !this.#parts.take(chunk.byteLength);
    const block = (this.#block ??= takeBlock());
    if (!mayFill && !this.#waiting && this.#filled + chunk.byteLength < block.length) {
      block.set(chunk, this.#filled);
      this.#filled += chunk.byteLength;
      return welcome;
    }
    const written = this.#append(chunk, mayFill, this.#waiting);
    const waiting = written.catch(noop).then(() => {
      if (this.#waiting === waiting) this.#waiting = undefined;
    });
    this.#waiting = waiting;
    return written;
  }

  async overwrite(position: number, bytes: Uint8Array): Promise<void> {
    this.#check();
    await this.#waiting;
    const end = position + bytes.byteLength;
    if (position < 0 || end > this.#position + this.#filled) {
      throw new StorageFailed(`object ${this.#parts.key}: overwrite of bytes that were not written`);
    }
    if (position >= this.#position && this.#block) {
      this.#block.set(bytes, position - this.#position); // it has not left yet
      return;
    }
    await this.flush();
    this.#run(() => this.#writeAll(bytes, bytes.byteLength, position));
    await this.#running;
    this.#check();
  }

  async flush(): Promise<void> {
    await this.#waiting;
    await this.#running;
    if (this.#failure) throw this.#failure;
    if (this.#filled === 0) return;
    this.#writeBlock();
    await this.#running;
    if (this.#failure) throw this.#failure;
  }

  commit(): Promise<void> {
    this.#committing ??= this.#commit();
    return this.#committing;
  }

  async abort(): Promise<void> {
    // Who is already committing has decided: the object stands, or commit throws it away itself.
    await this.#committing?.catch(noop);
    await this.#discard();
  }

  async #commit(): Promise<void> {
    try {
      if (this.#ended) throw new StorageFailed(`object ${this.#parts.key} has been aborted`);
      await this.flush();
      this.#ended = true;
      if (this.#parts.syncsFile) this.#run(() => syncFile(this.#fd));
      await this.#running;
      if (this.#failure) throw this.#failure;
      await this.#parts.syncName?.();
    } catch (error) {
      await this.#discard();
      throw storageError(error, this.#parts.key);
    }
    this.#close();
  }

  async #discard(): Promise<void> {
    this.#ended = true;
    this.#fail(new StorageFailed(`object ${this.#parts.key} has been aborted`));
    await this.#waiting;
    await this.#running;
    this.#dropBlock();
    // Without a descriptor the file, if there is one, is not ours.
    if (this.#fd < 0) return;
    this.#close();
    await new Promise<void>((resolve) => unlink(this.#parts.path, () => resolve()));
  }

  /** Synchronous: what a close could report, fdatasync has reported, and the kernel has nothing left to wait for. */
  #close(): void {
    closeSync(this.#fd);
    this.#fd = -1;
  }

  async #open(): Promise<void> {
    await this.#parts.directory;
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
    const opened = waitForDisk<number>((done) => open(this.#parts.path, flags, 0o600, done));
    this.#fd = await opened.catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') this.#parts.directoryMissing();
      throw openFailure(error, this.#parts.key);
    });
  }

  async #append(chunk: Uint8Array, mayFill: boolean, before: Promise<void> | undefined): Promise<void> {
    await before;
    if (mayFill) await this.#makeSureOfSpace();
    for (let from = 0; from < chunk.byteLength;) {
      this.#check();
      const block = (this.#block ??= takeBlock());
      const piece = chunk.subarray(from, from + block.length - this.#filled);
      block.set(piece, this.#filled);
      this.#filled += piece.byteLength;
      from += piece.byteLength;
      if (this.#filled < block.length) continue;
      await this.#running;
      this.#check();
      this.#writeBlock();
    }
  }

  #writeBlock(): void {
    const block = this.#block as Buffer;
    const [bytes, position] = [this.#filled, this.#position];
    this.#block = undefined;
    this.#filled = 0;
    this.#position += bytes;
    this.#run(() => this.#writeAll(block, bytes, position).finally(() => giveBlock(block)));
  }

  /** Begins a system call; the caller has seen to it that none is in flight. */
  #run(call: () => Promise<void>): void {
    this.#running = call().catch((error: unknown) => this.#fail(error));
  }

  async #writeAll(bytes: Uint8Array, length: number, position: number): Promise<void> {
    for (let from = 0; from < length;) {
      // A short write: the disk is nearly full, or a signal came. The next one tells.
      const [begins, rest] = [from, length - from];
      from += await waitForDisk<number>((done) => write(this.#fd, bytes, begins, rest, position + begins, done));
    }
  }

  async #makeSureOfSpace(): Promise<void> {
    try {
      if ((await this.#parts.measure()) < 0) {
        throw new StorageFull(`object ${this.#parts.key}: no space left above the reserve`);
      }
    } catch (error) {
      this.#fail(error);
    }
    this.#check();
  }

  #check(): void {
    const refused = this.#refusal();
    if (refused) throw refused;
  }

  #refusal(): StorageFailed | undefined {
    return this.#failure ?? (this.#ended ? new StorageFailed(`object ${this.#parts.key} has ended`) : undefined);
  }

  /** The first failure is the one that every later call reports. */
  #fail(error: unknown): void {
    this.#failure ??= storageError(error, this.#parts.key);
    this.#dropBlock();
  }

  #dropBlock(): void {
    if (this.#block) giveBlock(this.#block);
    this.#block = undefined;
    this.#filled = 0;
  }
}

function openFailure(error: NodeJS.ErrnoException, key: string): Error {
  if (error.code === 'EEXIST') return new StorageFailed(`object ${key} exists already`, { cause: error });
  if (error.code === 'ENOENT') return new StorageFailed(`object ${key}: its directory has vanished`, { cause: error });
  return error;
}
