/**
 * When a study is complete: an event that the rest of the product listens to. It is a row of `site.study_completed`, written
 * in the transaction that makes the study complete; new instances make it incomplete, and later complete once more.
 * Each listener has a name and takes the rows in their order, every one at least once, whichever process it runs in.
 */
import type pg from 'pg';
import type { Database } from './database.ts';
import { patiently } from './patience.ts';
import { inTransaction } from './transaction.ts';

export type CompletedBy = 'quiet' | 'mpps' | 'storage-commitment';

export interface CompletedStudy {
  /** Grows with each completion of any study. */
  readonly id: number;
  readonly StudyInstanceUID: string;
  readonly by: CompletedBy;
  readonly completedAt: Date;
}

/**
 * For storage commitment: the study has everything.
 * @param options.instances  SOP Instance UIDs that must be here; where one is missing the study waits for the quiet time
 * @returns false when it was complete already, is not here, or lacks one of `instances`
 * @throws IndexUnavailable
 */
export async function studyComplete(
  database: Database,
  StudyInstanceUID: string,
  by: Exclude<CompletedBy, 'quiet'>,
  { instances = [] }: { readonly instances?: readonly string[] } = {},
): Promise<boolean> {
  const { rows } = await patiently(() =>
    database.pool.query<{ done: boolean }>('SELECT index.complete_known_study($1, $2, $3) AS done', [
      StudyInstanceUID,
      by,
      instances,
    ]),
  );
  return rows[0]?.done ?? false;
}

/**
 * For MPPS: completes the studies of steps that have ended and whose last instance has come, at most `limit` steps. Several
 * processes may do so at once. @returns how many
 */
export async function completePerformedStudies(database: Database, limit: number): Promise<number> {
  const { rows } = await database.pool.query<{ count: number }>({
    name: 'complete performed studies',
    text: 'SELECT index.complete_performed_studies($1) AS count',
    values: [limit],
  });
  return rows[0]?.count ?? 0;
}

/** The same for a step that has just ended. */
export async function completePerformedStep({ pool }: Database, step: number): Promise<void> {
  await pool.query('SELECT index.complete_performed_step($1)', [step]);
}

/** Completes studies to which nothing has come for so long, at most `limit`. Several processes may do so at once. @returns how many */
export async function completeQuietStudies(database: Database, quietSeconds: number, limit: number): Promise<number> {
  const { rows } = await database.pool.query<{ count: number }>({
    name: 'complete quiet studies',
    text: 'SELECT index.complete_quiet_studies(make_interval(secs => $1), $2) AS count',
    values: [quietSeconds, limit],
  });
  return rows[0]?.count ?? 0;
}

/** A listener that is new hears of what is completed from now on; one that is known goes on where it was. */
export async function listenToCompleted(database: Database, name: string): Promise<void> {
  await database.pool.query(
    `INSERT INTO site.study_completed_consumer (name, seen)
     SELECT $1, coalesce((SELECT max(id) FROM site.study_completed), 0) ON CONFLICT DO NOTHING`,
    [name],
  );
}

/**
 * Hands the next completions to a listener, in a transaction that ends with them taken: what `take` writes by that
 * connection happens once; what it does otherwise may be repeated. It should take milliseconds.
 * @returns how many; 0 also while another process has this listener's turn
 * @throws what `take` throws; then they come again
 */
export async function takeCompleted(
  database: Database,
  name: string,
  limit: number,
  take: (studies: readonly CompletedStudy[], connection: pg.PoolClient) => Promise<void>,
): Promise<number> {
  return inTransaction(database.pool, async (client) => {
    const consumer = await client.query<{ seen: number }>(
      // Only with something to take: a row that is locked is a write, and its COMMIT a sync of the disk, every second at rest.
      `SELECT seen FROM site.study_completed_consumer
       WHERE name = $1 AND seen < (SELECT max(id) FROM site.study_completed) FOR UPDATE SKIP LOCKED`,
      [name],
    );
    const seen = consumer.rows[0]?.seen;
    const { rows: studies } =
      seen === undefined
        ? { rows: [] }
        : await client.query<CompletedStudy>(
            `SELECT id, study_instance_uid AS "StudyInstanceUID", said_by AS by, completed_at AS "completedAt"
             FROM site.study_completed WHERE id > $1 ORDER BY id LIMIT $2`,
            [seen, limit],
          );
    const last = studies.at(-1);
    if (last) {
      await take(studies, client);
      await client.query('UPDATE site.study_completed_consumer SET seen = $2 WHERE name = $1', [name, last.id]);
    }
    return studies.length;
  });
}

/** In an index that was rebuilt: what was complete is, and nobody is told again. */
export async function completeAsBefore(database: Database): Promise<void> {
  await database.pool.query('SELECT index.complete_as_before()');
}
