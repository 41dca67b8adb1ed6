/** Applies the rules to studies on which nothing comes any more, and forgets sends that are long over. */
import type { Database } from '#index/database.ts';
import { routeQuietStudies } from '#index/quiet-studies.ts';
import { forgetSends } from '#index/sends.ts';
import type { Log } from '#settings/log.ts';
import { limits } from '#settings/limits.ts';

import { lookEvery } from './look.ts';

const { quietSeconds, days, studies, lookMs, forgetEveryMs } = limits.routing;

/** @param due  is called when something is to be sent */
export function startRouting({ database, log }: { database: Database; log: Log }, due: () => void): AsyncDisposable {
  const { lookAfterFailureMs: afterFailureMs, keptDays } = limits.sends;
  let forgotAt = -Infinity;
  return lookEvery({ everyMs: lookMs, afterFailureMs, log, failed: 'no rule can be applied' }, async () => {
    const { sends, isMore } = await routeQuietStudies(database.pool, { quietSeconds, days, studies });
    if (sends > 0) due();
    if (performance.now() - forgotAt > forgetEveryMs) {
      forgotAt = performance.now();
      await forgetSends(database.pool, { days: keptDays });
    }
    return isMore;
  });
}
