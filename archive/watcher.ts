/** Looks at the archive where nobody asks, so that since when something is wrong is known. */
import type { Programs } from '#index/programs.ts';
import type { Health } from './health.ts';

export interface Watched {
  readonly health: () => Promise<Pick<Health, 'database'>>;
  readonly programs: () => Promise<Programs>;
}

/**
 * @returns a look. The health limits its own time; PostgreSQL is asked for the programs only while it answers, and by one look
 *   at a time: each question that it leaves open keeps a connection from those who wait for one.
 */
export function watcher({ health, programs }: Watched): () => Promise<void> {
  let isAsking = false;
  return async () => {
    const { database } = await health();
    if (database === 'failed' || isAsking) return;
    isAsking = true;
    await programs().catch(() => {}); // of PostgreSQL the health tells
    isAsking = false;
  };
}
