/**
 * What is owed to whom: one row per job and series, written by the transaction that caused it (`index.owe`), handed to
 * the queue here, and deleted only when a run has seen everything that happened. The rows survive worker and queue.
 */
import type { Database } from './database.ts';
import { inTransaction } from './transaction.ts';

/** A row as a run found it. What happens later changes the row, and then `settle` leaves it. */
export interface Owed {
  readonly job: string;
  /** Of the series. */
  readonly key: number;
  readonly generation: number;
  /** In PostgreSQL's own precision: a row that was deleted and owed again begins counting anew. */
  readonly firstAt: string;
}

/** A burst is one run: it waits until nothing has come for so long … */
const quiet = `interval '1 second'`;
/** … or until so much time has passed since the beginning, or since the last run. */
const patience = `interval '10 seconds'`;
/** After a run that did not settle (it failed, or took the process along), doubling up to a day; of what only waits in the queue, never more. */
const retryAfter = `least(interval '2 minutes' * power(2, least(attempts, 12) - 1), interval '1 day')`;

/**
 * Makes `index.job` say which jobs there are. A new one is owed for every series that exists; one that is gone is owed
 * nothing more.
 */
export async function registerJobs(
  { pool }: Database,
  jobs: readonly { readonly name: string; readonly on: string }[],
): Promise<void> {
  const names = jobs.map(({ name }) => name);
  const { rows } = await pool.query('SELECT name, happening FROM index.job');
  const known = new Map(rows.map(({ name, happening }) => [name, happening]));
  if (known.size === names.length && jobs.every(({ name, on }) => known.get(name) === on)) return;
  await inTransaction(pool, async (client) => {
    // Instances that are being written have read the old list: they end first, and are among the series below.
    await client.query('LOCK TABLE index.job IN ACCESS EXCLUSIVE MODE');
    await client.query('DELETE FROM index.job WHERE name <> ALL ($1)', [names]);
    await client.query('DELETE FROM index.owed WHERE job <> ALL ($1)', [names]);
    await client.query(
      `INSERT INTO index.job (name, happening) SELECT * FROM unnest($1::text[], $2::text[])
       ON CONFLICT (name) DO UPDATE SET happening = excluded.happening`,
      [names, jobs.map(({ on }) => on)],
    );
    await client.query(
      `INSERT INTO index.owed (job, key, generation) SELECT name, id, 1 FROM unnest($1::text[]) AS name, index.series
       ON CONFLICT DO NOTHING`,
      [names.filter((name) => !known.has(name))],
    );
  });
}

/**
 * Takes up to `limit` keys that are due for a job, newest first, and notes that they were handed over. Rows that another
 * worker is taking now are passed over. Newer ones come before them in the queue, for days where there is a backlog: to wait
 * there is no attempt.
 */
export async function takeDue(database: Database, job: string, limit: number): Promise<number[]> {
  // "Not between" rather than "before": a clock that was set back must not make anything wait for a day.
  const { rows } = await database.pool.query<{ key: number }>({
    name: 'take-due',
    text: `
      WITH taken AS (
        UPDATE index.owed SET
          attempts = CASE WHEN tried_generation = generation THEN least(attempts + is_begun::integer, 1000) ELSE 1 END,
          is_begun = false,
          tried_generation = generation,
          tried_at = now()
        WHERE (job, key) IN (
          SELECT job, key FROM index.owed
          WHERE job = $1 AND CASE WHEN tried_generation = generation
            THEN tried_at NOT BETWEEN now() - ${retryAfter} AND now() + interval '1 minute'
            ELSE changed_at NOT BETWEEN now() - ${quiet} AND now() + ${quiet}
              OR greatest(first_at, tried_at) NOT BETWEEN now() - ${patience} AND now() + ${patience} END
          ORDER BY first_at DESC LIMIT $2 FOR UPDATE SKIP LOCKED)
        RETURNING key, first_at)
      SELECT key FROM taken ORDER BY first_at DESC, key DESC`,
    values: [job, limit],
  });
  return rows.map(({ key }) => key);
}

/** Notes that a run of it begins, before it can take the process along. @returns undefined when nothing is owed any more */
export async function beginOwed(database: Database, job: string, key: number): Promise<Owed | undefined> {
  const { rows } = await database.pool.query<{ generation: number; firstAt: string }>(
    `UPDATE index.owed SET is_begun = true WHERE job = $1 AND key = $2
     RETURNING generation, first_at::text AS "firstAt"`,
    [job, key],
  );
  return rows[0] && { job, key, ...rows[0] };
}

/** Deletes the row if nothing has happened since it was read. @returns false when more is owed */
export async function settle(database: Database, { job, key, generation, firstAt }: Owed): Promise<boolean> {
  const { rowCount } = await database.pool.query(
    'DELETE FROM index.owed WHERE job = $1 AND key = $2 AND generation = $3 AND first_at = $4::timestamptz',
    [job, key, generation, firstAt],
  );
  return rowCount === 1;
}
