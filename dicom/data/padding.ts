/**
 * Padding of text values (PS3.5 Section 6.2), cut off in time linear in what is cut: a regular expression such as / +$/ is
 * tried at every blank of the text, and a stranger's 64 KiB of them take it seconds in which nobody else is served.
 */

/** The text without any of `signs` at its end. @param signs  each one UTF-16 code unit */
export function withoutEnd(text: string, signs: string): string {
  let end = text.length;
  while (end > 0 && signs.includes(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

/** Without NULs and spaces at its end: some devices pad with the one where the standard has the other. */
export function withoutPadding(text: string): string {
  return withoutEnd(text, '\0 ');
}

/** Without them, and without spaces at its beginning, which mean nothing either in most text VRs. */
export function trimmedValue(text: string): string {
  const end = withoutPadding(text);
  let start = 0;
  while (end.charAt(start) === ' ') start++;
  return end.slice(start);
}
