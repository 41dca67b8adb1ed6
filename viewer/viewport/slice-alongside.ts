// Which slice of another series lies where a slice of this one does: in the same frame of reference (PS3.3 C.7.4.1), in parallel planes.
import type { Frame } from './display-sets.ts';
import { centreOf, normalOf } from './plane.ts';
import { dot, inSameSpace, parallelFrom } from './same-space.ts';
import { samePlaceMm } from './slice-through.ts';

/**
 * @param phase  which one of them is to be found where several lie at one place, as phases do; the first where there are fewer
 * @returns index of the frame whose centre is nearest along the normal of `frame`; undefined where there is no telling
 */
export function sliceAlongside(frame: Frame, frames: readonly Frame[], phase = 0): number | undefined {
  const [first] = frames;
  if (!first || !inSameSpace(frame, first)) return undefined;
  const normal = normalOf(frame);
  if (Math.abs(dot(normal, normalOf(first))) < parallelFrom) return undefined;
  const places = frames.map((each) => dot(normal, centreOf(each)));
  const place = dot(normal, centreOf(frame));
  const away = places.map((other) => Math.abs(other - place));
  const nearest = away.indexOf(Math.min(...away));
  return atPlaceOf(nearest, places)[phase] ?? nearest;
}

/** Which one it is of the frames that lie at its place, in their order, from 0. */
export function phaseOf(at: number, frames: readonly Frame[]): number {
  const normal = normalOf(frames[at]!);
  const places = frames.map((each) => dot(normal, centreOf(each)));
  return atPlaceOf(at, places).indexOf(at);
}

/** Of those that lie at one place, in their order. */
const atPlaceOf = (index: number, places: readonly number[]) =>
  places.flatMap((place, at) => (Math.abs(place - places[index]!) <= samePlaceMm ? [at] : []));
