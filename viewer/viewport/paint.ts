// Values to what is seen of them: each through the VOI LUT (PS3.3 C.11.2) and what comes after it, to a pixel of eight bits a colour.
import { shownValue, type Presentation } from './presentation.ts';
import type { Paintable } from './reduced-frame.ts';

/** @param rgba  one word a pixel, red in the lowest byte */
export function paint(pixels: Paintable, presentation: Presentation, rgba: Uint32Array): void {
  const { values, color, parts = 1 } = pixels;
  if (values instanceof Float32Array) {
    for (let at = 0; at < rgba.length; at += 1) rgba[at] = wordOf(pixels, presentation, values[at]!);
    return;
  }
  const isSigned = values instanceof Int16Array;
  // Negative ones are looked up by their bits, so that the loops know two kinds of cells and no third.
  const cells = isSigned ? new Uint16Array(values.buffer, values.byteOffset, values.length) : values;
  const wordFor = (cell: number) => wordOf(pixels, presentation, (isSigned ? (cell << 16) >> 16 : cell) / parts);
  const words = wordsFor(pixels, presentation);
  if (!color) {
    const word = (cell: number): number => (words[cell] = wordFor(cell));
    for (let at = 0; at < rgba.length; at += 1) rgba[at] = words[cells[at]!] || word(cells[at]!);
    return;
  }
  // All of them at once: a film of ultrasound has no time to ask of each of two million whether it was looked up before.
  if (words[0] === 0) for (let cell = 0; cell < words.length; cell += 1) words[cell] = wordFor(cell);
  for (let at = 0, from = 0; at < rgba.length; at += 1, from += 3) {
    rgba[at] =
      0xff000000 |
      (words[cells[from + 2]!]! & 0xff0000) |
      (words[cells[from + 1]!]! & 0xff00) |
      (words[cells[from]!]! & 0xff);
  }
}

/** What a value looks like: opaque grey, so never 0. */
function wordOf({ padding }: Paintable, presentation: Presentation, value: number): number {
  const isPadding = padding && value >= padding.from && value <= padding.to;
  const y = shownValue(presentation, isPadding ? padding.shownAs : value);
  return (0xff000000 | (Math.round(255 * (presentation.inverse ? 1 - y : y)) * 0x010101)) >>> 0;
}

interface Words {
  kind: string;
  words: Uint32Array;
}

// While the presentation stays, one slice after the other looks up the same values.
const wordsBefore = new WeakMap<Presentation, Words>();

/** By value, 0 where it was not looked up before; of colours all or none were. */
function wordsFor({ values, padding, color, parts }: Paintable, presentation: Presentation): Uint32Array {
  const kind = `${values.constructor.name} ${color} ${parts ?? 1} ${padding?.from} ${padding?.to} ${padding?.shownAs}`;
  const before = wordsBefore.get(presentation);
  if (before?.kind === kind) return before.words;
  const words = new Uint32Array(values.BYTES_PER_ELEMENT === 1 ? 256 : 65_536);
  wordsBefore.set(presentation, { kind, words });
  return words;
}
