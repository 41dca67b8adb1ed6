/** Something that is looked after again and again for as long as the worker runs, whatever fails meanwhile. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '#settings/log.ts';

const lookEveryMs = 1_000;
/** After a look that failed (PostgreSQL is away), doubling up to this. */
const slowestLookMs = 15_000;

/**
 * @param what  for the log
 * @param look  @returns whether there is more to do at once
 * @param everyMs  otherwise after so long; by default a second
 */
export function repeat(what: string, look: () => Promise<boolean>, log: Log, everyMs = lookEveryMs): AsyncDisposable {
  const stopping = new AbortController();
  const looking = (async () => {
    let pauseMs = everyMs;
    while (!stopping.signal.aborted) {
      try {
        const isMore = await look();
        if (pauseMs > everyMs) log.info(`${what}: goes on`);
        pauseMs = everyMs;
        if (isMore) continue;
      } catch (err) {
        if (pauseMs === everyMs) log.warn({ err }, `${what}: waits`);
        pauseMs = Math.max(everyMs, Math.min(pauseMs * 2, slowestLookMs));
      }
      await delay(pauseMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await looking;
    },
  };
}
