// Facts side by side in one line of text, where no elements can hold them apart.

/** Beyond U+FFFF by the first halves of their letters: U+10800 to 10FFF, and U+1E800 to 1EFFF. */
const fromRight = /[\u0590-\u08ff\ud802\ud803\ud83a\ud83b\ufb1d-\ufdff\ufe70-\ufefc]/;
const leftToRight = '\u200e';

/**
 * Each is read by itself, and the first stands left, where one is written from right to left: after a name in Arabic the digits of an
 * ID, and of a date, would change places with one another. What is empty is left out.
 */
export const beside = (...facts: (string | false | null | undefined)[]): string =>
  inColumns(facts.filter((fact) => typeof fact === 'string' && fact !== '') as string[]);

/** The same of the cells of a row, the empty ones too. */
export function inColumns(cells: readonly string[]): string {
  const line = cells.map(apart).join(' · ');
  return fromRight.test(line) ? leftToRight + line : line;
}

/** In what parts it from its neighbours: a first strong isolate (Unicode UAX #9 2.4). */
export const apart = (fact: string): string => (fromRight.test(fact) ? `\u2068${fact}\u2069` : fact);
