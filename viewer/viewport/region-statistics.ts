// What lies in an ellipse or a rectangle on a frame: its area, and the values of exactly those pixels whose centres are inside.
import type { FramePixels } from './frame-pixels.ts';

export type Point = readonly [number, number];

/** Column and row of each handle, the centre of the first pixel being 0, 0. */
interface Outline {
  left: number;
  right: number;
  top: number;
  bottom: number;
  /** in pixels */
  area: number;
  holds: (column: number, row: number) => boolean;
}

export interface RegionStatistics {
  /** how many pixels; padding and what is no number left out */
  count: number;
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
  const [width, height] = [Math.hypot(ax, bx), Math.hypot(ay, by)];
  return {
    left: x - width,
    right: x + width,
    top: y - height,
    bottom: y + height,
    area: Math.PI * Math.abs(cross),
    holds: (column, row) => {
      const [dx, dy] = [column - x, row - y];
      return ((dx * by - dy * bx) / cross) ** 2 + ((ax * dy - ay * dx) / cross) ** 2 <= 1 + nearly;
    },
  };
}

/** @param handles  its corners */
export function rectangle(handles: readonly Point[]): Outline | undefined {
  if (handles.length < 2) return undefined;
  const [columns, rows] = [handles.map(([column]) => column), handles.map(([, row]) => row)];
  const [left, right, top, bottom] = [Math.min(...columns), Math.max(...columns), Math.min(...rows), Math.max(...rows)];
  return { left, right, top, bottom, area: (right - left) * (bottom - top), holds: () => true };
}

/**
 * In the modality's units, after its rescale.
 * @param columns  of the frame
 * @returns undefined of colour, and where no pixel is inside
 */
export function statisticsIn(outline: Outline, pixels: FramePixels, columns: number): RegionStatistics | undefined {
  const { values, color, padding } = pixels;
  if (color) return undefined;
  const first = Math.max(0, Math.ceil(outline.left - nearly));
  const last = Math.min(columns - 1, Math.floor(outline.right + nearly));
  const lowest = Math.min(values.length / columns - 1, Math.floor(outline.bottom + nearly));
  const each = (use: (value: number) => void) => {
    for (let row = Math.max(0, Math.ceil(outline.top - nearly)); row <= lowest; row += 1) {
      for (let column = first; column <= last; column += 1) {
        const value = values[row * columns + column]!;
        const isPadding = padding && value >= padding.from && value <= padding.to;
        if (!isPadding && Number.isFinite(value) && outline.holds(column, row)) use(value);
      }
    }
  };
  let [count, sum, squares, smallest, largest] = [0, 0, 0, Infinity, -Infinity];
  each((value) => {
    count += 1;
    sum += value;
    if (value < smallest) smallest = value;
    if (value > largest) largest = value;
  });
  if (count === 0) return undefined;
  const mean = sum / count;
  // Not from the sum of squares, which of large values leaves no digits for a small deviation.
  each((value) => (squares += (value - mean) ** 2));
  return { count, mean, deviation: Math.sqrt(squares / count), smallest, largest };
}
