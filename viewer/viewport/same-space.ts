// Which frames have a place in common: the same frame of reference (PS3.3 C.7.4.1), and a plane in it (C.7.6.2).
import { string } from './dicom-json.ts';
import type { Frame } from './display-sets.ts';
import { orientationOf, positionOf, type Triple } from './geometry.ts';
import { spacingOf } from './spacing.ts';

/** Cosine of ten degrees: axial slices of one series lie as far askew as those of another that was planned along the skull base. */
export const parallelFrom = 0.985;

export function inSameSpace(a: Frame, b: Frame): boolean {
  const reference = string(a.instance, '00200052');
  if (!reference || string(b.instance, '00200052') !== reference) return false;
  return [a, b].every(liesSomewhere);
}

const liesSomewhere = ({ instance, frameNumber }: Frame) =>
  orientationOf(instance, frameNumber) !== undefined && positionOf(instance, frameNumber) !== undefined;

/** Whether a point of the frame is a point of the patient: a projection is true at its detector only. */
export const isTrueToScale = ({ instance, frameNumber }: Frame) =>
  spacingOf(instance, frameNumber).state === 'calibrated';

export const dot = (a: Triple, b: Triple) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
