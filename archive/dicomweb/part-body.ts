/** One part of a store request (PS3.18 Section 10.5) on its way in: read by whoever keeps it, and what is left of it afterwards. */
import type { Readable } from 'node:stream';
import { BadMultipart } from '#dicom/web/multipart-reader.ts';

/** A part's bytes, and when the last of them has been taken. */
export class PartBody implements AsyncIterable<Uint8Array> {
  readonly #source: Readable;
  readonly #pieces: AsyncGenerator<Uint8Array>;
  readonly #consumed = Promise.withResolvers<void>();

  constructor(source: Readable) {
    this.#source = source;
    this.#pieces = this.#read();
  }

  get consumed(): Promise<void> {
    return this.#consumed.promise;
  }

  [Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    return this.#pieces;
  }

  async *#read(): AsyncGenerator<Uint8Array> {
    try {
      // A refused instance's rest must still be read off the connection: the iterator must not destroy its stream.
      yield* this.#source.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
    } catch (cause) {
      throw new BadMultipart('the part was cut off', { cause });
    } finally {
      this.#consumed.resolve();
    }
  }

  /** Reads and throws away what nobody wanted, so that the next part can come. */
  async drain(): Promise<void> {
    // Who was refused before the first byte of its data set has not ended it: a stream that is being read does not flow.
    await this.#pieces.return(undefined);
    if (this.#source.readableEnded || this.#source.destroyed || this.#source.errored) return;
    const ended = Promise.withResolvers<void>();
    this.#source
      .once('end', ended.resolve)
      .once('close', ended.resolve)
      .once('error', () => ended.resolve());
    this.#source.resume();
    await ended.promise;
  }
}
