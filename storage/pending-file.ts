/**
 * An object on its way into a file that has its final name already. Bytes are gathered while a system call is in flight
 * and written together; only file descriptors and callbacks are used, because this runs for every instance received.
 */
import { close, constants, fdatasync, open, unlink, write, writev } from 'node:fs';

import { storageError } from './file-errors.ts';
import { type PendingObject, StorageFailed, StorageFull } from './storage.ts';

/** Bytes of one object that wait for the disk before `write` makes its caller wait. */
const bufferedLimit = 1024 * 1024;
/** A write is not begun for less, unless it is the last: fewer system calls at the same speed. */
const worthWriting = 256 * 1024;
/** Buffers in one writev; the kernel takes 1,024. */
const buffersAtOnce = 1000;

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
  /** Makes the name durable where fdatasync of the file does not. */
  readonly syncName: (() => Promise<void>) | undefined;
  /** The directory has vanished. */
  readonly directoryMissing: () => void;
}

export class PendingFile implements PendingObject {
  readonly #parts: PendingFileParts;
  #fd = -1;
  /** A system call is in flight; there is never more than one, and the descriptor is never closed under one. */
  #busy = true;
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;
  #inFlightBytes = 0;
  /** Where the next gathered byte goes. */
  #position = 0;
  #overwrites: { position: number; bytes: Uint8Array }[] = [];
  #flushing = false;
  #ended = false;
  #committing: Promise<void> | undefined;
  #failure: StorageFailed | undefined;
  /** Callers of `write` that wait for room; callers of `flush`; `abort` that waits for the call in flight. */
  #room: PromiseWithResolvers<void> | undefined;
  #flushed: PromiseWithResolvers<void> | undefined;
  #quiet: PromiseWithResolvers<void> | undefined;

  constructor(parts: PendingFileParts) {
    this.#parts = parts;
    if (parts.directory)
      parts.directory.then(
        () => this.#open(),
        (error: unknown) => this.#returned(error),
      );
    else this.#open();
  }

  write(chunk: Uint8Array): Promise<void> {
    const refused = this.#refusal();
    if (refused) return Promise.reject(refused);
    if (chunk.byteLength === 0) return welcome;
    this.#gathered.push(chunk);
    this.#gatheredBytes += chunk.byteLength;
    if (!this.#parts.take(chunk.byteLength)) return this.#makeSureOfSpace();
    if (!this.#busy) this.#next();
    return this.#whenRoom();
  }

  overwrite(position: number, bytes: Uint8Array): Promise<void> {
    const refused = this.#refusal();
    if (refused) return Promise.reject(refused);
    const end = position + bytes.byteLength;
    if (position < 0 || end > this.#position + this.#inFlightBytes + this.#gatheredBytes) {
      return Promise.reject(new StorageFailed(`object ${this.#parts.key}: overwrite of bytes that were not written`));
    }
    const first = this.#gathered[0];
    if (this.#position + this.#inFlightBytes === 0 && first && end <= first.byteLength) {
      // A small object's head has not left yet: no second write, and the caller's chunk stays as it is.
      this.#gathered.splice(0, 1, first.subarray(0, position), bytes, first.subarray(end));
      return welcome;
    }
    this.#overwrites.push({ position, bytes });
    return this.flush();
  }

  flush(): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    this.#flushing = true;
    if (!this.#busy) this.#next();
    if (!this.#flushing) return welcome;
    this.#flushed ??= waiter();
    return this.#flushed.promise;
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
      await this.#sync();
      await this.#parts.syncName?.();
    } catch (error) {
      await this.#discard();
      throw storageError(error, this.#parts.key);
    }
    // Nobody waits for it: what it could report, fdatasync has reported.
    close(this.#fd, noop);
    this.#fd = -1;
  }

  async #discard(): Promise<void> {
    this.#ended = true;
    this.#fail(new StorageFailed(`object ${this.#parts.key} has been aborted`));
    if (this.#busy) {
      this.#quiet ??= waiter();
      await this.#quiet.promise;
    }
    // Without a descriptor the file, if there is one, is not ours.
    if (this.#fd < 0) return;
    const fd = this.#fd;
    this.#fd = -1;
    await new Promise<void>((resolve) => close(fd, () => resolve()));
    await new Promise<void>((resolve) => unlink(this.#parts.path, () => resolve()));
  }

  #open(): void {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
    open(this.#parts.path, flags, 0o600, (error, fd) => {
      if (!error) this.#fd = fd;
      if (error?.code === 'ENOENT') this.#parts.directoryMissing();
      this.#returned(error && openFailure(error, this.#parts.key));
    });
  }

  /** Begins the next system call if one is due. Called only while none is in flight. */
  #next(): void {
    if (this.#failure || this.#ended) return;
    if (this.#gatheredBytes >= worthWriting || (this.#flushing && this.#gatheredBytes > 0)) this.#writeGathered();
    else if (this.#overwrites.length > 0 && this.#gatheredBytes === 0) this.#writeOver();
    else if (this.#flushing) {
      this.#flushing = false;
      this.#flushed?.resolve();
      this.#flushed = undefined;
    }
  }

  #writeGathered(): void {
    const buffers = this.#gathered.splice(0, buffersAtOnce);
    let bytes = 0;
    for (const buffer of buffers) bytes += buffer.byteLength;
    this.#gatheredBytes -= bytes;
    this.#inFlightBytes = bytes;
    this.#busy = true;
    writev(this.#fd, buffers, this.#position, (error, written) => {
      this.#inFlightBytes = 0;
      if (!error) {
        this.#position += written;
        if (written < bytes) this.#putBack(buffers, written);
      }
      this.#returned(error);
    });
  }

  /** A short write: the disk is nearly full, or a signal came. The rest goes to the front, and the next write tells. */
  #putBack(buffers: readonly Uint8Array[], written: number): void {
    const rest: Uint8Array[] = [];
    let skip = written;
    for (const buffer of buffers) {
      if (skip < buffer.byteLength) rest.push(buffer.subarray(skip));
      skip = Math.max(0, skip - buffer.byteLength);
    }
    this.#gathered.unshift(...rest);
    for (const buffer of rest) this.#gatheredBytes += buffer.byteLength;
  }

  #writeOver(): void {
    const { position, bytes } = this.#overwrites.shift() as { position: number; bytes: Uint8Array };
    this.#busy = true;
    write(this.#fd, bytes, 0, bytes.byteLength, position, (error, written) => {
      if (!error && written < bytes.byteLength) {
        this.#overwrites.unshift({ position: position + written, bytes: bytes.subarray(written) });
      }
      this.#returned(error);
    });
  }

  #sync(): Promise<void> {
    this.#busy = true;
    return new Promise((resolve, reject) =>
      fdatasync(this.#fd, (error) => {
        this.#returned(error);
        if (error) reject(error);
        else resolve();
      }),
    );
  }

  /** The system call in flight has returned. */
  #returned(error: unknown): void {
    this.#busy = false;
    if (error) this.#fail(error);
    else this.#next();
    if (!this.#busy) {
      this.#quiet?.resolve();
      this.#quiet = undefined;
    }
    if (this.#room && this.#hasRoom()) {
      this.#room.resolve();
      this.#room = undefined;
    }
  }

  #hasRoom(): boolean {
    return this.#gatheredBytes + this.#inFlightBytes <= bufferedLimit;
  }

  #whenRoom(): Promise<void> {
    if (this.#hasRoom()) return welcome;
    this.#room ??= waiter();
    return this.#room.promise;
  }

  async #makeSureOfSpace(): Promise<void> {
    const space = await this.#parts.measure().catch((error: unknown) => storageError(error, this.#parts.key));
    if (typeof space !== 'number') this.#fail(space);
    else if (space < 0) this.#fail(new StorageFull(`object ${this.#parts.key}: no space left above the reserve`));
    const refused = this.#refusal();
    if (refused) throw refused;
    if (!this.#busy) this.#next();
    return this.#whenRoom();
  }

  #refusal(): StorageFailed | undefined {
    return this.#failure ?? (this.#ended ? new StorageFailed(`object ${this.#parts.key} has ended`) : undefined);
  }

  /** The first failure is the one that every later call reports. */
  #fail(error: unknown): void {
    this.#failure ??= storageError(error, this.#parts.key);
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#overwrites = [];
    this.#room?.reject(this.#failure);
    this.#flushed?.reject(this.#failure);
    this.#room = undefined;
    this.#flushed = undefined;
  }
}

/** A caller that looks away meets the failure at its next call; it must not end the process. */
function waiter(): PromiseWithResolvers<void> {
  const waiting = Promise.withResolvers<void>();
  waiting.promise.catch(noop);
  return waiting;
}

function openFailure(error: NodeJS.ErrnoException, key: string): Error {
  if (error.code === 'EEXIST') return new StorageFailed(`object ${key} exists already`, { cause: error });
  if (error.code === 'ENOENT') return new StorageFailed(`object ${key}: its directory has vanished`, { cause: error });
  return error;
}
