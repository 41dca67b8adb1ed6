/**
 * What a rebuild of the index asks of the database: the old index goes, and until the new one is whole a mark stands
 * there that keeps Lightbox from starting on half an index. Schema `site` is never touched.
 */
import type { Database } from './database.ts';
import type { InstanceRecord } from './instance-record.ts';

/** The mark is a schema of its own: it is made in the transaction that drops the index, and survives a killed rebuild. */
const mark = 'index_is_being_rebuilt';

class UnfinishedRebuild extends Error {
  override name = 'UnfinishedRebuild';
}

/** @throws UnfinishedRebuild with one line that says what to do */
export async function refuseUnfinishedRebuild(database: Database): Promise<void> {
  const { rows } = await database.pool.query('SELECT to_regnamespace($1) IS NOT NULL AS unfinished', [mark]);
  if (rows[0].unfinished) {
    throw new UnfinishedRebuild(
      'The index is being rebuilt, or that was interrupted; run "lightbox rebuild" to its end.',
    );
  }
}

/** Drops schema `index` and sets the mark. The schema is made anew by `migrate`. */
export async function dropIndex(database: Database): Promise<void> {
  // One message is one transaction.
  await database.pool.query(`DROP SCHEMA IF EXISTS index CASCADE; CREATE SCHEMA IF NOT EXISTS ${mark}`);
}

/** The index is whole: takes the mark away, and tells the planner what is there. */
export async function finishRebuild(database: Database): Promise<void> {
  await database.pool.query('ANALYZE');
  await database.pool.query(`DROP SCHEMA IF EXISTS ${mark}`);
}

/** 0 when the SOP instance is not in the index. */
export async function highestVersion(database: Database, SOPInstanceUID: string): Promise<number> {
  const { rows } = await database.pool.query<{ version: number }>({
    name: 'highest-version',
    text: 'SELECT coalesce(max(version), 0)::integer AS version FROM index.instance WHERE sop_instance_uid = $1',
    values: [SOPInstanceUID],
  });
  return rows[0]?.version ?? 0;
}

/** Whether its patient is in the index; without a Patient ID there is none to look for. */
export async function hasPatient(database: Database, record: InstanceRecord): Promise<boolean> {
  const { rowCount } = await database.pool.query({
    name: 'has-patient',
    text: "SELECT FROM index.patient WHERE issuer = $1 AND patient_id = $2 AND patient_id <> ''",
    values: [record['issuer_of_patient_id'], record['patient_id']],
  });
  return rowCount !== 0;
}

export interface IndexTotals {
  readonly studies: number;
  readonly series: number;
  /** Current ones. */
  readonly instances: number;
  /** Kept beside a current one. */
  readonly versions: number;
  /** Rejection notes, and what they hide. */
  readonly rejected: number;
}

export async function indexTotals(database: Database): Promise<IndexTotals> {
  const { rows } = await database.pool.query<IndexTotals>(
    `SELECT count(*) FILTER (WHERE number_of_instances > 0) AS studies, coalesce(sum(number_of_series), 0)::bigint AS series,
       coalesce(sum(number_of_instances), 0)::bigint AS instances,
       (SELECT count(*) FROM index.instance WHERE state = 1) AS versions,
       (SELECT count(*) FROM index.instance WHERE state = 2) AS rejected
     FROM index.study`,
  );
  return rows[0] as IndexTotals;
}
