/**
 * What a check of the archive reads from the index: every row with where its object lies, and counts that do not agree
 * with the rows they count. Nothing here writes.
 */
import type { Database } from './database.ts';

/** An instance as its row describes it. Lengths in bytes. */
export interface VerifiedRow {
  readonly instance: number;
  readonly SOPInstanceUID: string;
  readonly key: string;
  readonly offset: number;
  readonly length: number;
  /** SHA-256 of the data set, in hexadecimal. */
  readonly digest: string;
}

const columns = `id AS instance, sop_instance_uid AS "SOPInstanceUID", key, "offset", length, encode(digest, 'hex') AS digest`;
const rowsAtOnce = 1000;

export interface RowTotals {
  readonly count: number;
  readonly bytes: number;
  /** The newest row; what comes later is not part of the check. */
  readonly last: number;
}

export async function rowTotals(database: Database): Promise<RowTotals> {
  const { rows } = await database.pool.query<RowTotals>(
    `SELECT count(*) AS count, coalesce(sum("offset" + length), 0)::bigint AS bytes, coalesce(max(id), 0) AS last
     FROM index.instance`,
  );
  return rows[0] as RowTotals;
}

/** Every row up to `last`, in the order in which they came. Short statements: a check that takes days holds no snapshot. */
export async function* allRows(database: Database, last: number): AsyncGenerator<VerifiedRow> {
  for (let after = 0; ;) {
    const { rows } = await database.pool.query<VerifiedRow>({
      name: 'all-rows',
      text: `SELECT ${columns} FROM index.instance WHERE id > $1 AND id <= $2 ORDER BY id LIMIT ${rowsAtOnce}`,
      values: [after, last],
    });
    yield* rows;
    const end = rows.at(-1);
    if (!end) return;
    after = end.instance;
  }
}

/** A row as it is now; undefined when it is gone. */
export async function rowOf(database: Database, instance: number): Promise<VerifiedRow | undefined> {
  const { rows } = await database.pool.query<VerifiedRow>(`SELECT ${columns} FROM index.instance WHERE id = $1`, [
    instance,
  ]);
  return rows[0];
}

/** Whether the index has the object; `copy` when it has the same instance with the same bytes under another key. */
export async function isIndexed(
  database: Database,
  object: Pick<VerifiedRow, 'SOPInstanceUID' | 'key' | 'digest'>,
): Promise<'yes' | 'copy' | 'no'> {
  const { rows } = await database.pool.query<{ named: boolean; copied: boolean }>(
    `SELECT coalesce(bool_or(key = $2), false) AS named, coalesce(bool_or(digest = decode($3, 'hex')), false) AS copied
     FROM index.instance WHERE sop_instance_uid = $1`,
    [object.SOPInstanceUID, object.key, object.digest],
  );
  const { named = false, copied = false } = rows[0] ?? {};
  return named ? 'yes' : copied ? 'copy' : 'no';
}

/** Which of these keys rows name. There is no index on keys: this reads every row once. */
export async function namedKeys(database: Database, keys: readonly string[]): Promise<ReadonlySet<string>> {
  if (keys.length === 0) return new Set();
  const { rows } = await database.pool.query<{ key: string }>(
    'SELECT key FROM index.instance WHERE key = ANY ($1::text[])',
    [keys],
  );
  return new Set(rows.map(({ key }) => key));
}

export interface WrongCount {
  readonly StudyInstanceUID: string | null;
  /** Null when it is a count of the study. */
  readonly SeriesInstanceUID: string | null;
  readonly what: string;
}

/** Series and studies whose counts differ from what is there, and instances whose series is missing. */
export async function wrongCounts(database: Database): Promise<WrongCount[]> {
  const { rows } = await database.pool.query<WrongCount>(`
    WITH counted AS (SELECT series, count(*) FILTER (WHERE state = 0) AS instances FROM index.instance GROUP BY series),
    summed AS (SELECT study, sum(number_of_instances) AS instances, count(*) FILTER (WHERE number_of_instances > 0) AS series
      FROM index.series GROUP BY study)
    SELECT s.study_instance_uid AS "StudyInstanceUID", e.series_instance_uid AS "SeriesInstanceUID",
      CASE WHEN e.id IS NULL THEN format('%s instances belong to series %s, which is missing', c.instances, c.series)
        ELSE format('the series says %s instances and has %s', e.number_of_instances, coalesce(c.instances, 0)) END AS what
    FROM index.series e FULL JOIN counted c ON c.series = e.id LEFT JOIN index.study s ON s.id = e.study
    WHERE e.number_of_instances IS DISTINCT FROM coalesce(c.instances, 0)
    UNION ALL
    SELECT s.study_instance_uid, NULL, format('the study says %s series with %s instances and has %s with %s',
      s.number_of_series, s.number_of_instances, coalesce(m.series, 0), coalesce(m.instances, 0))
    FROM index.study s LEFT JOIN summed m ON m.study = s.id
    WHERE (s.number_of_series, s.number_of_instances) IS DISTINCT FROM (coalesce(m.series, 0), coalesce(m.instances, 0))`);
  return rows;
}

/** How many rows name another storage than this one. @param url as `storageName` writes it */
export async function rowsElsewhere(database: Database, url: string): Promise<{ url: string; count: number }[]> {
  const { rows } = await database.pool.query<{ url: string; count: number }>(
    `SELECT s.url, count(*) AS count FROM index.instance i JOIN index.store s ON s.id = i.store
     WHERE s.url <> $1 GROUP BY s.url ORDER BY s.url`,
    [url],
  );
  return rows;
}
