// The order in which the images around the one looked at are worth having.

/**
 * Indexes other than `index`, at most so many, the nearest first; at equal distance the one in the direction of scrolling. One after the
 * other: of thousands only some are asked for before the reader is elsewhere.
 */
export function* nearestFirst(
  index: number,
  count: number,
  direction: 1 | -1,
  most: number,
): Generator<number, undefined> {
  let left = most;
  for (let distance = 1; distance < count; distance += 1) {
    for (const next of [index + distance * direction, index - distance * direction]) {
      if (next < 0 || next >= count) continue;
      if (left < 1) return;
      left -= 1;
      yield next;
    }
  }
}
