/** Runs of bytes of a deflated data set (PS3.5 Annex A.5): inflated from its beginning, and thrown away until there. */
import { pipeline, Readable } from 'node:stream';
import { createInflateRaw } from 'node:zlib';
import { CannotDecode } from './decoded-frame.ts';
import type { ByteRange } from './frame-table.ts';

/** Of what is inflated: one turn of the event loop copies no more. */
const pieceBytes = 64 * 1024;

/**
 * A deflated data set that is read forwards: several ranges, one behind the other, cost one pass. Inflating itself runs
 * on Node's thread pool; one piece is in memory at a time, some that are read ahead, and the range. One read at a time.
 */
export class InflatedBytes implements Disposable {
  readonly #stream: Readable;
  readonly #pieces: AsyncIterator<Buffer>;
  /** What was inflated behind the last range. */
  #rest: Buffer = Buffer.alloc(0);
  #at = 0;

  /** @param deflated  the data set as it is stored */
  constructor(deflated: AsyncIterable<Uint8Array>) {
    const source = Readable.from(copies(deflated), { objectMode: false });
    this.#stream = pipeline(source, createInflateRaw({ chunkSize: pieceBytes }), () => {});
    this.#pieces = this.#stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  /** What begins before this byte has passed. */
  get at(): number {
    return this.#at;
  }

  /**
   * @param range          not before `at`
   * @param inflatedBytes  the most that may be inflated on the way
   * @param passing        takes each piece as it is inflated, and where it begins in the data set
   * @throws CannotDecode when the stream is damaged, ends before the range does, or grows too large
   */
  async read(
    { offset, length }: ByteRange,
    inflatedBytes: number,
    passing?: (piece: Buffer, at: number) => Promise<void>,
  ): Promise<Buffer> {
    if (offset + length > inflatedBytes)
      throw new CannotDecode(`the frame lies beyond ${inflatedBytes} inflated bytes`);
    const range = Buffer.allocUnsafeSlow(length);
    for (let piece = this.#rest; ; piece = await this.#next()) {
      if (piece !== this.#rest) await passing?.(piece, this.#at);
      const end = this.#at + piece.length;
      if (end > offset) piece.copy(range, Math.max(0, this.#at - offset), Math.max(0, offset - this.#at));
      if (end >= offset + length) {
        this.#rest = piece.subarray(offset + length - this.#at);
        this.#at = offset + length;
        return range;
      }
      this.#at = end;
    }
  }

  [Symbol.dispose](): void {
    this.#stream.destroy();
  }

  async #next(): Promise<Buffer> {
    try {
      const { value, done } = await this.#pieces.next();
      if (!done) return value;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (!code?.startsWith('Z_')) throw error;
      throw new CannotDecode(`the deflated stream is damaged (${message})`);
    }
    throw new CannotDecode(`the data set ends after ${this.#at} inflated bytes, before the frame does`);
  }
}

/** One range. @throws as `InflatedBytes.read` */
export async function inflatedRange(
  deflated: AsyncIterable<Uint8Array>,
  range: ByteRange,
  inflatedBytes: number,
): Promise<Buffer> {
  using inflated = new InflatedBytes(deflated);
  return await inflated.read(range, inflatedBytes);
}

/** A stream asks for the next piece while it still holds the last one, whose memory may be used again by then. */
async function* copies(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void, void> {
  for await (const piece of pieces) yield Buffer.from(piece);
}
