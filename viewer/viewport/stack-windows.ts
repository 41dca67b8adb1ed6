// By which window each image of a stack is shown: the reader's, the file's for this very image, or one over all values of the first.
import type { Frame } from './display-sets.ts';
import { dragSpeed, windowOver, windowsInFile, type Window } from './windows.ts';

export const wholeColor: Window = { center: 128, width: 256 };

export class StackWindows {
  /** The reader's own stays from image to image. */
  isChosen = false;
  readonly #known = new WeakMap<Frame, Window>();
  #first: Window | undefined;
  #color = false;
  #dragSpeed = 1;

  /** The first image of a set has come. */
  begin({ color, smallest, largest }: { color: boolean; smallest: number; largest: number }): void {
    this.#color = color;
    this.#first = color ? wholeColor : windowOver(smallest, largest);
    this.#dragSpeed = dragSpeed(smallest, largest);
  }

  /** How many values one pixel of drag is worth. */
  get dragSpeed(): number {
    return this.#dragSpeed;
  }

  /** Of an image, whatever the reader has chosen. */
  of(frame: Frame | undefined): Window | undefined {
    if (!frame || this.#color) return this.#first;
    const window = this.#known.get(frame) ?? windowsInFile(frame.instance, frame.frameNumber)[0] ?? this.#first;
    // The same object each time: a curve is registered once for each.
    if (window) this.#known.set(frame, window);
    return window;
  }
}
