/**
 * Long work on one thread among others that wait for it: it is done in turns of a few milliseconds, and all who have long
 * work share them. Between two turns everything else is heard: sockets, files, timers.
 */

/** How long everything else may have to wait. */
const turnMs = 4;

let begun = -Infinity;
const waiting: (() => void)[] = [];

/** Called every millisecond or so in the middle of long work. @returns a promise to wait for when the turn is over */
export function endOfTurn(): Promise<void> | undefined {
  const takenMs = performance.now() - begun;
  // By a clock that has gone back, nobody knows how long it has taken.
  if (takenMs >= 0 && takenMs < turnMs) return undefined;
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(next);
  });
}

/** One at a time: what is set during this call comes in the next round of the event loop. */
function next(): void {
  begun = performance.now();
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(next);
}

/** Of what takes some microseconds each, so many take no millisecond. */
const itemsAtOnce = 32;

/** As `Array.map`, for some ten thousand items of which each is little work. */
export async function mapInTurns<T, R>(items: readonly T[], map: (item: T, at: number) => R): Promise<R[]> {
  const mapped: R[] = [];
  for (const [at, item] of items.entries()) {
    if (at % itemsAtOnce === 0) await endOfTurn();
    mapped.push(map(item, at));
  }
  return mapped;
}
