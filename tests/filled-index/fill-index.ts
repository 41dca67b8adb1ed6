/**
 * Fills an empty index with as many made-up studies as are wanted, within minutes: rows as ingest makes them, with no
 * objects behind them. 3 series and 5 instances to a study; the newest studies lie on `lastDay`.
 */
import { readFile } from 'node:fs/promises';
import type pg from 'pg';
import type { Database } from '#index/database.ts';
import { storeNumber } from '#index/objects.ts';
import { allParts, slotsOf } from './parts.ts';

export interface Filling {
  readonly studies: number;
  /** YYYY-MM-DD by the site's calendar; before today, because what came in the last minutes is looked at after a crash. */
  readonly lastDay: string;
  /** A provincial hospital, ten years long. */
  readonly studiesPerDay?: number;
}

const rows = new URL('rows.sql', import.meta.url);
const tables = ['patient', 'study', 'other_patient_ids', 'series', 'request_attributes', 'instance'];

/** Indexes are dropped and made again: entry by entry they would take five times as long. */
export async function fillIndex(database: Database, { studies, lastDay, studiesPerDay = 274 }: Filling): Promise<void> {
  const store = await storeNumber(database, 'file:made-up');
  const client = await database.pool.connect();
  try {
    await client.query('BEGIN');
    // No statistics tell how the tables grow meanwhile: the trigger that looks for a name would read all of them, row after row.
    await client.query(
      `SET LOCAL maintenance_work_mem = '1GB'; SET LOCAL work_mem = '256MB'; SET LOCAL enable_seqscan = off`,
    );
    const indexes = await dropIndexes(client);
    await client.query('CREATE TEMPORARY TABLE part (kind text, slot integer, value text, folded text) ON COMMIT DROP');
    await client.query(
      `INSERT INTO part SELECT * FROM jsonb_to_recordset($1) AS x (kind text, slot integer, value text, folded text)`,
      [JSON.stringify(allParts())],
    );
    await client.query(
      `CREATE TEMPORARY TABLE fill ON COMMIT DROP AS
       SELECT ${studies}::bigint AS studies, date '${lastDay}' AS last_day, ${studiesPerDay}::bigint AS per_day, ${store}::smallint AS store,
         index.uid_number('1.2.840.10008.5.1.4.1.1.2') AS sop_class, index.uid_number('1.2.840.10008.1.2.1') AS transfer_syntax,
         index.source_number('C-STORE', 'MADEUP', '127.0.0.1') AS source,
         ${Object.entries(slotsOf)
           .map(([kind, count]) => `${count}::bigint AS ${kind}_slots`)
           .join(', ')}`,
    );
    await client.query(await readFile(rows, 'utf8'));
    for (const statement of indexes) await client.query(statement);
    await client.query('COMMIT');
    // What autovacuum does while an index grows: pages that all may see are known, and the planner knows the values.
    await client.query(`VACUUM (ANALYZE) ${[...tables, 'person_name'].map((table) => `index.${table}`).join(', ')}`);
  } finally {
    // Not for anybody else: settings and functions of this session would stay.
    client.release(true);
  }
}

/** @returns the statements that make them again, as they were */
async function dropIndexes(client: pg.PoolClient): Promise<string[]> {
  const of = `index.${tables.join(',index.')}`;
  // Foreign keys last, because they need the keys they point to; so they are the first to go.
  const { rows: constraints } = await client.query<{ table: string; name: string; definition: string }>(
    `SELECT conrelid::regclass::text AS table, conname AS name, pg_get_constraintdef(oid) AS definition
     FROM pg_constraint WHERE contype IN ('p', 'u', 'f')
       AND (conrelid = ANY (string_to_array($1, ',')::regclass[]) OR confrelid = ANY (string_to_array($1, ',')::regclass[]))
     ORDER BY contype = 'f', conrelid, conname`,
    [of],
  );
  for (const { table, name } of constraints.toReversed())
    await client.query(`ALTER TABLE ${table} DROP CONSTRAINT "${name}"`);
  const { rows: indexes } = await client.query<{ name: string; definition: string }>(
    `SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition
     FROM pg_index WHERE indrelid = ANY (string_to_array($1, ',')::regclass[]) ORDER BY indexrelid`,
    [of],
  );
  for (const { name } of indexes) await client.query(`DROP INDEX ${name}`);
  return [
    ...indexes.map(({ definition }) => definition),
    ...constraints.map(({ table, name, definition }) => `ALTER TABLE ${table} ADD CONSTRAINT "${name}" ${definition}`),
  ];
}
