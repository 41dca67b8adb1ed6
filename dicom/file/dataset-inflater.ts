/**
 * Undoes Deflated Explicit VR Little Endian (PS3.5 A.5) while the bytes pass by, and no further than a limit: a few bytes
 * may deflate to gigabytes.
 */
import { once } from 'node:events';
import { createInflate, createInflateRaw } from 'node:zlib';
import type { Inflate, InflateRaw } from 'node:zlib';
import { asBuffer } from '../data/as-buffer.ts';
import { BadDataset } from './bad-dataset.ts';
import { isZlib, startsAsExplicit } from './leniencies.ts';

/** So many first bytes show whether a stream is deflated, and how. */
const telltaleBytes = 8;

export class DatasetInflater {
  readonly #take: (piece: Buffer) => void;
  readonly #limit: number;
  #head: Buffer | undefined = Buffer.alloc(0);
  /** Undefined until the first bytes have come, and for a stream that is not deflated after all. */
  #stream: Inflate | InflateRaw | undefined;
  #bytes = 0;
  #failure: Error | undefined;

  /** @param take gets the data set in pieces; what it throws ends the reading @param limit in bytes, inflated */
  constructor(take: (piece: Buffer) => void, limit: number) {
    this.#take = take;
    this.#limit = limit;
  }

  /** Resolves when all of it has been taken. @throws BadDataset, and what `take` throws */
  async write(chunk: Uint8Array): Promise<void> {
    if (this.#failure) throw this.#failure;
    if (!this.#head) return this.#pass(chunk);
    this.#head = Buffer.concat([this.#head, chunk]);
    if (this.#head.length >= telltaleBytes) await this.#begin();
  }

  /** @throws BadDataset when the stream ends early or is damaged */
  async end(): Promise<void> {
    if (this.#head) await this.#begin();
    if (this.#stream) {
      // An error ends the waiting too; what it says is in #failure by then.
      const over = Promise.race([once(this.#stream, 'end'), once(this.#stream, 'close')]).catch(() => undefined);
      this.#stream.end();
      if (!this.#failure) await over;
    }
    if (this.#failure) throw this.#failure;
  }

  /** Lets go of the decompressor, when reading stops early. */
  destroy(): void {
    this.#stream?.destroy();
  }

  async #begin(): Promise<void> {
    const head = this.#head ?? Buffer.alloc(0);
    this.#head = undefined;
    if (!startsAsExplicit(head)) this.#stream = this.#decompressor(head);
    await this.#pass(head);
  }

  #decompressor(head: Buffer): Inflate | InflateRaw {
    const stream = isZlib(head) ? createInflate() : createInflateRaw();
    stream.on('data', (piece: Buffer) => this.#took(piece));
    stream.on('error', ({ message }) => {
      this.#failure ??= new BadDataset(0, this.#bytes, `the deflated stream is damaged (${message})`);
    });
    return stream;
  }

  async #pass(chunk: Uint8Array): Promise<void> {
    const stream = this.#stream;
    if (!stream) this.#took(asBuffer(chunk));
    else {
      await new Promise<void>((resolve) => {
        stream.once('close', resolve);
        stream.write(chunk, () => {
          stream.off('close', resolve);
          resolve();
        });
      });
    }
    if (this.#failure) throw this.#failure;
  }

  #took(piece: Buffer): void {
    if (this.#failure) return;
    this.#bytes += piece.length;
    try {
      if (this.#bytes > this.#limit) throw new BadDataset(0, this.#bytes, `inflates to more than ${this.#limit} bytes`);
      this.#take(piece);
    } catch (error) {
      this.#failure = error as Error;
      this.#stream?.destroy();
    }
  }
}
