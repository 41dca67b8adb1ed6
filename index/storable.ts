/** What comes from outside, as PostgreSQL takes it: neither U+0000 nor half a surrogate pair, in text and in JSON. */

/** @param mostCharacters  what is longer is cut off there */
export function storableText(text: string, mostCharacters = Infinity): string {
  return text.replaceAll('\0', '').slice(0, mostCharacters).toWellFormed();
}

/** JSON of something with such text in it. @param mostCharacters  of each text */
export function storableJson(value: unknown, mostCharacters = Infinity): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    typeof each === 'string' ? storableText(each, mostCharacters) : each,
  );
}

/** A reason is a sentence; what is longer is the output of a program. */
const reasonCharacters = 500;

/** JSON of why something failed: some of it is what the other side said. */
export function storableCause(cause: object): string {
  return storableJson(cause, reasonCharacters);
}
