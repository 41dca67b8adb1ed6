// Between the pixels of a frame and Cornerstone's world, which lies where metadata-provider.ts says it lies.
import { number } from './dicom-json.ts';
import type { Frame } from './display-sets.ts';
import { normalTo, orientationOf, positionOf, type Triple } from './geometry.ts';
import { spacingOf } from './spacing.ts';

type Point = readonly [number, number];

/** @param point  column and row; the centre of the first pixel is 0, 0 */
export function toWorld(frame: Frame, [column, row]: Point): Triple {
  const { origin, alongRow, alongColumn, rowMm, columnMm } = planeOf(frame);
  return origin.map(
    (at, axis) => at + column * columnMm * alongRow[axis]! + row * rowMm * alongColumn[axis]!,
  ) as Triple;
}

export function toPixel(frame: Frame, world: readonly number[]): [number, number] {
  const { origin, alongRow, alongColumn, rowMm, columnMm } = planeOf(frame);
  const along = (direction: number[]) =>
    direction.reduce((sum, cosine, axis) => sum + cosine * (world[axis]! - origin[axis]!), 0);
  return [along(alongRow) / columnMm, along(alongColumn) / rowMm];
}

/** Millimetres of the patient. */
export function centreOf(frame: Frame): Triple {
  const { instance } = frame;
  return toWorld(frame, [((number(instance, '00280011') ?? 1) - 1) / 2, ((number(instance, '00280010') ?? 1) - 1) / 2]);
}

/** Of length one (PS3.3 C.7.6.2.1.1). */
export function normalOf(frame: Frame): Triple {
  const { alongRow, alongColumn } = planeOf(frame);
  return normalTo([...alongRow, ...alongColumn]);
}

type Plane = ReturnType<typeof readPlane>;

// Each image that is drawn asks for it a dozen times.
const planes = new WeakMap<Frame, Plane>();

function planeOf(frame: Frame): Plane {
  const known = planes.get(frame);
  if (known) return known;
  const plane = readPlane(frame);
  planes.set(frame, plane);
  return plane;
}

function readPlane({ instance, frameNumber }: Frame) {
  const cosines = orientationOf(instance, frameNumber) ?? [1, 0, 0, 0, 1, 0];
  const origin = positionOf(instance, frameNumber) ?? ([0, 0, 0] as Triple);
  return { origin, alongRow: cosines.slice(0, 3), alongColumn: cosines.slice(3), ...spacingOf(instance, frameNumber) };
}
