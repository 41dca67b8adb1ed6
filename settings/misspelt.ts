/** Environment variables that look like a setting and are none: a setting that does nothing is found out too late. */
import { variables } from './variables.ts';

export interface Misspelt {
  readonly name: string;
  /** What was probably meant. */
  readonly likely: string;
}

/** Letters that may be wrong, missing or too many. */
const mistakes = 2;

/** Of an environment, by how they are written: PORT and HOST are other programs' and are left alone. */
export function misspelt(environment: Readonly<Record<string, string | undefined>>): Misspelt[] {
  const known = Object.entries(variables).flatMap(([name, { secret }]) => (secret ? [name, `${name}_FILE`] : [name]));
  return Object.keys(environment)
    .filter((name) => !known.includes(name))
    .flatMap((name) => {
      const near = nearest(name.toUpperCase(), known);
      // Of a short name, two letters are too much of it.
      return near && near.likely.length >= 4 * near.distance ? [{ name, likely: near.likely }] : [];
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Which of the names has the fewest mistakes in it, the first of several; undefined where each has more than two. */
export function nearest(
  word: string,
  names: readonly string[],
): { readonly likely: string; readonly distance: number } | undefined {
  return names
    .map((name) => ({ likely: name, distance: distance(word, name) }))
    .filter((each) => each.distance <= mistakes)
    .toSorted((a, b) => a.distance - b.distance)[0];
}

/** Levenshtein's: how many letters are changed, added or left out; more than two are not counted to their end. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > mistakes) return Infinity;
  let above = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let row = 1; row <= a.length; row++) {
    const here = [row];
    for (let at = 1; at <= b.length; at++) {
      const change = (above[at - 1] as number) + (a[row - 1] === b[at - 1] ? 0 : 1);
      here.push(Math.min(change, (above[at] as number) + 1, (here[at - 1] as number) + 1));
    }
    above = here;
  }
  return above[b.length] as number;
}
