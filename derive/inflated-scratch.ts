/**
 * What was last inflated of a data set, kept in a file for who asks for it once more: deflated bytes can be read forwards
 * only. The file has no name any more once it is open, so that nothing of it outlives the process.
 */
import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ByteRange } from '#dicom/pixels/frame-table.ts';

export class InflatedScratch implements Disposable {
  readonly #size: number;
  #file: Promise<FileHandle> | undefined;
  /** What it holds of the data set: from the one byte to before the other, each at its place modulo the size. */
  #from = 0;
  #to = 0;
  #isBroken = false;

  /** @param size  of the file in bytes: what was inflated earlier is overwritten */
  constructor(size: number) {
    this.#size = size;
  }

  holds({ offset, length }: ByteRange): boolean {
    return !this.#isBroken && offset >= this.#from && offset + length <= this.#to;
  }

  /**
   * Takes bytes as they are inflated, one behind the other. Without room on the disk it holds nothing.
   * @param at  where the piece begins in the data set
   */
  async keep(piece: Uint8Array, at: number): Promise<void> {
    if (this.#isBroken) return;
    if (at !== this.#to) this.#from = this.#to = at;
    const end = at + piece.length;
    // Said before it happens: a read at the same time looks at it when it is done.
    this.#from = Math.max(this.#from, end - this.#size);
    try {
      const file = await (this.#file ??= openNameless());
      for (const { offset, length } of this.#places(Math.max(at, end - this.#size), end)) {
        const part = piece.subarray(offset - at, offset - at + length);
        const { bytesWritten } = await file.write(part, 0, length, offset % this.#size);
        // A disk that is full in the middle of it says so only at the next one.
        if (bytesWritten < length) throw new Error('no room for all of a piece');
      }
      this.#to = end;
    } catch {
      this.#isBroken = true;
    }
  }

  /** @param range  that it holds @returns undefined when it has been overwritten meanwhile, or cannot be read */
  async read(range: ByteRange): Promise<Buffer | undefined> {
    const bytes = Buffer.allocUnsafeSlow(range.length);
    try {
      const file = await this.#file;
      for (const { offset, length } of this.#places(range.offset, range.offset + range.length)) {
        const read = await file?.read(bytes, offset - range.offset, length, offset % this.#size);
        if (read?.bytesRead !== length) return undefined;
      }
    } catch {
      return undefined;
    }
    return this.holds(range) ? bytes : undefined;
  }

  [Symbol.dispose](): void {
    this.#isBroken = true;
    // Closing waits for what is being read.
    this.#file?.then((file) => file.close()).catch(() => undefined);
  }

  /** Runs that lie in one piece in the file. */
  *#places(from: number, to: number): Generator<ByteRange> {
    for (let offset = from; offset < to;) {
      const length = Math.min(to - offset, this.#size - (offset % this.#size));
      yield { offset, length };
      offset += length;
    }
  }
}

async function openNameless(): Promise<FileHandle> {
  const name = join(tmpdir(), `lightbox-${randomUUID()}`);
  const file = await open(name, 'wx+', 0o600);
  await unlink(name);
  return file;
}
