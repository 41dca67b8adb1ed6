/**
 * The data set of a message while it arrives (PS3.7 6.3.2): its bytes as the socket gave them, read once by one reader.
 * It never asks for more itself; it tells its source when bytes have left, so that the association can go on reading.
 */

/** Where the pieces come from. */
export interface DatasetSource {
  /** So many bytes have left: they were read, or thrown away. */
  taken(bytes: number): void;
  /** Nobody looks at this piece any more: what it lies in may be used again. */
  giveBack(piece: Buffer): void;
}

/** Pieces below this are gathered: a sender of tiny fragments shall not cost a turn of the loop each. */
const smallPieceBytes = 1024;
const gatheredBytes = 16 * 1024;

const end: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** A piece is the reader's until it calls `next()` or `return()`; after that other bytes may come to lie there. */
export class DatasetStream implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #source: DatasetSource;
  #pieces: Buffer[] = [];
  /** The last of `#pieces` while it is one that small ones are copied into, and how full it is. */
  #gathering: Buffer | undefined;
  #gathered = 0;
  /** What the reader has. */
  #lent: Buffer | undefined;
  #reader: PromiseWithResolvers<IteratorResult<Uint8Array, undefined>> | undefined;
  #discards = false;
  #isComplete = false;
  #failure: Error | undefined;
  #ended: PromiseWithResolvers<void> | undefined;
  /** Bytes that have come so far. */
  length = 0;

  constructor(source: DatasetSource) {
    this.#source = source;
  }

  /** Whether its last fragment is there, or will never come. */
  get hasEnded(): boolean {
    return this.#isComplete || this.#failure !== undefined;
  }

  /** Resolves when nothing more will come: complete or cut. */
  get ended(): Promise<void> {
    if (this.hasEnded) return Promise.resolve();
    this.#ended ??= Promise.withResolvers<void>();
    return this.#ended.promise;
  }

  push(bytes: Buffer): void {
    this.length += bytes.length;
    if (bytes.length === 0) return;
    if (this.#discards) this.#takeBack(bytes);
    else if (this.#reader) {
      this.#lent = bytes;
      this.#give({ done: false, value: bytes });
    } else if (bytes.length < smallPieceBytes) this.#gather(bytes);
    else {
      this.#settleGathering();
      this.#pieces.push(bytes);
    }
  }

  complete(): void {
    this.#isComplete = true;
    this.#ended?.resolve();
    if (this.#pieces.length === 0) this.#give(end);
  }

  /** The rest will never come: whoever reads gets the error, also before what has come is read. */
  fail(error: Error): void {
    if (this.hasEnded) return;
    this.#failure = error;
    this.#dropPieces();
    this.#reader?.reject(error);
    this.#reader = undefined;
    this.#ended?.resolve();
  }

  /** Nobody reads it any more: what has come and what still comes is thrown away. */
  discard(): void {
    this.#discards = true;
    this.#takeBackLent();
    this.#dropPieces();
    this.#give(end);
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#takeBackLent();
    const piece = this.#pieces.shift();
    if (piece !== undefined) {
      const value = piece === this.#gathering ? piece.subarray(0, this.#gathered) : piece;
      if (piece === this.#gathering) this.#gathering = undefined;
      this.#lent = value;
      return Promise.resolve({ done: false, value });
    }
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#isComplete || this.#discards) return Promise.resolve(end);
    this.#reader ??= Promise.withResolvers();
    return this.#reader.promise;
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.discard();
    return Promise.resolve(end);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #give(result: IteratorResult<Uint8Array, undefined>): void {
    this.#reader?.resolve(result);
    this.#reader = undefined;
  }

  #gather(bytes: Buffer): void {
    if (!this.#gathering || this.#gathered + bytes.length > gatheredBytes) {
      this.#settleGathering();
      this.#gathering = Buffer.allocUnsafeSlow(gatheredBytes);
      this.#gathered = 0;
      this.#pieces.push(this.#gathering);
    }
    bytes.copy(this.#gathering, this.#gathered);
    this.#gathered += bytes.length;
    this.#source.giveBack(bytes);
  }

  #settleGathering(): void {
    if (!this.#gathering) return;
    const gathered = this.#gathering.subarray(0, this.#gathered);
    // One byte between two long pieces must not keep the memory of sixteen thousand.
    const isHardlyFilled = this.#gathered < gatheredBytes / 4;
    this.#pieces[this.#pieces.length - 1] = isHardlyFilled ? Buffer.from(gathered) : gathered;
    this.#gathering = undefined;
  }

  #dropPieces(): void {
    this.#settleGathering();
    for (const piece of this.#pieces.splice(0)) this.#takeBack(piece);
  }

  #takeBackLent(): void {
    if (this.#lent) this.#takeBack(this.#lent);
    this.#lent = undefined;
  }

  #takeBack(piece: Buffer): void {
    this.#source.giveBack(piece);
    this.#source.taken(piece.length);
  }
}
