/** Current instances with where their bytes lie: what retrieval needs, by study, series or instance. */
import type { Database } from '#index/database.ts';
import type { ScopeUids } from '#index/search.ts';

export interface Selection {
  readonly StudyInstanceUID: string;
  readonly SeriesInstanceUID?: string;
  readonly SOPInstanceUID?: string;
}

export interface InstanceRow {
  readonly id: number;
  readonly study_instance_uid: string;
  readonly series_instance_uid: string;
  readonly sop_instance_uid: string;
  readonly sop_class: string;
  readonly transfer_syntax: string;
  readonly store: number;
  readonly key: string;
  /** Where the data set begins in the object, and how long it is. */
  readonly offset: number;
  readonly length: number;
  readonly digest: Buffer;
  readonly pixel_offset: number | null;
  readonly pixel_length: number | null;
  readonly number_of_frames: number | null;
  readonly rows: number | null;
  readonly columns: number | null;
  readonly samples_per_pixel: number | null;
  readonly bits_allocated: number | null;
  readonly frames: Buffer | null;
}

const text = `
  SELECT i.id, s.study_instance_uid, e.series_instance_uid, i.sop_instance_uid, c.uid AS sop_class, t.uid AS transfer_syntax,
    i.store, i.key, i."offset", i.length, i.digest, i.pixel_offset, i.pixel_length, i.number_of_frames, i."rows", i."columns",
    i.samples_per_pixel, i.bits_allocated, i.frames
  FROM index.readable_studies($1::text[]) s
  JOIN index.series e ON e.study = s.id
  JOIN index.readable_instances(NULL) i ON i.series = e.id
  JOIN index.known_uid c ON c.id = i.sop_class
  JOIN index.known_uid t ON t.id = i.transfer_syntax
  WHERE s.study_instance_uid = $2 AND ($3::text IS NULL OR e.series_instance_uid = $3)`;
/** One instance is found by its own UID first: a series of ten thousand must not be walked for it. */
const all = `${text} ORDER BY e.series_number NULLS LAST, e.id, i.instance_number NULLS LAST, i.id`;
const one = `${text} AND i.sop_instance_uid = $4`;

export async function findInstances(
  database: Database,
  selection: Selection,
  scope: ScopeUids,
): Promise<InstanceRow[]> {
  const { StudyInstanceUID, SeriesInstanceUID = null, SOPInstanceUID } = selection;
  const values = [scope, StudyInstanceUID, SeriesInstanceUID];
  const { rows } =
    SOPInstanceUID === undefined
      ? await database.pool.query<InstanceRow>({ name: 'instances', text: all, values })
      : await database.pool.query<InstanceRow>({ name: 'instance', text: one, values: [...values, SOPInstanceUID] });
  return rows;
}
