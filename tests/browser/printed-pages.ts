/** What stands on the pages of a PDF that Chromium has printed: its pictures and straight lines, by walking through the operators of each page. */
import { inflateSync } from 'node:zlib';

export interface PrintedPages {
  pages: number;
  /** What is written first on each page, as glyphs. */
  beginnings: string[];
  /** Each picture: how many pixels it has, and how large it is on paper, in points. */
  pictures: { columns: number; rows: number; width: number; height: number }[];
  /** The lengths of the lines that are stroked, in points. */
  lines: number[];
}

type Matrix = readonly [number, number, number, number, number, number];

const unmoved: Matrix = [1, 0, 0, 1, 0, 0];
const within = ([a, b, c, d, e, f]: Matrix, [A, B, C, D, E, F]: Matrix): Matrix => [
  a * A + b * C,
  a * B + b * D,
  c * A + d * C,
  c * B + d * D,
  e * A + f * C + E,
  e * B + f * D + F,
];

export function printedPages(pdf: Buffer): PrintedPages {
  const text = pdf.toString('latin1');
  const objects = new Map(
    [...text.matchAll(/(\d+) 0 obj\s*([^]*?)\bendobj/g)].map(([, number, body]) => [number!, body!]),
  );
  const found: PrintedPages = { pages: 0, beginnings: [], pictures: [], lines: [] };
  for (const body of objects.values()) {
    if (!/\/Type \/Page\b/.test(body)) continue;
    found.pages += 1;
    found.beginnings.push('');
    const content = objects.get(/\/Contents (\d+)/.exec(body)![1]!)!;
    const names = new Map([...body.matchAll(/\/(X\d+) (\d+) 0 R/g)].map(([, name, number]) => [name!, number!]));
    walk(streamOf(content), found, (name) => objects.get(names.get(name)!));
  }
  return found;
}

function streamOf(body: string): string {
  const start = /stream\r?\n/.exec(body)!;
  const bytes = Buffer.from(body.slice(start.index + start[0].length), 'latin1');
  return inflateSync(bytes).toString('latin1');
}

/** The operators of ISO 32000 that place pictures and stroke lines: q, Q, cm, Do, m, l, S. */
function walk(content: string, found: PrintedPages, picture: (name: string) => string | undefined): void {
  let at = unmoved;
  const outer: Matrix[] = [];
  let operands: string[] = [];
  let points: [number, number][] = [];
  const last = (count: number) => operands.slice(-count).map(Number);
  for (const [token] of content.matchAll(/\[[^\]]*\]|\((?:\\.|[^\\)])*\)|<[^>]*>|[^\s[\]()<>]+/g)) {
    if (token === 'q') outer.push(at);
    else if (token === 'Q') at = outer.pop() ?? unmoved;
    else if (token === 'cm') at = within(last(6) as unknown as Matrix, at);
    else if (token === 'm') points = [last(2) as [number, number]];
    else if (token === 'l') points.push(last(2) as [number, number]);
    else if (token === 'Tj') found.beginnings[found.pages - 1] ||= operands.at(-1)!;
    else if (token === 'S' && points.length === 2) {
      const [dx, dy] = [points[1]![0] - points[0]![0], points[1]![1] - points[0]![1]];
      found.lines.push(Math.hypot(dx * at[0] + dy * at[2], dx * at[1] + dy * at[3]));
    } else if (token === 'Do') {
      const dictionary = picture(operands.at(-1)!.slice(1)) ?? '';
      const [columns, rows] = ['Width', 'Height'].map((key) =>
        Number(new RegExp(`/${key} (\\d+)`).exec(dictionary)?.[1]),
      );
      const [width, height] = [Math.hypot(at[0], at[1]), Math.hypot(at[2], at[3])];
      if (columns && rows) found.pictures.push({ columns, rows, width, height });
    } else {
      operands.push(token);
      continue;
    }
    operands = [];
  }
}
