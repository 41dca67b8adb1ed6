// How each display set was left: at which image, and how the reader had set it. Who comes back to it finds it so, as on a light box
// that nobody has cleared.
import type { DisplaySet } from '../viewport/display-sets.ts';
import type { Look } from '../viewport/stack-state.ts';

export interface Left {
  look: Look;
  /** undefined for a film, which begins anew */
  image: { SOPInstanceUID: string; frameNumber: number } | undefined;
}

/** By the UID of the set: read anew it is another object. */
const lastLeft = new Map<string, Left>();

/**
 * What one viewport remembers. A set that stands in two of them, once for the lung and once for the bone, is found in each as it was
 * left there; in any other viewport as it was left last.
 */
export class HowLeft {
  readonly #here = new Map<string, Left>();

  note({ uid }: DisplaySet, left: Left): void {
    this.#here.set(uid, left);
    lastLeft.set(uid, left);
  }

  of({ uid }: DisplaySet): Left | undefined {
    return this.#here.get(uid) ?? lastLeft.get(uid);
  }

  /** Index of the image at which a set was left; undefined where it was not, or is not there any more. */
  indexIn(set: DisplaySet): number | undefined {
    const image = this.of(set)?.image;
    const at = set.frames.findIndex(
      (frame) => frame.SOPInstanceUID === image?.SOPInstanceUID && frame.frameNumber === image.frameNumber,
    );
    return at < 0 ? undefined : at;
  }
}

/** The studies are closed. */
export const forgetHowLeft = () => lastLeft.clear();
