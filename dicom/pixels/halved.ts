/**
 * Pictures with fewer pixels, for where a small one is asked for: halved as often as that leaves a pixel for each of it. To scale all
 * of a slice with a better filter takes ten times as long, and what is left for that is at most half.
 */
import type { RenderedFrame } from './render.ts';

/** The least that a picture has to have. */
export interface Least {
  readonly width: number;
  readonly height: number;
}

/** How often so many pixels may be halved. */
export function halvingsTo({ rows, columns }: Pick<RenderedFrame, 'rows' | 'columns'>, least: Least): number {
  return Math.max(0, Math.floor(Math.log2(Math.min(columns / least.width, rows / least.height))));
}

/** @param picture  its memory takes the smaller ones */
export function halved(picture: RenderedFrame, times: number): RenderedFrame {
  let smaller = picture;
  for (let time = 0; time < times; time++) smaller = halvedOnce(smaller);
  return smaller;
}

/** Means of four; in the last row and column, where there is only one of a pair, of that. Each lies before those it is made of. */
function halvedOnce(picture: RenderedFrame): RenderedFrame {
  const { rows, columns, channels, bytes } = picture;
  const size = { rows: Math.ceil(rows / 2), columns: Math.ceil(columns / 2) };
  const width = columns * channels;
  let to = 0;
  for (let row = 0; row < size.rows; row++) {
    let above = 2 * row * width;
    let below = 2 * row + 1 < rows ? above + width : above;
    for (let column = 0; column < size.columns; column++) {
      const right = 2 * column + 1 < columns ? channels : 0;
      // Halves are rounded up and down in turn: or else each time would make the picture brighter.
      const rounding = 2 - (column & 1);
      for (let channel = 0; channel < channels; channel++, above++, below++) {
        const sum =
          (bytes[above] as number) +
          (bytes[above + right] as number) +
          (bytes[below] as number) +
          (bytes[below + right] as number);
        bytes[to++] = (sum + rounding) >> 2;
      }
      above += right;
      below += right;
    }
  }
  return { ...picture, ...size, bytes: bytes.subarray(0, to) };
}
