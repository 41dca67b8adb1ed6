/** Text of strangers on its way to a terminal: without what would steer it. */

const steering = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

export function printable(text: string): string {
  return text.replace(steering, ' ').trim();
}

/** A line of ours that such a text may stand in. */
export function printableLine(line: string): string {
  return line.replace(steering, ' ').trimEnd();
}
