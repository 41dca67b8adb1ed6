/**
 * What a display shutter leaves to be seen (PS3.3 C.7.6.11): pixels outside of it, such as the bright border around what a radiograph was
 * collimated to, are no part of the picture. Of plain values, for server and viewer alike; `display-shutter.ts` reads them from a data set.
 */

/** What an image says, as it says it. Rows and columns are counted from 1, and those of an edge are still seen. */
export interface ShutterAttributes {
  readonly shapes: readonly string[];
  readonly left: number | undefined;
  readonly right: number | undefined;
  readonly upper: number | undefined;
  readonly lower: number | undefined;
  /** Row and column. */
  readonly center: readonly number[];
  readonly radius: number | undefined;
  /** Row and column of one after the other. */
  readonly vertices: readonly number[];
  /** A P-Value of 16 bits. */
  readonly presentationValue: number | undefined;
}

/** Elements of the Display Shutter. */
export const shutterElements = {
  shapes: 0x00181600,
  left: 0x00181602,
  right: 0x00181604,
  upper: 0x00181606,
  lower: 0x00181608,
  center: 0x00181610,
  radius: 0x00181612,
  vertices: 0x00181620,
  presentationValue: 0x00181622,
} as const;

/** Of a frame its own, in a functional group (C.7.6.16.2.16). */
export const FrameDisplayShutterSequence = 0x00189472;

/** What is left of one row, its first and last column, from 1; of a polygon there may be several parts. */
type Part = readonly [first: number, last: number];
type Shape = (row: number) => readonly Part[];

/** A polygon of more has been drawn by nobody, and each row would ask all of its edges. */
const mostVertices = 400;
/** How far beside a row a polygon is asked for, and how far beyond its edges a column is still at one: an edge that leans moves a little. */
const beside = 1e-6;
const slack = 1e-3;

/** Which pixels are hidden, and by what: 0 … 255. */
export interface Shutter {
  /** One a pixel, row by row: 1 where it is hidden. */
  readonly hidden: Uint8Array;
  readonly grey: number;
}

/**
 * Several shapes leave what all of them leave. One of which not all is said is none.
 * @returns undefined where nothing is hidden; so it is taken, too, where nothing would be left
 */
export function shutterOf(said: ShutterAttributes, rows: number, columns: number): Shutter | undefined {
  // Each once, however often it is named: there are three.
  const names = new Set(said.shapes.map((name) => name.trim()));
  const shapes = [...names].flatMap((name) => shapeOf(name, said) ?? []);
  if (shapes.length === 0) return undefined;
  const hidden = new Uint8Array(rows * columns).fill(1);
  for (let row = 1; row <= rows; row++) {
    let parts: readonly Part[] = [[1, columns]];
    for (const shape of shapes) parts = inBoth(parts, shape(row));
    for (const [first, last] of parts) hidden.fill(0, (row - 1) * columns + first - 1, (row - 1) * columns + last);
  }
  if (!hidden.includes(0) || !hidden.includes(1)) return undefined;
  return { hidden, grey: Math.round((255 * Math.min(Math.max(said.presentationValue ?? 0, 0), 0xffff)) / 0xffff) };
}

/** Puts the shutter's own grey in place of what it hides. */
export function drawShutter({ hidden, grey }: Shutter, picture: { channels: number; bytes: Uint8Array }): void {
  const { channels, bytes } = picture;
  for (let at = 0; at < hidden.length; at++) if (hidden[at] === 1) bytes.fill(grey, at * channels, (at + 1) * channels);
}

function shapeOf(name: string, said: ShutterAttributes): Shape | undefined {
  if (name === 'RECTANGULAR') return rectangle(said);
  if (name === 'CIRCULAR') return circle(said);
  return name === 'POLYGONAL' ? polygon(said) : undefined;
}

function rectangle({ left, right, upper, lower }: ShutterAttributes): Shape | undefined {
  if (left === undefined || right === undefined || upper === undefined || lower === undefined) return undefined;
  return (row) => (row < upper || row > lower ? [] : [[left, right]]);
}

function circle({ center: [centerRow, centerColumn], radius }: ShutterAttributes): Shape | undefined {
  if (centerRow === undefined || centerColumn === undefined || !radius || radius < 0) return undefined;
  return (row) => {
    const half = Math.sqrt(radius ** 2 - (row - centerRow) ** 2);
    return Number.isNaN(half) ? [] : [[centerColumn - half, centerColumn + half]];
  };
}

/** Of a polygon, from one vertex to the next. */
interface Edge {
  readonly row: number;
  readonly column: number;
  /** Columns for a row. */
  readonly step: number;
  readonly nextRow: number;
}

/** Closed from its last vertex to the first one. */
function polygon({ vertices }: ShutterAttributes): Shape | undefined {
  const count = vertices.length >> 1;
  if (count < 3 || count > mostVertices) return undefined;
  const edges = Array.from({ length: count }, (_, at): Edge => {
    const [row, column] = [vertices[2 * at]!, vertices[2 * at + 1]!];
    const next = 2 * ((at + 1) % count);
    const step = (vertices[next + 1]! - column) / (vertices[next]! - row);
    return { row, column, step, nextRow: vertices[next]! };
  });
  const crossings = new Float64Array(count);
  /** Where its edges cross a line between rows, from left to right: inside is between the first and the second, and so on. */
  const partsAt = (line: number): Part[] => {
    let found = 0;
    for (const { row, column, step, nextRow } of edges)
      if (row < line !== nextRow < line) crossings[found++] = column + (line - row) * step;
    const sorted = crossings.subarray(0, found).sort();
    return Array.from({ length: found >> 1 }, (_, at) => [sorted[2 * at]!, sorted[2 * at + 1]!]);
  };
  // A row that an edge runs along is inside to one side of it only.
  return (row) => [...partsAt(row - beside), ...partsAt(row + beside)];
}

/** The columns that lie in one of both. */
function inBoth(some: readonly Part[], others: readonly Part[]): Part[] {
  const both: Part[] = [];
  for (const [first, last] of some)
    for (const [from, to] of others) {
      const [begin, end] = [Math.max(first, Math.ceil(from - slack)), Math.min(last, Math.floor(to + slack))];
      if (begin <= end) both.push([begin, end]);
    }
  return both;
}
