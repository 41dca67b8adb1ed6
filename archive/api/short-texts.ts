/** What lists say of values: files hold far longer ones than PS3.5 Table 6.2-1 allows, and of one nobody could see the rest of a list. */

/** A name of three groups has 194 at most, all else of a study fewer. */
const mostCharacters = 200;

/** @returns the same, each longer text cut, and marked as cut */
export function withShortTexts<Row extends object>(row: Row): Row {
  const short = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(short);
    return typeof value === 'string' && value.length > mostCharacters ? `${begin(value)}…` : value;
  };
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, short(value)])) as Row;
}

/** Half of a character outside of the Basic Multilingual Plane is none. */
function begin(value: string): string {
  return value.slice(0, mostCharacters).replace(/[\uD800-\uDBFF]$/, '');
}
