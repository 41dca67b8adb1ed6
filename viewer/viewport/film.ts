// Which display sets are films rather than slices, how fast they are, and which way they run.
import { items, number, numbers, strings } from './dicom-json.ts';
import { imageUidOf, type DisplaySet } from './display-sets.ts';
import { placeAlongNormal } from './geometry.ts';
import { sliceNumberOf } from './nuclear.ts';

/**
 * How long a frame of a cine stands, ms (PS3.3 C.7.6.5): undefined where the file does not say. Recommended Display Frame Rate
 * (0008,2144) is made for this; Frame Time (0018,1063) says how it was acquired, which may be slower or faster than can be read.
 */
export function frameTimeOf(set: DisplaySet): number | undefined {
  const { instance } = set;
  const recommended = recommendedRate(set);
  if (recommended) return 1000 / recommended;
  const each = frameTimesOf(set);
  if (each) return meanOf(each);
  const time = number(instance, '00181063');
  if (time && time > 0) return time;
  const rate = number(instance, '00180040');
  if (rate && rate > 0) return 1000 / rate;
  // Of a vector that is not of these frames it can at least be told how fast they were made.
  const mean = meanOf(numbers(instance, '00181065').slice(1));
  return mean > 0 ? mean : undefined;
}

/**
 * How long each frame of a cine stands, ms, where they may differ: by Frame Time Vector (0018,1065; PS3.3 C.7.6.5.1.2), if no other rate
 * is recommended and either Frame Increment Pointer names it or nothing else is said. Nobody says how long the last one stands: as long
 * as they do on average.
 */
export function frameTimesOf(set: DisplaySet): number[] | undefined {
  const { frames, instance } = set;
  const said = numbers(instance, '00181065');
  const vector = said.slice(1);
  const mean = meanOf(vector);
  if (recommendedRate(set) || said.length !== frames.length || !(mean > 0)) return undefined;
  const isNamed = strings(instance, '00280009').includes('00181065');
  if (!isNamed && (number(instance, '00181063') || number(instance, '00180040'))) return undefined;
  // Leniency: none stands for no time at all, or for less.
  const times = vector.map((ms) => Math.max(ms, leastFrameTimeMs));
  return [...times, mean];
}

const leastFrameTimeMs = 1;

/** NaN of none. */
const meanOf = (times: readonly number[]): number => times.reduce((sum, ms) => sum + ms, 0) / times.length;

/** Of an enhanced angiogram it is said for each part of the film (C.8.19.7); that of the first stands for all. */
function recommendedRate({ instance }: DisplaySet): number | undefined {
  const ofParts = items(instance, '00089458')[0];
  const rate = number(instance, '00082144') ?? (ofParts && number(ofParts, '00089459'));
  return rate && rate > 0 ? rate : undefined;
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
