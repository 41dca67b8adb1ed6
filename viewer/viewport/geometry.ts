// Where a frame lies in the patient (PS3.3 C.7.6.2 and, in functional groups, C.7.6.16.2.3 and .4). Millimetres.
import type { JsonDataset } from '../archive-client.ts';
import { functionalGroup, numbers } from './dicom-json.ts';

export type Triple = [number, number, number];

/** Image Orientation (Patient): six direction cosines, along the row and down the column. */
export function orientationOf(instance: JsonDataset, frame = 1): number[] | undefined {
  const cosines = numbers(functionalGroup(instance, '00209116', frame), '00200037');
  const isDirection = (at: number) => Math.abs(Math.hypot(...cosines.slice(at, at + 3)) - 1) < 0.01;
  return cosines.length === 6 && isDirection(0) && isDirection(3) ? cosines : undefined;
}

/** Image Position (Patient): the centre of the first pixel. */
export function positionOf(instance: JsonDataset, frame = 1): Triple | undefined {
  const place = numbers(functionalGroup(instance, '00209113', frame), '00200032');
  return place.length === 3 ? (place as Triple) : undefined;
}

/** How far along the slice normal the frame lies (C.7.6.2.1.1). */
export function placeAlongNormal(instance: JsonDataset, frame = 1): number | undefined {
  const [rx, ry, rz, cx, cy, cz] = orientationOf(instance, frame) ?? [];
  const place = positionOf(instance, frame);
  if (rx === undefined || !place) return undefined;
  const [x, y, z] = place;
  return x * (ry! * cz! - rz! * cy!) + y * (rz! * cx! - rx * cz!) + z * (rx * cy! - ry! * cx!);
}
