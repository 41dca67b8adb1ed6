// Fetches the rest of a series while one image is looked at: nearest first, in the direction of scrolling, never more than
// memory holds, and no image twice after a failure (an archive that is ill is not cured by being asked a thousand times), but for
// what a cut line kept from coming, when it is back.
import { loadError } from '../archive-client.ts';
import { isCut } from '../line-back.ts';
import type { Frame } from './display-sets.ts';
import { imageInMemory, type ImageRequests } from './load-image.ts';
import { nearestFirst } from './nearest-first.ts';

interface PrefetchOptions {
  frames: Frame[];
  requests: ImageRequests;
  /** how many of this size fit into memory as they are drawn now */
  mostImages: () => number;
  /** how many could not be loaded, and whether for want of a line */
  onChange: (now: { failed: number; cutOff: boolean }) => void;
}

// Reordering is cheap but not free; a few images of scrolling do not change what comes next.
const reorderAfterImages = 4;
// So many wait for their turn: more than the pool ever has on their way (load-image.ts), and few to be forgotten when others are wanted.
const waitingAtOnce = 8;

export class Prefetch {
  readonly #options: PrefetchOptions;
  readonly #failed = new Set<number>();
  #cutOff = false;
  #orderedAround: number | undefined;
  /** What is to be fetched next, and so on. */
  #order: Iterator<number, undefined> | undefined;
  #stopped = false;

  constructor(options: PrefetchOptions) {
    this.#options = options;
  }

  /** An image that was loaded because somebody looked at it. */
  note(index: number): void {
    if (this.#failed.delete(index)) this.#tell();
  }

  around(index: number, direction: 1 | -1): void {
    const before = this.#orderedAround;
    if (this.#stopped || (before !== undefined && Math.abs(index - before) < reorderAfterImages)) return;
    const { frames, requests, mostImages } = this.#options;
    this.#orderedAround = index;
    requests.forgetWaiting('prefetch');
    const order = nearestFirst(index, frames.length, direction, mostImages());
    this.#order = order;
    for (let place = 0; place < waitingAtOnce; place += 1) void this.#fetchInTurn(order);
  }

  /** The line is back: what failed is asked for once more. */
  again(): void {
    this.#failed.clear();
    this.#cutOff = false;
    this.#orderedAround = undefined;
    this.#tell();
  }

  stop(): void {
    this.#stopped = true;
    this.#order = undefined;
  }

  /** One after the other, until others are wanted; what was forgotten by then never comes. */
  async #fetchInTurn(order: Iterator<number, undefined>): Promise<void> {
    while (this.#order === order) {
      const next = order.next();
      if (next.done) return;
      const { imageId } = this.#options.frames[next.value]!;
      if (!this.#failed.has(next.value) && !imageInMemory(imageId)) await this.#fetch(next.value);
    }
  }

  async #fetch(index: number): Promise<void> {
    const { frames, requests } = this.#options;
    try {
      await requests.load(frames[index]!, 'prefetch');
    } catch (error) {
      this.#cutOff ||= isCut(loadError(error));
      this.#failed.add(index); // the reason is told when somebody looks at this very image
      this.#tell();
    }
  }

  #tell(): void {
    if (!this.#stopped) this.#options.onChange({ failed: this.#failed.size, cutOff: this.#cutOff });
  }
}
