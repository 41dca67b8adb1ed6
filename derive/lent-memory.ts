/**
 * Memory that one frame after the other goes to a thread and comes back in. With fresh memory for each of them the garbage
 * collector looks through the whole heap after every thirty slices, which costs more than to render them.
 */
import { limits } from '#settings/limits.ts';

export class LentMemory {
  readonly #free: Buffer[] = [];
  /** How many are kept for the next frames; more than so many are left to the garbage collector. */
  readonly #kept: number;

  constructor(kept: number) {
    this.#kept = kept;
  }

  /** Memory of `limits.pixels.lentBytes` with anything in it. Pages that nobody writes to take none. */
  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(limits.pixels.lentBytes);
  }

  /** @param memory  all of it, as it came back: a thread that was stopped keeps what it had */
  give(memory: Uint8Array): void {
    if (this.#free.length < this.#kept && memory.byteLength === limits.pixels.lentBytes)
      this.#free.push(Buffer.from(memory.buffer as ArrayBuffer, memory.byteOffset, memory.byteLength));
  }
}
