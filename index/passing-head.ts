/** The head of a data set that passes by: a copy of what stands before Pixel Data, where that is short enough to be kept. */
import { headBytes } from './waiting-heads.ts';

export class PassingHead {
  #pieces: Buffer[] = [];
  #length = 0;
  #isOver = false;

  /** @param end where Pixel Data's value begins in the data set, once that is known */
  add(chunk: Uint8Array, end: number | undefined): void {
    if (this.#isOver) return;
    const piece = end === undefined ? chunk : chunk.subarray(0, end - this.#length);
    if (this.#length + piece.length > headBytes) return this.#giveUp();
    // A copy: the memory it lies in is used again.
    this.#pieces.push(Buffer.from(piece));
    this.#length += piece.length;
    this.#isOver = this.#length === end;
  }

  /** Undefined for one that is too long. */
  get bytes(): Buffer | undefined {
    const [only, ...more] = this.#pieces;
    return more.length === 0 ? only : Buffer.concat(this.#pieces, this.#length);
  }

  #giveUp(): void {
    this.#isOver = true;
    this.#pieces = [];
  }
}
