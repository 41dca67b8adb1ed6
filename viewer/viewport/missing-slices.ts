// Slices that are not there though they were made: lost on the way, or still coming. A reader who scrolls does not see that one is
// missing. It is told only where places and Instance Numbers (0020,0013) both say so: modalities also leave gaps on purpose, and
// number what they did not make.
import { number } from './dicom-json.ts';
import type { Frame } from './display-sets.ts';
import { placeAlongNormal } from './geometry.ts';

export interface Gap {
  /** index of the frame before it */
  after: number;
  /** how many slices are missing there */
  count: number;
}

// With fewer there is no telling what the usual step is.
const fewestFrames = 5;
/** How far a step may be from a whole number of usual ones. */
const tolerance = 0.1;

/** @param frames  in reading order */
export function missingSlices(frames: readonly Frame[]): Gap[] {
  if (frames.length < fewestFrames) return [];
  const slices = frames.map(({ instance, frameNumber }) => ({
    place: placeAlongNormal(instance, frameNumber),
    number: number(instance, '00200013'),
  }));
  const steps = slices.slice(1).flatMap((slice, at) => {
    const before = slices[at]!;
    if (slice.place === undefined || before.place === undefined) return [];
    if (slice.number === undefined || before.number === undefined) return [];
    return [{ mm: Math.abs(slice.place - before.place), numbers: Math.abs(slice.number - before.number) }];
  });
  if (steps.length < frames.length - 1) return [];
  const usualMm = median(steps.map(({ mm }) => mm));
  const usualNumbers = median(steps.map(({ numbers }) => numbers));
  if (usualMm === 0 || usualNumbers === 0) return [];
  return steps.flatMap(({ mm, numbers }, after) => {
    const places = mm / usualMm;
    const whole = Math.round(places);
    const isGap = whole > 1 && Math.abs(places - whole) <= tolerance && numbers / usualNumbers === whole;
    return isGap ? [{ after, count: whole - 1 }] : [];
  });
}

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!;
