// What is measured in a region of an ultrasound image that is no picture of tissue (PS3.3 C.8.5.5): along an M-mode or a spectrum runs
// time, and up it depth or velocity, so that there is no distance between two points but one of each.
import { measure as written } from '../format.ts';
import { text } from '../text.ts';
import type { Finding } from '../viewport/measuring.ts';
import { isInCentimetres, regionAt, type Axis, type UltrasoundRegion } from '../viewport/ultrasound-regions.ts';
import { millimetres } from './measured.ts';

/** The region that all handles lie in, where it has scales but not of lengths in every direction, and is no picture of tissue either. */
export function regionOverTime({ frame: { instance }, points }: Finding): UltrasoundRegion | undefined {
  const region = regionAt(instance, points);
  return region && !isInCentimetres(region) && !isTissue(region) ? region : undefined;
}

/**
 * Whether a length in it would be one in the patient, if both of its scales were known: what a two-dimensional region with one scale
 * gives is a part of it, and reads like the whole.
 */
const isTissue = ({ format, x }: UltrasoundRegion) =>
  ![2, 3, 4].includes(format) && (x.unit === undefined || x.unit === 'cm');

/** The time between two points, what lies between them upwards, and how steep that is. */
export function wordsBetween(
  [x1, y1]: [number, number],
  [x2, y2]: [number, number],
  { x, y }: UltrasoundRegion,
): string[] {
  const [across, up] = [Math.abs((x2 - x1) * x.delta), Math.abs((y2 - y1) * y.delta)];
  const parts = [amountOf(across, x), amountOf(up, y)].filter(Boolean);
  const isSteep = x.unit === 's' && y.unit === 'cm' && across > 0;
  const slope = isSteep ? [text('measuredSlope', { n: written(up / across, 1) })] : [];
  return [parts.join(' · '), ...slope, text('stateRegion')];
}

/** How far a point is from the zero of the region, upwards: a velocity from the baseline. */
export function wordsAt([, row]: [number, number], { y }: UltrasoundRegion): string[] | undefined {
  if (!y.unit || y.zeroAt === undefined) return undefined;
  // Devices do not agree on the sign of what goes up; what lies above the baseline can be seen.
  return [amountOf(Math.abs((row - y.zeroAt) * y.delta), y), text('stateRegion')];
}

function amountOf(amount: number, { unit }: Axis): string {
  if (!unit) return '';
  if (unit === 'cm') return millimetres(amount * 10);
  return `${written(amount, unit === 's' ? 3 : 1)} ${unit}`;
}
