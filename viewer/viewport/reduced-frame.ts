// A frame with fewer pixels, for where one of the screen covers several of the image: each is the mean of a square of them. It is the
// values that are averaged, not what a window makes of them, so that it is made once for every window, and a bright point in a square
// weighs what it weighs.
import type { Extent, FramePixels, Values } from './frame-pixels.ts';

/** As much of a frame as is painted. */
export interface Paintable {
  color: boolean;
  values: Values;
  /** how many of them one unit of the modality has: the mean of whole numbers is none */
  parts?: number;
  padding: FramePixels['padding'];
}

/** The most pixels of the image, along a side, that become one. */
const most = 8;

/**
 * How many pixels of the image become one, along either side.
 * @param matrix  from pixels of the image to those of the screen
 */
export function reductionFor(matrix: Matrix): number {
  // What is half as large but for the last digits is half as large.
  return Math.min(most, 2 ** Math.max(0, Math.floor(Math.log2(perPixelOfScreen(matrix)) + 1e-6)));
}

/** The same for lines one pixel wide: drawn at little more than half its size, many of them would lie between two pixels of the screen. */
export function reductionOfLines(matrix: Matrix): number {
  return Math.min(2 * most, 2 ** Math.max(0, Math.round(Math.log2(perPixelOfScreen(matrix)))));
}

type Matrix = readonly number[];

const perPixelOfScreen = ([a, b, c, d]: Matrix) => 1 / Math.max(Math.hypot(a!, b!), Math.hypot(c!, d!));

/**
 * The means of squares of `by` × `by` pixels, from the first row and column on; at the right and at the bottom of what is left of
 * them. Padding is no part of a mean, nor is what is no number.
 */
export function reduced(frame: FramePixels, columns: number, by: number): Paintable {
  const { values, color, padding } = frame;
  const samples = color ? 3 : 1;
  const width = columns * samples;
  const rows = values.length / width;
  const { Kind, parts } = heldAs(frame);
  const means = new Kind(samples * Math.ceil(columns / by) * Math.ceil(rows / by));
  const nothing = padding ? padding.shownAs : NaN;
  const [sums, counts] = [new Float64Array(width), new Uint8Array(width)];
  const isCounted = padding !== undefined || values instanceof Float32Array;
  for (let top = 0, next = 0; top < rows; top += by) {
    const bottom = Math.min(top + by, rows);
    sums.fill(0);
    counts.fill(isCounted ? 0 : bottom - top);
    for (let row = top; row < bottom; row += 1) {
      const one = values.subarray(row * width, (row + 1) * width);
      if (isCounted) addCounted(one, padding, sums, counts);
      else addAll(one, sums);
    }
    for (let left = 0; left < width; left += by * samples) {
      const right = Math.min(left + by * samples, width);
      for (let sample = left; sample < left + samples; sample += 1, next += 1) {
        let sum = 0;
        let count = 0;
        for (let at = sample; at < right; at += samples) {
          sum += sums[at]!;
          count += counts[at]!;
        }
        const mean = count === 0 ? nothing : sum / count;
        means[next] = Kind === Float32Array ? mean : Math.round(mean * parts);
      }
    }
  }
  // Where there is nothing else, padding stands as the value that it is shown as.
  return { color, values: means, parts, padding: undefined };
}

/** Twice as fast as the other one, and enough for most. */
function addAll(row: Values, sums: Float64Array): void {
  for (let at = 0; at < row.length; at += 1) sums[at]! += row[at]!;
}

function addCounted(row: Values, padding: FramePixels['padding'], sums: Float64Array, counts: Uint8Array): void {
  const [from, to] = padding ? [padding.from, padding.to] : [Infinity, -Infinity];
  for (let at = 0; at < row.length; at += 1) {
    const value = row[at]!;
    // Of what is no number neither holds.
    if (value < from || value > to) {
      sums[at]! += value;
      counts[at]! += 1;
    }
  }
}

/**
 * Means of whole numbers are held in parts of one, as small as there is room for: a window may be as narrow as the steps between two
 * values, and segmentations have two in all.
 */
function heldAs(frame: FramePixels) {
  const { color, values, padding } = frame;
  if (color) return { Kind: Uint8Array, parts: 1 };
  if (values instanceof Float32Array) return { Kind: Float32Array, parts: 1 };
  const { smallest, largest } = extentOfAll(frame);
  const least = Math.min(smallest, padding?.shownAs ?? smallest);
  const greatest = Math.max(largest, padding?.shownAs ?? largest);
  const room = least < 0 ? 32_767 / Math.max(-least, greatest) : 65_535 / Math.max(1, greatest);
  const parts = 2 ** Math.max(0, Math.floor(Math.log2(room)));
  return { Kind: least < 0 ? Int16Array : Uint16Array, parts };
}

/** What a shutter hides is not among the values that the frame says, and is seen when the shutter is taken away. */
function extentOfAll({ values, smallest, largest, shutter }: FramePixels): Extent {
  if (!shutter) return { smallest, largest };
  let [least, most] = [smallest, largest];
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at]!;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return { smallest: least, largest: most };
}
