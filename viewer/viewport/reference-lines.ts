// Where the slice of one series crosses the image of another: in the same frame of reference (PS3.3 C.7.4.1), by the planes of both
// (C.7.6.2). Plain geometry, in the patient's millimetres.
import { number } from './dicom-json.ts';
import type { Frame } from './display-sets.ts';
import { centreOf, normalOf, toPixel, toWorld } from './plane.ts';
import { dot, inSameSpace, isTrueToScale, parallelFrom } from './same-space.ts';

export type Point = [number, number];

/** Column and row of both ends, in the pixels of the image that is crossed; the centre of its first pixel is 0, 0. */
export type Line = [from: Point, to: Point];

/**
 * @param slice  as far as its image reaches
 * @param image  what it crosses, as far as it reaches itself
 * @returns undefined where they do not meet, where there is no telling, and where they are as good as parallel: those are scrolled
 *   together (slice-alongside.ts), and a line between them would jump from edge to edge
 */
export function crossing(slice: Frame, image: Frame): Line | undefined {
  if (!inSameSpace(slice, image) || ![slice, image].every(isTrueToScale)) return undefined;
  const normal = normalOf(image);
  if (Math.abs(dot(normalOf(slice), normal)) >= parallelFrom) return undefined;
  const plane = dot(normal, toWorld(image, [0, 0]));
  const corners = cornersOf(slice).map((corner) => toWorld(slice, corner));
  const heights = corners.map((corner) => dot(normal, corner) - plane);
  const ends = corners.flatMap((corner, at): Point[] => {
    const next = (at + 1) % corners.length;
    const [here, there] = [heights[at]!, heights[next]!];
    if (here < 0 === there < 0) return [];
    const part = here / (here - there);
    const point = corner.map((value, axis) => value + part * (corners[next]![axis]! - value));
    return [toPixel(image, point)];
  });
  return ends.length === 2 ? within(image, ends as Line) : undefined;
}

/** The two slices of a stack between which all those parallel to `slice` lie; none where it is alone. */
export function outermost(slice: Frame, frames: readonly Frame[]): Frame[] {
  const normal = normalOf(slice);
  const parallel = frames.filter((frame) => inSameSpace(slice, frame) && dot(normalOf(frame), normal) >= parallelFrom);
  const places = parallel.map((frame) => dot(normal, centreOf(frame)));
  const [least, most] = [smallest(places), smallest(places.map((place) => -place))];
  return least === most ? [] : [parallel[least]!, parallel[most]!];
}

function smallest(values: readonly number[]): number {
  let at = 0;
  for (const [index, value] of values.entries()) if (value < values[at]!) at = index;
  return at;
}

/** Around the image: the edges of its pixels, not their middles. */
function cornersOf(frame: Frame): Point[] {
  const [right, bottom] = edgesOf(frame);
  return [
    [-0.5, -0.5],
    [right, -0.5],
    [right, bottom],
    [-0.5, bottom],
  ];
}

const edgesOf = ({ instance }: Frame): Point => [
  (number(instance, '00280011') ?? 1) - 0.5,
  (number(instance, '00280010') ?? 1) - 0.5,
];

/** What of a line lies on the image (Liang and Barsky). */
function within(image: Frame, [from, to]: Line): Line | undefined {
  const edges = edgesOf(image);
  const along: Point = [to[0] - from[0], to[1] - from[1]];
  let [enters, leaves] = [0, 1];
  for (const axis of [0, 1] as const) {
    const bounds = [-0.5 - from[axis], edges[axis] - from[axis]];
    if (along[axis] === 0) {
      if (bounds[0]! > 0 || bounds[1]! < 0) return undefined;
      continue;
    }
    const [near, far] = bounds.map((bound) => bound / along[axis]).sort((a, b) => a - b);
    enters = Math.max(enters, near!);
    leaves = Math.min(leaves, far!);
  }
  if (enters >= leaves) return undefined;
  const at = (part: number): Point => [from[0] + part * along[0], from[1] + part * along[1]];
  return [at(enters), at(leaves)];
}
