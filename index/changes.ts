/** Which studies changed lately: what open study lists are told, by whichever archive received the instances. */
import type { Database } from './database.ts';

export interface ChangedStudy {
  readonly StudyInstanceUID: string;
  /** In PostgreSQL's own precision; another one means that it changed again. */
  readonly changedAt: string;
}

/**
 * Studies that changed within the last `seconds`, the latest first: of all, also those that nobody sees any more. A study
 * whose last instance was rejected has to leave the open lists, so the views of what is readable would hide the news.
 * What is later than now changed before the clock was set back: it would fill the limit, and hide what changes, until that time has come.
 * Callers are told of their own studies only (`archive/study-changes.ts`), and learn no more than that one changed.
 */
export async function recentChanges(database: Database, seconds: number, limit: number): Promise<ChangedStudy[]> {
  const { rows } = await database.pool.query<ChangedStudy>({
    name: 'recent-changes',
    text: `SELECT study_instance_uid AS "StudyInstanceUID", changed_at::text AS "changedAt" FROM index.study
           WHERE changed_at BETWEEN now() - make_interval(secs => $1) AND now() + make_interval(secs => $1) ORDER BY changed_at DESC LIMIT $2`,
    values: [seconds, limit],
  });
  return rows;
}
