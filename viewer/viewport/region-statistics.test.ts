import { expect, test, vi } from 'vitest';
import type { FramePixels } from './frame-pixels.ts';
import { ellipse, rectangle, statisticsByPieces, statisticsIn } from './region-statistics.ts';

const columns = 8;
const frame = (values: number[], more: Partial<FramePixels> = {}): FramePixels => ({
  color: false,
  values: Int16Array.from(values),
  smallest: 0,
  largest: 0,
  negative: false,
  padding: undefined,
  ...more,
});
/** Eight rows of eight; each pixel is its number. */
const numbered = frame(Array.from({ length: 64 }, (_, at) => at));

test('a rectangle holds the pixels whose centres are in it', () => {
  const corners = [
    [0.5, 0.5],
    [2.5, 0.5],
    [0.5, 2.5],
    [2.5, 2.5],
  ] as const;
  const outline = rectangle(corners)!;
  expect(outline.area).toBe(4);
  // 9, 10, 17, 18: 4.5 and 3.5 from their mean
  expect(statisticsIn(outline, numbered, columns)).toEqual({
    count: 4,
    hidden: 0,
    mean: 13.5,
    deviation: Math.sqrt((4.5 ** 2 + 3.5 ** 2) / 2),
    smallest: 9,
    largest: 18,
  });
});

test('an ellipse does so too, whichever way its axes lie', () => {
  // Two pixels to the sides and one up and down of row 3, column 3: 19, 25 to 29, 35.
  const ends = [
    [3, 2],
    [3, 4],
    [1, 3],
    [5, 3],
  ] as const;
  for (const handles of [ends, [ends[2], ends[3], ends[0], ends[1]] as const]) {
    const outline = ellipse(handles)!;
    expect(outline.area).toBeCloseTo(2 * Math.PI, 10);
    expect(statisticsIn(outline, numbered, columns)).toMatchObject({ count: 7, mean: 27, smallest: 19, largest: 35 });
  }
});

test('an ellipse holds the pixels that its equation holds, however long and however turned it is', () => {
  const [width, height] = [64, 48];
  const values = Uint16Array.from({ length: width * height }, (_, at) => at);
  for (let turn = 0; turn < 24; turn += 1) {
    const angle = (turn * Math.PI) / 12;
    const [x, y, long, short] = [31 + turn / 7, 23 - turn / 5, 18 + turn / 3, 1 + turn / 2];
    const axis = (length: number, way: number) =>
      [-1, 1].map((end) => [x + end * length * Math.cos(way), y + end * length * Math.sin(way)] as const);
    const outline = ellipse([...axis(long, angle), ...axis(short, angle + Math.PI / 2)])!;
    const inside = [...values].filter((at) => {
      const [dx, dy] = [(at % width) - x, Math.floor(at / width) - y];
      const [along, aside] = [dx * Math.cos(angle) + dy * Math.sin(angle), dy * Math.cos(angle) - dx * Math.sin(angle)];
      return (along / long) ** 2 + (aside / short) ** 2 <= 1 + 1e-6;
    });
    const { count, mean } = statisticsIn(outline, frame([], { values }), width)!;
    expect(count).toBe(inside.length);
    expect(mean).toBeCloseTo(inside.reduce((sum, at) => sum + at, 0) / count, 9);
  }
  // What was drawn straight up or straight across holds nothing.
  const line = [
    [3, 2],
    [3, 4],
    [3, 3],
    [3, 3],
  ] as const;
  for (const handles of [line, line.map(([column, row]) => [row, column] as const)]) {
    expect(statisticsIn(ellipse(handles)!, numbered, columns)).toBeUndefined();
  }
});

test('what reaches past the image counts what is on it', () => {
  const outline = rectangle([
    [-5, -5],
    [0.4, 0.4],
  ])!;
  expect(statisticsIn(outline, numbered, columns)).toMatchObject({ count: 1, mean: 0 });
  const beside = rectangle([
    [-5, -5],
    [-1, -1],
  ])!;
  expect(statisticsIn(beside, numbered, columns)).toBeUndefined();
});

test('padding and what is no number are no values of the patient', () => {
  const whole = rectangle([
    [0, 0],
    [7, 0],
  ])!;
  const padding = { from: -2000, to: -2000, shownAs: 0 };
  const row = [-2000, -2000, 10, 20, 30, 40, -2000, -2000];
  expect(statisticsIn(whole, frame(row, { padding }), columns)).toMatchObject({ count: 4, mean: 25, smallest: 10 });
  const measured = frame([], { values: Float32Array.from([NaN, 1, 2, 3, Infinity, NaN, NaN, NaN]) });
  expect(statisticsIn(whole, measured, columns)).toMatchObject({ count: 3, mean: 2, largest: 3 });
});

test('what a shutter hides is left out, and how much of it is said', () => {
  const row = [4000, 4000, 10, 20, 30, 40, 4000, -2000];
  const hidden = Uint8Array.from([1, 1, 0, 0, 0, 0, 1, 1]);
  const padding = { from: -2000, to: -2000, shownAs: 0 };
  const shuttered = frame(row, { padding, shutter: { hidden, grey: 0 } });
  const between = (left: number, right: number) =>
    statisticsIn(rectangle([[left, 0] as const, [right, 0] as const])!, shuttered, columns);
  const seen = { mean: 25, deviation: Math.sqrt(125), smallest: 10, largest: 40 };
  expect(between(0, 7)).toEqual({ count: 4, hidden: 3, ...seen });
  expect(between(2, 5)).toEqual({ count: 4, hidden: 0, ...seen });
  expect(between(0, 1)).toMatchObject({ count: 0, hidden: 2 });
});

test('a small deviation of large values is not lost', () => {
  const values = Uint16Array.from({ length: 8 * 100_000 }, (_, at) => 65_000 + (at % 2));
  const whole = rectangle([
    [0, 0],
    [7, 99_999],
  ])!;
  const { deviation } = statisticsIn(whole, frame([], { values }), columns)!;
  expect(deviation).toBeCloseTo(0.5, 9);
});

test('colour has none', () => {
  const outline = rectangle([
    [0, 0],
    [1, 1],
  ])!;
  expect(statisticsIn(outline, { ...numbered, color: true }, columns)).toBeUndefined();
});

test('by pieces they are the same, and others have their turn in between', async () => {
  const [side, rows] = [1500, 1200];
  const values = Int16Array.from({ length: side * rows }, (_, at) => ((at * 7919) % 4001) - 1000);
  const pixels = frame([], { values, padding: { from: -1000, to: -990, shownAs: 0 } });
  const outline = ellipse([
    [749.5, 0.3],
    [749.5, 1198.7],
    [0.3, 599.5],
    [1498.7, 599.5],
  ])!;
  const isInside = (at: number) =>
    (((at % side) - 749.5) / 749.2) ** 2 + ((Math.floor(at / side) - 599.5) / 599.2) ** 2 <= 1;
  const inside = [...values.keys()].filter((at) => isInside(at) && values[at]! > -990);
  let pauses = 0;
  const others = async () => void (pauses += 1);
  const found = await statisticsByPieces(outline, pixels, side, others);
  expect(found).toEqual(statisticsIn(outline, pixels, side));
  expect(found!.count).toBe(inside.length);
  expect(found!.mean).toBeCloseTo(inside.reduce((sum, at) => sum + values[at]!, 0) / inside.length, 8);
  // However fast the computer is, a region of nearly two million pixels is not one piece.
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => (now += 4));
  pauses = 0;
  await statisticsByPieces(outline, pixels, side, others);
  expect(pauses).toBeGreaterThan(4);
  vi.restoreAllMocks();
});
