/** Series with what was computed from them, and their instances as they were in one moment. */
import type { Database } from './database.ts';
import type { Derived } from './derived.ts';
import { instanceColumns } from './instances.ts';
import type { InstanceRow, Selection } from './instances.ts';
import type { ScopeUids } from './query.ts';

/** A series with the object that was last computed from it. */
export interface SeriesRow {
  /** Surrogate key. */
  readonly id: number;
  readonly number_of_instances: number;
  /** Null when there is none, and for one of an earlier generation. */
  readonly derived: { readonly key: string; readonly length: number; readonly digest: Buffer } | null;
}

/** An instance with the generation that its series had at that moment. */
export interface SeriesInstanceRow extends InstanceRow {
  /** Surrogate key of the series. */
  readonly series: number;
  readonly generation: number;
}

type Columns<T> = { readonly [K in keyof T]: T[K] | null };
type FlatRow = Omit<SeriesRow, 'derived'> & Columns<NonNullable<SeriesRow['derived']>>;

/** The series of a study, or one of them, in reading order, each with its current object of a kind. */
export async function findSeries(
  database: Database,
  selection: Omit<Selection, 'SOPInstanceUID'>,
  kind: Derived['kind'],
  scope: ScopeUids,
): Promise<SeriesRow[]> {
  const { rows } = await database.pool.query<FlatRow>({
    name: 'series with derived',
    text: `
      SELECT e.id, e.number_of_instances, d.key, d.length, d.digest
      FROM index.readable_studies($1::text[]) s
      JOIN index.readable_series(NULL) e ON e.study = s.id
      LEFT JOIN index.derived d ON d.series = e.id AND d.kind = $4 AND d.generation = e.generation
      WHERE s.study_instance_uid = $2 AND ($3::text IS NULL OR e.series_instance_uid = $3)
      ORDER BY e.series_number NULLS LAST, e.id`,
    values: [scope, selection.StudyInstanceUID, selection.SeriesInstanceUID ?? null, kind],
  });
  return rows.map(({ key, length, digest, ...series }) => ({
    ...series,
    derived: key === null || length === null || digest === null ? null : { key, length, digest },
  }));
}

const seriesInstances = `
  SELECT ${instanceColumns}, e.id AS series, e.generation
  FROM index.series e
  JOIN index.study s ON s.id = e.study
  JOIN index.readable_instances(NULL) i ON i.series = e.id
  JOIN index.known_uid c ON c.id = i.sop_class
  JOIN index.known_uid t ON t.id = i.transfer_syntax`;

/** The current instances of a series in reading order, all as they were in one moment. @param series surrogate key */
export async function findSeriesInstances(database: Database, series: number): Promise<SeriesInstanceRow[]> {
  const { rows } = await database.pool.query<SeriesInstanceRow>({
    name: 'instances of series',
    text: `${seriesInstances} WHERE e.id = $1 ORDER BY i.instance_number NULLS LAST, i.id`,
    values: [series],
  });
  return rows;
}

/** The same of several series of a study, whose reading order is that of `findSeries`. @param series surrogate keys */
export async function findInstancesOfSeries(
  database: Database,
  series: readonly number[],
): Promise<SeriesInstanceRow[]> {
  const { rows } = await database.pool.query<SeriesInstanceRow>({
    name: 'instances of several series',
    text: `${seriesInstances} WHERE e.id = ANY ($1::bigint[])
      ORDER BY e.series_number NULLS LAST, e.id, i.instance_number NULLS LAST, i.id`,
    values: [series],
  });
  return rows;
}
