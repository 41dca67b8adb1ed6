// What Chromium 109, Firefox ESR and Safari 16 lack of what we use, defined where it is missing. Imported before all else.

function define(owner: object, name: string, value: unknown): void {
  if (!(name in owner)) Object.defineProperty(owner, name, { value, writable: true, configurable: true });
}

define(Promise, 'withResolvers', function withResolvers<T>() {
  let resolve: (value: T | PromiseLike<T>) => void;
  let reject: (reason?: unknown) => void;
  const promise = new Promise<T>((resolved, rejected) => {
    resolve = resolved;
    reject = rejected;
  });
  return { promise, resolve: resolve!, reject: reject! };
});

define(AbortSignal, 'any', function any(signals: AbortSignal[]): AbortSignal {
  const one = new AbortController();
  for (const signal of signals) {
    if (signal.aborted) one.abort(signal.reason);
    signal.addEventListener('abort', () => one.abort(signal.reason), { once: true, signal: one.signal });
  }
  return one.signal;
});

define(Array.prototype, 'toSorted', function toSorted<T>(this: T[], compare?: (a: T, b: T) => number): T[] {
  return [...this].sort(compare);
});

define(Array.prototype, 'toReversed', function toReversed<T>(this: T[]): T[] {
  return [...this].reverse();
});
