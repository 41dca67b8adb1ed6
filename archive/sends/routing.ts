/** Applies the rules to studies that are complete, and forgets sends that are long over. */
import { isWithin } from '#access/addresses.ts';
import type { Database } from '#index/database.ts';
import { lookEvery } from '#index/look-every.ts';
import { listenForRouting, routeCompletedStudies } from '#index/routed-studies.ts';
import { forgetSends } from '#index/sends.ts';
import type { Log } from '#settings/log.ts';
import { limits } from '#settings/limits.ts';

const { days, studies, lookMs, forgetEveryMs } = limits.routing;

/** @param due  is called when something is to be sent */
export async function startRouting(
  { database, log }: { database: Database; log: Log },
  due: () => void,
): Promise<AsyncDisposable> {
  const { keptDays } = limits.sends;
  await listenForRouting(database);
  let forgotAt = -Infinity;
  return lookEvery({ what: 'the rules of routing', everyMs: lookMs, log }, async () => {
    const { sends, isMore } = await routeCompletedStudies(database, { days, studies, isAt: isWithin });
    if (sends > 0) due();
    if (performance.now() - forgotAt > forgetEveryMs) {
      forgotAt = performance.now();
      await forgetSends(database.pool, { days: keptDays });
    }
    return isMore;
  });
}
