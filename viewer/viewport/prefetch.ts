// Fetches the rest of a series while one image is looked at: nearest first, in the direction of scrolling, never more than
// memory holds, and no image twice after a failure (an archive that is ill is not cured by being asked a thousand times).
import type { Frame } from './image-series.ts';
import { forgetWaiting, imageInMemory, loadImage } from './load-image.ts';
import { nearestFirst } from './nearest-first.ts';

export interface Prefetched {
  loaded: number;
  failed: number;
}

// Reordering is cheap but not free; a few images of scrolling do not change what comes next.
const reorderAfterImages = 4;

export class Prefetch {
  readonly #frames: Frame[];
  readonly #mostImages: number;
  readonly #onChange: () => void;
  readonly #loaded = new Set<number>();
  readonly #failed = new Set<number>();
  #orderedAround: number | undefined;
  #stopped = false;

  /** @param mostImages  how many of this size fit into memory */
  constructor(frames: Frame[], mostImages: number, onChange: () => void) {
    this.#frames = frames;
    this.#mostImages = mostImages;
    this.#onChange = onChange;
  }

  get progress(): Prefetched {
    return { loaded: this.#loaded.size, failed: this.#failed.size };
  }

  /** An image that was loaded because somebody looked at it. */
  note(index: number): void {
    this.#failed.delete(index);
    this.#loaded.add(index);
  }

  around(index: number, direction: 1 | -1): void {
    const before = this.#orderedAround;
    if (this.#stopped || (before !== undefined && Math.abs(index - before) < reorderAfterImages)) return;
    this.#orderedAround = index;
    forgetWaiting('prefetch');
    for (const wanted of nearestFirst(index, this.#frames.length, direction).slice(0, this.#mostImages)) {
      const frame = this.#frames[wanted]!;
      if (this.#failed.has(wanted)) continue;
      if (imageInMemory(frame.imageId)) this.#loaded.add(wanted);
      else void this.#fetch(wanted, frame);
    }
    this.#onChange();
  }

  stop(): void {
    this.#stopped = true;
    forgetWaiting('prefetch');
  }

  async #fetch(index: number, frame: Frame): Promise<void> {
    try {
      await loadImage(frame, 'prefetch');
      this.note(index);
    } catch {
      this.#failed.add(index); // the reason is told when somebody looks at this very image
    }
    if (!this.#stopped) this.#onChange();
  }
}
