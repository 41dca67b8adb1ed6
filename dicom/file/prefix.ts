/** A stream whose first bytes are looked at before it is decided what becomes of it. */
import { asBuffer } from '../data/as-buffer.ts';

/** The first bytes of a stream, as many as are asked for; the rest still streams. */
export class Prefix {
  readonly #pieces: AsyncIterator<Uint8Array>;
  bytes: Buffer = Buffer.alloc(0);

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** Reads until that many bytes are there, or the stream ends. */
  async need(count: number): Promise<void> {
    while (this.bytes.length < count) {
      // A piece may be lent only until the next one is asked for.
      const before = Buffer.from(this.bytes);
      const { value, done } = await this.#pieces.next();
      if (done) {
        this.bytes = before;
        return;
      }
      const piece = asBuffer(value);
      this.bytes = before.length === 0 ? piece : Buffer.concat([before, piece]);
    }
  }

  async cancel(): Promise<void> {
    await this.#pieces.return?.();
  }

  async *rest(from: number): AsyncGenerator<Uint8Array> {
    try {
      yield this.bytes.subarray(from);
      this.bytes = Buffer.alloc(0);
      for (;;) {
        const { value, done } = await this.#pieces.next();
        if (done) return;
        yield value;
      }
    } finally {
      await this.cancel();
    }
  }
}
