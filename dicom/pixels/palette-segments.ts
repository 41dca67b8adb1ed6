/** Segmented Palette Color Lookup Table Data (PS3.3 C.7.9.2): segments to entries. Used by the archive and the viewer. */

/**
 * Discrete (0), linear (1) and indirect (2) segments. What does not follow the rules ends the table.
 * @param words  opcodes, counts and values, each of the width of an entry
 * @param bits  8 where each of them is a byte, else 16
 */
export function expandSegments(words: Uint16Array, numberOfEntries: number, bits: number): Uint16Array {
  // Where an indirect segment leads takes 32 bits whatever the width (C.7.9.2.3): two words, or four bytes.
  const width = bits === 8 ? 8 : 16;
  const inOffset = 32 / width;
  const entries = new Uint16Array(numberOfEntries);
  let filled = 0;
  const put = (value: number): void => {
    if (filled < numberOfEntries) entries[filled++] = value;
  };
  /** @returns where the next segment begins, or undefined when there is none */
  const segment = (at: number, inside: boolean): number | undefined => {
    const opcode = words[at];
    const count = words[at + 1];
    if (opcode === undefined || count === undefined || filled >= numberOfEntries) return undefined;
    // A segment of nothing is none: repeated by indirect segments again and again it would take minutes to no end.
    if (count === 0) return undefined;
    if (opcode === 0) {
      for (let index = 0; index < count; index++) put(words[at + 2 + index] ?? 0);
      return at + 2 + count;
    }
    if (opcode === 1) {
      const to = words[at + 2];
      const from = entries[filled - 1];
      if (to === undefined || from === undefined) return undefined;
      for (let index = 1; index <= count; index++) put(Math.round(from + ((to - from) * index) / count));
      return at + 3;
    }
    // An indirect segment repeats others, but no indirect ones: so it ends.
    if (opcode !== 2 || inside) return undefined;
    const offset = words.subarray(at + 2, at + 2 + inOffset);
    let next: number | undefined = offset.reduceRight((high, part) => high * 2 ** width + part, 0);
    for (let index = 0; index < count && next !== undefined; index++) next = segment(next, true);
    return at + 2 + inOffset;
  };
  for (let at: number | undefined = 0; at !== undefined;) at = segment(at, false);
  return entries.subarray(0, filled);
}
