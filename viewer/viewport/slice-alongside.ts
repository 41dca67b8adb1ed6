// Which slice of another series lies where a slice of this one does: in the same frame of reference (PS3.3 C.7.4.1), in parallel planes.
import type { Frame } from './display-sets.ts';
import { centreOf, normalOf } from './plane.ts';
import { dot, inSameSpace, parallelFrom } from './same-space.ts';

/** @returns index of the frame whose centre is nearest along the normal of `frame`; undefined where there is no telling */
export function sliceAlongside(frame: Frame, frames: readonly Frame[]): number | undefined {
  const [first] = frames;
  if (!first || !inSameSpace(frame, first)) return undefined;
  const normal = normalOf(frame);
  if (Math.abs(dot(normal, normalOf(first))) < parallelFrom) return undefined;
  const place = dot(normal, centreOf(frame));
  const away = frames.map((each) => Math.abs(dot(normal, centreOf(each)) - place));
  return away.indexOf(Math.min(...away));
}
