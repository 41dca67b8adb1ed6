// Which slice holds a point of the patient: in the same frame of reference (PS3.3 C.7.4.1), by the planes of the slices (C.7.6.2).
import { functionalGroup, number } from './dicom-json.ts';
import type { Frame } from './display-sets.ts';
import type { Triple } from './geometry.ts';
import { normalOf, toPixel, toWorld } from './plane.ts';
import { dot, inSameSpace, isTrueToScale } from './same-space.ts';

/** A point of the patient, mm, and the frame on which somebody pointed at it. */
export interface PatientPoint {
  world: Triple;
  by: Frame;
}

/** Slices at one place (phases, directions of diffusion) differ in their last digits, mm. */
export const samePlaceMm = 0.01;

/**
 * @returns index of each frame whose plane is nearest to the point, of several at one place all; none where the point lies beside the
 *   images, before the first or behind the last slice, and where there is no telling
 */
export function slicesThrough({ world, by }: PatientPoint, frames: readonly Frame[]): number[] {
  const heights = frames.map((frame) => (holdsAside(frame, world, by) ? heightOver(frame, world) : undefined));
  const known = heights.filter((height) => height !== undefined);
  const nearest = Math.min(...known.map(Math.abs));
  const isBetween = known.some((height) => height > 0) && known.some((height) => height < 0);
  if (!isBetween && !(nearest <= halfThickness(frames[0]))) return [];
  return heights.flatMap((height, at) =>
    height !== undefined && Math.abs(height) <= nearest + samePlaceMm ? [at] : [],
  );
}

const heightOver = (frame: Frame, world: Triple) =>
  dot(normalOf(frame), world) - dot(normalOf(frame), toWorld(frame, [0, 0]));

function holdsAside(frame: Frame, world: Triple, by: Frame): boolean {
  if (!inSameSpace(by, frame) || !isTrueToScale(frame)) return false;
  const { instance } = frame;
  const [column, row] = toPixel(frame, world);
  const [columns, rows] = [number(instance, '00280011') ?? 1, number(instance, '00280010') ?? 1];
  return column >= -0.5 && column <= columns - 0.5 && row >= -0.5 && row <= rows - 0.5;
}

/** Slice Thickness (0018,0050), and what rounding takes away. */
function halfThickness(frame: Frame | undefined): number {
  const measures = frame && functionalGroup(frame.instance, '00289110', frame.frameNumber);
  return (measures ? (number(measures, '00180050') ?? 0) : 0) / 2 + samePlaceMm;
}
