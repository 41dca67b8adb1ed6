// By which window each image of a stack is shown: the reader's, that for this very image, or one over all of its values. A
// series may hold grey and coloured images beside each other (ultrasound does), and radiographs of other sizes and exposures.
import { imageUidOf, type Frame } from './display-sets.ts';
import type { Extent, FramePixels } from './frame-pixels.ts';
import { orientationOf } from './geometry.ts';
import { openingWindow, windowOver, type Window } from './windows.ts';

export const wholeColor: Window = { center: 128, width: 256 };

interface OverValues extends Extent {
  readonly window: Window;
}

export class StackWindows {
  /** The reader's own stays from image to image; what is chosen on a grey one says nothing about one in colour. */
  readonly #chosen: Map<'color' | 'grey', Window>;
  /** Those of the file, or for what it holds. */
  readonly #own = new WeakMap<Frame, Window>();
  /** Of images of one value, for as long as nothing is known of the others. */
  readonly #overOneValue = new WeakMap<Frame, Window>();
  /** Of images that bring none, by what is to be as bright as each other: slices all, else the frames of one image (by its UID). */
  readonly #overValues: Map<string, OverValues>;

  /** @param left  what the set was left with, here or in another viewport, which goes its own way from then on */
  constructor(left?: StackWindows) {
    this.#chosen = new Map(left && left.#chosen);
    this.#overValues = new Map(left && left.#overValues);
  }

  choose(window: Window, color: boolean): void {
    this.#chosen.set(kindOf(color), window);
  }

  /** The reader's choice is over. */
  reset(): void {
    this.#chosen.clear();
  }

  of(frame: Frame, pixels: FramePixels): Window {
    const { color } = pixels;
    const chosen = this.#chosen.get(kindOf(color));
    if (chosen) return chosen;
    if (color) return wholeColor;
    // The same object each time: a table is read once, and is then no other one.
    const own = this.#own.get(frame) ?? openingWindow(frame.instance, frame.frameNumber);
    if (own) {
      this.#own.set(frame, own);
      return own;
    }
    const alike = alikeTo(frame);
    const known = this.#overValues.get(alike);
    if (known && !(isDose(frame) && goesBeyond(pixels, known))) return known.window;
    // The empty slice that a series begins with says nothing about the others.
    if (!known && pixels.isEven) {
      const window = this.#overOneValue.get(frame) ?? windowOver(pixels);
      this.#overOneValue.set(frame, window);
      return window;
    }
    const [smallest, largest] = known
      ? [Math.min(pixels.smallest, known.smallest), Math.max(pixels.largest, known.largest)]
      : [pixels.smallest, pixels.largest];
    const window = windowOver({ smallest, largest });
    this.#overValues.set(alike, { smallest, largest, window });
    return window;
  }

  /** The values that a drag goes through: where an image has one only, those of the others, or all that it could have. */
  valuesFor(frame: Frame, pixels: FramePixels): Extent {
    return pixels.isEven ? (this.#overValues.get(alikeTo(frame)) ?? pixels.possible ?? pixels) : pixels;
  }
}

const alikeTo = (frame: Frame) => (orientationOf(frame.instance, frame.frameNumber) ? 'slices' : imageUidOf(frame));

/**
 * A dose grid (PS3.3 C.8.8.3) begins where hardly any dose arrives. The highest one is what matters, and with the window of the first
 * plane all above it would be white: theirs is over all planes seen so far. Over what could be stored it would be black: of 32 bits, a
 * grid uses a small part.
 */
const isDose = ({ instance }: Frame) => instance['3004000E'] !== undefined;

const goesBeyond = (a: Extent, b: Extent) => a.smallest < b.smallest || a.largest > b.largest;

const kindOf = (color: boolean) => (color ? 'color' : 'grey');
