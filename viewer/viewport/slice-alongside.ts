// Which slice of another series lies where a slice of this one does: in the same frame of reference (PS3.3 C.7.4.1), in parallel planes.
import { string } from './dicom-json.ts';
import type { Frame } from './display-sets.ts';
import { orientationOf, positionOf, type Triple } from './geometry.ts';
import { centreOf, normalOf } from './plane.ts';

/** Cosine of ten degrees: axial slices of one series lie as far askew as those of another that was planned along the skull base. */
const parallelFrom = 0.985;

/** @returns index of the frame whose centre is nearest along the normal of `frame`; undefined where there is no telling */
export function sliceAlongside(frame: Frame, frames: readonly Frame[]): number | undefined {
  const [first] = frames;
  const reference = string(frame.instance, '00200052');
  if (!first || !reference || string(first.instance, '00200052') !== reference) return undefined;
  if (![frame, first].every(liesSomewhere)) return undefined;
  const normal = normalOf(frame);
  if (Math.abs(dot(normal, normalOf(first))) < parallelFrom) return undefined;
  const place = dot(normal, centreOf(frame));
  const away = frames.map((each) => Math.abs(dot(normal, centreOf(each)) - place));
  return away.indexOf(Math.min(...away));
}

const liesSomewhere = ({ instance, frameNumber }: Frame) =>
  orientationOf(instance, frameNumber) !== undefined && positionOf(instance, frameNumber) !== undefined;

const dot = (a: Triple, b: Triple) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
