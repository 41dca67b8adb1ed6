/** Wildcard matching (PS3.4 C.2.2.2.4) in the words of SQL's LIKE. */

export const hasWildcard = (key: string): boolean => /[*?]/.test(key);

/** `*` and `?` as LIKE writes them, everything else as it stands. */
export function likePattern(key: string): string {
  return escapeLike(key).replace(/\*+/g, '%').replaceAll('?', '_');
}

/** The characters before the first wildcard: what a B-tree finds. */
export function literalStart(key: string): string {
  return key.slice(0, key.search(/[*?]|$/));
}

export function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
