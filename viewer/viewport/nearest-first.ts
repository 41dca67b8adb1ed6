// The order in which the images around the one looked at are worth having.

/** All indexes but `index` itself, the nearest first; at equal distance the one in the direction of scrolling. */
export function nearestFirst(index: number, count: number, direction: 1 | -1): number[] {
  const order: number[] = [];
  for (let distance = 1; distance < count; distance += 1) {
    for (const next of [index + distance * direction, index - distance * direction]) {
      if (next >= 0 && next < count) order.push(next);
    }
  }
  return order;
}
