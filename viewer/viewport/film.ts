// Which display sets are films rather than slices, how fast they are, and which way they run.
import { items, number, numbers } from './dicom-json.ts';
import { imageUidOf, type DisplaySet } from './display-sets.ts';
import { placeAlongNormal } from './geometry.ts';
import { sliceNumberOf } from './nuclear.ts';

/**
 * How long a frame of a cine stands, ms (PS3.3 C.7.6.5): undefined where the file does not say. Recommended Display Frame Rate
 * (0008,2144) is made for this; Frame Time (0018,1063) says how it was acquired, which may be slower or faster than can be read.
 */
export function frameTimeOf({ frames, instance }: DisplaySet): number | undefined {
  // Of an enhanced angiogram it is said for each part of the film (C.8.19.7); that of the first stands for all.
  const ofParts = items(instance, '00089458')[0];
  const recommended = number(instance, '00082144') ?? (ofParts && number(ofParts, '00089459'));
  if (recommended && recommended > 0) return 1000 / recommended;
  const time = number(instance, '00181063');
  if (time && time > 0) return time;
  const rate = number(instance, '00180040');
  if (rate && rate > 0) return 1000 / rate;
  const vector = numbers(instance, '00181065').slice(1);
  if (vector.length > 0 && frames.length > 1) {
    const mean = vector.reduce((sum, ms) => sum + ms, 0) / vector.length;
    if (mean > 0) return mean;
  }
  return undefined;
}

/** Preferred Playback Sequencing (0018,1244): a film runs to and fro, rather than from its last frame to its first. */
export const swings = ({ instance }: DisplaySet): boolean => number(instance, '00181244') === 1;

/** A film rather than slices: several frames of one image that do not lie behind one another. */
export function isCine({ frames }: DisplaySet): boolean {
  const [first, second] = frames;
  if (!first || !second || imageUidOf(first) !== imageUidOf(second)) return false;
  const [a, b] = [first, second].map(
    ({ instance, frameNumber }) => placeAlongNormal(instance, frameNumber) ?? sliceNumberOf(instance, frameNumber),
  );
  return a === undefined || a === b;
}
