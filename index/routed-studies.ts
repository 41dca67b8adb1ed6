/** Routing as a listener to completed studies (index/completeness.ts): the rules are applied to each, once. */
import { listenToCompleted, takeCompleted } from './completeness.ts';
import type { Database } from './database.ts';
import { routeStudy } from './routes.ts';
import type { IsAt } from './study-sources.ts';

const listener = 'routing';

/** To be called before `routeCompletedStudies`: what is completed from now on is routed. */
export const listenForRouting = (database: Database): Promise<void> => listenToCompleted(database, listener);

/**
 * What is to be sent is written in the transaction that takes the completions.
 * @returns how many sends are to be done now, and whether there may be more studies
 */
export async function routeCompletedStudies(
  database: Database,
  { studies, ...how }: { readonly days: number; readonly studies: number; readonly isAt: IsAt },
): Promise<{ readonly sends: number; readonly isMore: boolean }> {
  let sends = 0;
  const taken = await takeCompleted(database, listener, studies, async (completed, connection) => {
    for (const { StudyInstanceUID } of completed) sends += await routeStudy(connection, StudyInstanceUID, how);
  });
  return { sends, isMore: taken === studies };
}
