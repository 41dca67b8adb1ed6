/**
 * How long to wait before something that ended by itself is started again.
 */
const firstMs = 500;
const longestMs = 30_000;

/** 0.5 s after the first failure, twice as long after each further one, at most 30 s. */
export function restartDelayMs(failuresInARow: number): number {
  return Math.min(longestMs, firstMs * 2 ** Math.max(0, failuresInARow - 1));
}

/** A program that ran this long was healthy: its next failure counts as the first. */
export const healthyAfterMs = 60_000;
