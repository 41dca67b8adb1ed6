/** A map or set that is no longer than it may be. */

/** Lets go of what was put in first. What shall stay because it was asked for again is taken out and put in anew. */
export function keepAtMost<K>(kept: Map<K, unknown> | Set<K>, most: number): void {
  for (const eldest of kept.keys()) {
    if (kept.size <= most) return;
    kept.delete(eldest);
  }
}
