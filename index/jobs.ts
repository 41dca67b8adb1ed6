/**
 * What people are told of the jobs: what waits, what the worker has, what failed and why. All of it stands in the rows of
 * `index.owed`, so it is the same on whatever the queue runs, and a queue that was emptied hides nothing.
 */
import type { Database } from './database.ts';
import type { JobCause } from './job-cause.ts';
import { storableCause } from './storable.ts';

export interface JobState {
  readonly name: string;
  /** Not yet handed to the queue. */
  readonly waiting: number;
  /** Handed to the queue: it runs, or is about to. */
  readonly running: number;
  /** Failed for good; each is tried again by itself, later every time. */
  readonly failed: number;
  /** Seconds since the oldest of those that have not failed was owed; null when none is. */
  readonly oldestSeconds: number | null;
}

export interface FailedJob {
  readonly name: string;
  /** Surrogate key of the series. */
  readonly key: number;
  readonly StudyInstanceUID: string;
  readonly SeriesInstanceUID: string;
  readonly cause: JobCause;
  readonly failedAt: Date;
}

export async function jobStates(database: Database): Promise<JobState[]> {
  const { rows } = await database.pool.query<JobState>(
    `SELECT job.name,
       count(*) FILTER (WHERE NOT failed AND NOT handed)::integer AS waiting,
       count(*) FILTER (WHERE NOT failed AND handed)::integer AS running,
       count(*) FILTER (WHERE failed)::integer AS failed,
       extract(epoch FROM now() - min(first_at) FILTER (WHERE NOT failed))::integer AS "oldestSeconds"
     FROM index.job LEFT JOIN LATERAL (
       SELECT first_at, failed_at IS NOT NULL AS failed, tried_generation IS NOT DISTINCT FROM generation AS handed
       FROM index.owed WHERE owed.job = job.name) AS row ON true
     GROUP BY job.name ORDER BY job.name`,
  );
  return rows;
}

/** The latest failures first. */
export async function failedJobs(database: Database, limit: number): Promise<FailedJob[]> {
  const { rows } = await database.pool.query<FailedJob>(
    `SELECT o.job AS name, o.key, s.study_instance_uid AS "StudyInstanceUID",
       e.series_instance_uid AS "SeriesInstanceUID", o.error AS cause, o.failed_at AS "failedAt"
     FROM index.owed o JOIN index.series e ON e.id = o.key JOIN index.study s ON s.id = e.study
     WHERE o.failed_at IS NOT NULL ORDER BY o.failed_at DESC, o.job, o.key LIMIT $1`,
    [limit],
  );
  return rows;
}

/** The last of a run's tries in a row has failed. */
export async function noteFailure(database: Database, job: string, key: number, cause: JobCause): Promise<void> {
  await database.pool.query('UPDATE index.owed SET error = $3, failed_at = now() WHERE job = $1 AND key = $2', [
    job,
    key,
    storableCause(cause),
  ]);
}

/** Makes failed jobs due now: one, or all of a name, or all. @returns how many */
export async function retryFailed(
  database: Database,
  { name, key }: { readonly name?: string | undefined; readonly key?: number | undefined },
): Promise<number> {
  const { rowCount } = await database.pool.query(
    `UPDATE index.owed SET error = NULL, failed_at = NULL, attempts = 0, tried_generation = NULL, tried_at = NULL,
       changed_at = now() - interval '1 hour'
     WHERE failed_at IS NOT NULL AND ($1::text IS NULL OR job = $1) AND ($2::bigint IS NULL OR key = $2)`,
    [name ?? null, key ?? null],
  );
  return rowCount ?? 0;
}
