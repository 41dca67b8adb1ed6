// The first of many names in one line, and how many more there are: what is left out is not left out silently.
import { text } from '../text.ts';

export function someOf(names: readonly (string | number)[], most: number): string {
  const listed = names.slice(0, most).join(', ');
  return names.length > most ? `${listed} ${text('andMore', { n: names.length - most })}` : listed;
}
