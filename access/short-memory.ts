/**
 * Remembers what a loader said, for a moment and for a bounded number of keys: rows of sessions, tokens, accounts and
 * devices are asked for at every request, and a change of one must hold within a second everywhere.
 */
import { keepAtMost } from '#settings/keep-at-most.ts';

export interface ShortMemory<T> {
  /** What `load(key)` said within the last moment; callers at the same time share one load. A failed load is not remembered. */
  get(key: string): Promise<T>;
  forget(key: string): void;
  forgetAll(): void;
}

export function shortMemory<T>(
  load: (key: string) => Promise<T>,
  { forMs, entries, now = () => performance.now() }: { forMs: number; entries: number; now?: () => number },
): ShortMemory<T> {
  const kept = new Map<string, { value: Promise<T>; at: number }>();
  return {
    get(key) {
      const found = kept.get(key);
      if (found && now() - found.at < forMs) return found.value;
      const value = load(key);
      kept.delete(key);
      const entry = { value, at: now() };
      kept.set(key, entry);
      keepAtMost(kept, entries);
      value.catch(() => kept.get(key) === entry && kept.delete(key));
      return value;
    },
    forget(key) {
      kept.delete(key);
    },
    forgetAll() {
      kept.clear();
    },
  };
}
