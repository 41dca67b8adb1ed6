/**
 * What one transport connection is read into: few large buffers that are used again as soon as nobody reads what came
 * in them. A fresh one for each read costs more, in collecting garbage, than all else that is done with the bytes.
 */

/** Enough for an A-ASSOCIATE-RQ, and all that a silent connection takes. */
const firstBytes = 16 * 1024;
/** From the first read that fills it on: about what the kernel holds of a sender that is faster than we. */
const largeBytes = 256 * 1024;
/** Large ones that are kept for whoever needs one next; more than so many are left to the garbage collector. */
const kept = 64;

const free: Buffer[] = [];

/** A buffer, and how many pieces of it somebody still reads. */
interface Slot {
  readonly bytes: Buffer;
  held: number;
}

export class ReceiveBuffers {
  /** Where the next read goes, behind what is filled. */
  #current: Slot = { bytes: Buffer.allocUnsafeSlow(firstBytes), held: 0 };
  #filled = 0;
  /** Earlier ones with pieces that are still held. */
  readonly #earlier: Slot[] = [];
  #lastRead = 0;
  #isOutgrown = false;

  /** Room for the next read, never empty. Nothing that is held lies in it. */
  next(): Buffer {
    if (this.#current.held === 0) this.#filled = 0;
    // Three quarters of each get filled at least: what a slow reader holds costs little more than its length.
    const needed = Math.max(1, Math.min(this.#lastRead, largeBytes / 4));
    if (this.#isOutgrown || this.#current.bytes.length - this.#filled < needed) {
      this.#leave();
      this.#current = { bytes: free.pop() ?? Buffer.allocUnsafeSlow(largeBytes), held: 0 };
      this.#filled = 0;
      this.#isOutgrown = false;
    }
    return this.#filled === 0 ? this.#current.bytes : this.#current.bytes.subarray(this.#filled);
  }

  /** What a read has put there: to be read before `next()`, or to be held. */
  received(count: number): Buffer {
    const start = this.#filled;
    this.#filled += count;
    this.#lastRead = count;
    const { bytes } = this.#current;
    this.#isOutgrown = bytes.length < largeBytes && this.#filled === bytes.length;
    return bytes.subarray(start, this.#filled);
  }

  /** @param piece of what was received last, or of what is held: it stays as it is until it is given back */
  hold(piece: Buffer): void {
    const { buffer } = piece;
    const isIn = ({ bytes }: Slot): boolean => bytes.buffer === buffer;
    const slot = isIn(this.#current) ? this.#current : this.#earlier.find(isIn);
    if (slot) slot.held++;
  }

  /** Nobody reads the piece any more. One that never was held here is none of our business. */
  giveBack(piece: Buffer): void {
    const { buffer } = piece;
    if (buffer === this.#current.bytes.buffer) {
      this.#current.held--;
      return;
    }
    const index = this.#earlier.findIndex(({ bytes }) => bytes.buffer === buffer);
    const slot = this.#earlier[index];
    if (!slot || --slot.held > 0) return;
    this.#earlier.splice(index, 1);
    keep(slot.bytes);
  }

  /** Nothing more is read. What is still held stays as it is. */
  close(): void {
    this.#leave();
    this.#current = { bytes: Buffer.alloc(0), held: 0 };
  }

  #leave(): void {
    if (this.#current.held > 0) this.#earlier.push(this.#current);
    else keep(this.#current.bytes);
  }
}

function keep(bytes: Buffer): void {
  if (bytes.length === largeBytes && free.length < kept) free.push(bytes);
}
