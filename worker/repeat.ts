/** Something that is looked after again and again for as long as the worker runs, whatever fails meanwhile. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '#settings/log.ts';

const lookEveryMs = 1_000;
/** After a look that failed (PostgreSQL is away), doubling from the one to the other, however seldom it is looked otherwise. */
const firstRetryMs = 2_000;
const slowestRetryMs = 15_000;

/**
 * @param what  for the log
 * @param look  @returns whether there is more to do at once
 * @param everyMs  otherwise after so long; by default a second
 */
export function repeat(what: string, look: () => Promise<boolean>, log: Log, everyMs = lookEveryMs): AsyncDisposable {
  const stopping = new AbortController();
  const looking = (async () => {
    /** While it fails. */
    let retryMs: number | undefined;
    while (!stopping.signal.aborted) {
      try {
        const isMore = await look();
        if (retryMs !== undefined) log.info(`${what}: goes on`);
        retryMs = undefined;
        if (isMore) continue;
      } catch (err) {
        if (retryMs === undefined) log.warn({ err }, `${what}: waits`);
        retryMs = retryMs === undefined ? firstRetryMs : Math.min(retryMs * 2, slowestRetryMs);
      }
      await delay(retryMs ?? everyMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await looking;
    },
  };
}
