// Where a frame lies in the patient (PS3.3 C.7.6.2; in functional groups, C.7.6.16.2.3 and .4; in nuclear medicine, C.8.4.11). Millimetres.
import type { JsonDataset } from '../archive-client.ts';
import { functionalGroup, numbers, numbersInPlace } from './dicom-json.ts';
import { behindFirst, stackOf } from './nuclear.ts';

export type Triple = [number, number, number];

/** Image Orientation (Patient): six direction cosines, along the row and down the column. */
export const orientationOf = (instance: JsonDataset, frame = 1): number[] | undefined =>
  cosinesIn(stackOf(instance) ?? functionalGroup(instance, '00209116', frame));

/** Image Orientation (Patient) where it stands, if it is one. */
export function cosinesIn(dataset: JsonDataset): number[] | undefined {
  const cosines = numbers(dataset, '00200037');
  const isDirection = (at: number) => Math.abs(Math.hypot(...cosines.slice(at, at + 3)) - 1) < 0.01;
  return cosines.length === 6 && isDirection(0) && isDirection(3) ? cosines : undefined;
}

/** Image Position (Patient): the centre of the first pixel. */
export function positionOf(instance: JsonDataset, frame = 1): Triple | undefined {
  const stack = stackOf(instance);
  const place = numbers(stack ?? functionalGroup(instance, '00209113', frame), '00200032');
  const offset = stack ? alongStack(instance, frame) : alongGrid(instance, frame);
  if (place.length !== 3 || !offset) return undefined;
  return [place[0]! + offset[0], place[1]! + offset[1], place[2]! + offset[2]];
}

function alongStack(instance: JsonDataset, frame: number): Triple | undefined {
  const cosines = orientationOf(instance, frame);
  const behind = behindFirst(instance, frame);
  if (!cosines || behind === undefined) return undefined;
  const [x, y, z] = normalTo(cosines);
  return [x * behind, y * behind, z * behind];
}

/** A grid has an offset for each of its planes, and each plane asks for its own. */
const gridOffsets = new WeakMap<JsonDataset, number[]>();

function gridOffsetsOf(instance: JsonDataset): number[] {
  const known = gridOffsets.get(instance) ?? numbersInPlace(instance, '3004000C');
  gridOffsets.set(instance, known);
  return known;
}

/**
 * How far a plane of a dose grid lies from the first one: Grid Frame Offset Vector (3004,000C), along the normal where it begins with
 * zero, else in z of the patient (PS3.3 C.8.8.3.2).
 * @returns undefined for a plane of which the file does not say it
 */
function alongGrid(instance: JsonDataset, frame: number): Triple | undefined {
  const offsets = gridOffsetsOf(instance);
  if (offsets.length === 0) return [0, 0, 0];
  const [first = NaN, offset = NaN] = [offsets[0], offsets[frame - 1]];
  if (Number.isNaN(offset - first)) return undefined;
  const cosines = orientationOf(instance);
  const [x, y, z] = first === 0 && cosines ? normalTo(cosines) : [0, 0, 1];
  return [x * (offset - first), y * (offset - first), z * (offset - first)];
}

export function normalTo(cosines: number[]): Triple {
  const [rx, ry, rz, cx, cy, cz] = cosines as [number, number, number, number, number, number];
  return [ry * cz - rz * cy, rz * cx - rx * cz, rx * cy - ry * cx];
}

/** How far along the slice normal the frame lies (C.7.6.2.1.1). */
export function placeAlongNormal(instance: JsonDataset, frame = 1): number | undefined {
  const cosines = orientationOf(instance, frame);
  const place = positionOf(instance, frame);
  if (!cosines || !place) return undefined;
  const [x, y, z] = normalTo(cosines);
  return place[0] * x + place[1] * y + place[2] * z;
}
