// How each display set was left: at which image, and how the reader had set it. Who comes back to it finds it so, as on a light box
// that nobody has cleared.
import type { DisplaySet, Frame } from '../viewport/display-sets.ts';
import type { Look } from '../viewport/stack-state.ts';

export interface Left {
  look: Look;
  /** undefined for a film, which begins anew */
  image: { SOPInstanceUID: string; frameNumber: number } | undefined;
}

/** By each of the images of a set: read anew it is another object, and what has come since may have given it another UID. */
const lastLeft = new Map<string, Left>();

function leftOf(frames: Frame[], among: ReadonlyMap<string, Left>): Left | undefined {
  const known = frames.find(({ imageId }) => among.has(imageId));
  return known && among.get(known.imageId);
}

/**
 * What one viewport remembers. A set that stands in two of them, once for the lung and once for the bone, is found in each as it was
 * left there; in any other viewport as it was left last.
 */
export class HowLeft {
  readonly #here = new Map<string, Left>();

  note({ frames }: DisplaySet, left: Left): void {
    for (const { imageId } of frames) {
      this.#here.set(imageId, left);
      lastLeft.set(imageId, left);
    }
  }

  of({ frames }: DisplaySet): Left | undefined {
    return leftOf(frames, this.#here) ?? leftOf(frames, lastLeft);
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
