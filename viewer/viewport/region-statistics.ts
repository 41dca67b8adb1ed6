// What lies in an ellipse or a rectangle on a frame: its area, and the values of exactly those pixels whose centres are inside.
import type { FramePixels } from './frame-pixels.ts';

export type Point = readonly [number, number];

/** Column and row of each handle, the centre of the first pixel being 0, 0. */
interface Outline {
  top: number;
  bottom: number;
  /** in pixels */
  area: number;
  /** where it begins and ends along a row; no numbers where it holds nothing of it */
  across: (row: number) => readonly [number, number];
}

export interface RegionStatistics {
  /** how many pixels; padding, what is no number, and what a shutter hides left out */
  count: number;
  /** how many more lie behind a shutter: they are no part of the picture (PS3.3 C.7.6.11), such as the bright border of a radiograph */
  hidden: number;
  mean: number;
  /** of all these pixels, which are no sample of others: the root of the mean square */
  deviation: number;
  smallest: number;
  largest: number;
}

// What a handle differs from where it was put by the arithmetic of drawing.
const nearly = 1e-6;

/** @param handles  the ends of one axis, then of the other */
export function ellipse(handles: readonly Point[]): Outline | undefined {
  const [one, other, left, right] = handles;
  if (!one || !other || !left || !right) return undefined;
  const [x, y] = [(one[0] + other[0]) / 2, (one[1] + other[1]) / 2];
  const [ax, ay] = [(other[0] - one[0]) / 2, (other[1] - one[1]) / 2];
  const [bx, by] = [(right[0] - left[0]) / 2, (right[1] - left[1]) / 2];
  const cross = ax * by - ay * bx;
  const area = Math.abs(cross);
  const height = Math.hypot(ay, by);
  // ((dx·by − dy·bx) / cross)² + ((ax·dy − ay·dx) / cross)² = 1, solved for dx.
  const squared = height ** 2;
  const lean = (ax * ay + bx * by) / squared;
  return {
    top: y - height,
    bottom: y + height,
    area: Math.PI * area,
    across: (row) => {
      const dy = row - y;
      const half = area > 0 ? (area * Math.sqrt(squared * (1 + nearly) - dy ** 2)) / squared : NaN;
      return [x + lean * dy - half, x + lean * dy + half];
    },
  };
}

/** @param handles  its corners */
export function rectangle(handles: readonly Point[]): Outline | undefined {
  if (handles.length < 2) return undefined;
  const [columns, rows] = [handles.map(([column]) => column), handles.map(([, row]) => row)];
  const [left, right, top, bottom] = [Math.min(...columns), Math.max(...columns), Math.min(...rows), Math.max(...rows)];
  return { top, bottom, area: (right - left) * (bottom - top), across: () => [left, right] };
}

/**
 * In the modality's units, after its rescale.
 * @param columns  of the frame
 * @returns undefined of colour, and where no pixel is inside; a count of none where all of them are hidden
 */
export function statisticsIn(outline: Outline, pixels: FramePixels, columns: number): RegionStatistics | undefined {
  const counting = counted(outline, pixels, columns);
  for (;;) {
    const { done, value } = counting.next();
    if (done) return value;
  }
}

/**
 * The same by pieces of a few milliseconds.
 * @param pause  lets others have their turn after one of them
 */
export async function statisticsByPieces(
  outline: Outline,
  pixels: FramePixels,
  columns: number,
  pause: () => Promise<void>,
): Promise<RegionStatistics | undefined> {
  const counting = counted(outline, pixels, columns);
  let begun = performance.now();
  for (;;) {
    const { done, value } = counting.next();
    if (done) return value;
    if (performance.now() - begun < pieceMs) continue;
    await pause();
    begun = performance.now();
  }
}

/** May be left to wait after each piece of work. */
function* counted(
  outline: Outline,
  pixels: FramePixels,
  columns: number,
): Generator<undefined, RegionStatistics | undefined> {
  if (pixels.color) return undefined;
  const pieces = piecesOf(runsIn(outline, pixels.values.length / columns, columns));
  let [count, hidden, sum, smallest, largest] = [0, 0, 0, Infinity, -Infinity];
  for (const piece of pieces) {
    const found = summed(pixels, piece);
    count += found.count;
    hidden += found.behind;
    sum += found.sum;
    smallest = Math.min(smallest, found.smallest);
    largest = Math.max(largest, found.largest);
    yield undefined;
  }
  if (count + hidden === 0) return undefined;
  const mean = sum / count;
  let squares = 0;
  // Not from the sum of squares, which of large values leaves no digits for a small deviation.
  for (const piece of pieces) {
    squares += squaresAround(mean, pixels, piece);
    yield undefined;
  }
  return { count, hidden, mean, deviation: Math.sqrt(squares / count), smallest, largest };
}

const pixelsOfPiece = 50_000;
const pieceMs = 6;

function piecesOf(runs: number[]): number[][] {
  const pieces: number[][] = [];
  let left = 0;
  for (let run = 0; run < runs.length; run += 2) {
    const [first, end] = [runs[run]!, runs[run + 1]!];
    if (left <= 0) {
      pieces.push([]);
      left = pixelsOfPiece;
    }
    pieces.at(-1)!.push(first, end);
    left -= end - first;
  }
  return pieces;
}

/** Where the pixels of each row begin and end among those of the frame: first, past the last, first, past the last, … */
function runsIn({ top, bottom, across }: Outline, rows: number, columns: number): number[] {
  const runs: number[] = [];
  const lowest = Math.min(rows - 1, Math.floor(bottom + nearly));
  for (let row = Math.max(0, Math.ceil(top - nearly)); row <= lowest; row += 1) {
    const [left, right] = across(row);
    const first = Math.max(0, Math.ceil(left - nearly));
    const last = Math.min(columns - 1, Math.floor(right + nearly));
    if (first <= last) runs.push(row * columns + first, row * columns + last + 1);
  }
  return runs;
}

// Two plain loops with nothing called in them: a mammogram has 14 million pixels.
const noPadding = { from: Infinity, to: -Infinity };

function summed({ values, padding, shutter }: FramePixels, runs: number[]) {
  const { from, to } = padding ?? noPadding;
  const hidden = shutter?.hidden;
  let [count, behind, sum, smallest, largest] = [0, 0, 0, Infinity, -Infinity];
  for (let run = 0; run < runs.length; run += 2) {
    for (let at = runs[run]!, end = runs[run + 1]!; at < end; at += 1) {
      const value = values[at]!;
      if ((value >= from && value <= to) || !Number.isFinite(value)) continue;
      if (hidden?.[at] === 1) {
        behind += 1;
        continue;
      }
      count += 1;
      sum += value;
      if (value < smallest) smallest = value;
      if (value > largest) largest = value;
    }
  }
  return { count, behind, sum, smallest, largest };
}

function squaresAround(mean: number, { values, padding, shutter }: FramePixels, runs: number[]): number {
  const { from, to } = padding ?? noPadding;
  const hidden = shutter?.hidden;
  let squares = 0;
  for (let run = 0; run < runs.length; run += 2) {
    for (let at = runs[run]!, end = runs[run + 1]!; at < end; at += 1) {
      const value = values[at]!;
      if ((value >= from && value <= to) || !Number.isFinite(value) || hidden?.[at] === 1) continue;
      squares += (value - mean) * (value - mean);
    }
  }
  return squares;
}
