/** Current instances with where their bytes lie: what retrieval needs, by study, series or instance. */
import type { Database } from './database.ts';
import type { ScopeUids } from './query.ts';

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

/** Of `i` (instance), `e` (series), `s` (study), `c` and `t` (known UIDs of SOP class and transfer syntax). */
export const instanceColumns = `
  i.id, s.study_instance_uid, e.series_instance_uid, i.sop_instance_uid, c.uid AS sop_class, t.uid AS transfer_syntax,
  i.store, i.key, i."offset", i.length, i.digest, i.pixel_offset, i.pixel_length, i.number_of_frames, i."rows", i."columns",
  i.samples_per_pixel, i.bits_allocated, i.frames`;

const readable = `
  FROM index.readable_studies($1::text[]) s
  JOIN index.series e ON e.study = s.id
  JOIN index.readable_instances(NULL) i ON i.series = e.id`;
const columnsAndTables = `
  SELECT ${instanceColumns} ${readable}
  JOIN index.known_uid c ON c.id = i.sop_class
  JOIN index.known_uid t ON t.id = i.transfer_syntax`;
const selected = 'WHERE s.study_instance_uid = $2 AND ($3::text IS NULL OR e.series_instance_uid = $3)';
const inReadingOrder = 'ORDER BY e.series_number NULLS LAST, e.id, i.instance_number NULLS LAST, i.id';
const some = `${columnsAndTables} ${selected} ${inReadingOrder} LIMIT $4`;
const numbers = `SELECT coalesce(array_agg(i.id ${inReadingOrder}), '{}') AS ids ${readable} ${selected}`;
/** One instance is found by its own UID first: a series of ten thousand must not be walked for it. */
const one = `${columnsAndTables} ${selected} AND i.sop_instance_uid = $4`;
const hasPicture =
  'i.pixel_offset IS NOT NULL AND i.transfer_syntax IN (SELECT id FROM index.known_uid WHERE uid = ANY ($4::text[]))';
/** Series are put in order before they are looked into: mostly the first one has pictures. */
const middle = `
  WITH shown AS MATERIALIZED (
    SELECT i.id, i.instance_number FROM index.readable_instances(NULL) i
    WHERE ${hasPicture} AND i.series = (
      SELECT e.id FROM (
        SELECT e.id FROM index.readable_studies($1::text[]) s JOIN index.readable_series(NULL) e ON e.study = s.id
        ${selected} ORDER BY e.series_number NULLS LAST, e.id OFFSET 0) e
      CROSS JOIN LATERAL (SELECT FROM index.readable_instances(NULL) i WHERE i.series = e.id AND ${hasPicture} LIMIT 1) one
      LIMIT 1))
  ${columnsAndTables} WHERE i.id = (
    SELECT id FROM shown ORDER BY instance_number NULLS LAST, id OFFSET (SELECT count(*) / 2 FROM shown) LIMIT 1)`;

/** Rows of more come in several answers: one of megabytes is read in pieces of a quarter of a second, in which nobody else is heard. */
const rowsAtOnce = 500;

export async function findInstances(
  database: Database,
  selection: Selection,
  scope: ScopeUids,
): Promise<InstanceRow[]> {
  const { StudyInstanceUID, SeriesInstanceUID = null, SOPInstanceUID } = selection;
  const values = [scope, StudyInstanceUID, SeriesInstanceUID];
  if (SOPInstanceUID !== undefined) {
    const of = { name: 'instance', text: one, values: [...values, SOPInstanceUID] };
    return (await database.pool.query<InstanceRow>(of)).rows;
  }
  const first = await findFirst(database, selection, scope, rowsAtOnce);
  if (first.length < rowsAtOnce) return first;
  const found = await database.pool.query<{ ids: number[] }>({ name: 'instance numbers', text: numbers, values });
  const ids = found.rows[0]?.ids ?? [];
  const rows: InstanceRow[] = [];
  for (let at = 0; at < ids.length; at += rowsAtOnce)
    rows.push(...(await readInstances(database, ids.slice(at, at + rowsAtOnce), scope)));
  return rows;
}

/** The first of a study or series in reading order. */
export async function findFirst(
  database: Database,
  selection: Omit<Selection, 'SOPInstanceUID'>,
  scope: ScopeUids,
  limit: number,
): Promise<InstanceRow[]> {
  const { StudyInstanceUID, SeriesInstanceUID = null } = selection;
  const values = [scope, StudyInstanceUID, SeriesInstanceUID, limit];
  return (await database.pool.query<InstanceRow>({ name: 'instances', text: some, values })).rows;
}

/**
 * The one in the middle of the first series that has pictures, as the thumbnails of lists: chosen where the rows are, since of
 * twenty thousand each would be read here for that.
 * @param syntaxes  those that are decoded
 */
export async function findMiddle(
  database: Database,
  selection: Omit<Selection, 'SOPInstanceUID'>,
  scope: ScopeUids,
  syntaxes: readonly string[],
): Promise<InstanceRow | undefined> {
  const { StudyInstanceUID, SeriesInstanceUID = null } = selection;
  const values = [scope, StudyInstanceUID, SeriesInstanceUID, syntaxes];
  const { rows } = await database.pool.query<InstanceRow>({ name: 'middle instance', text: middle, values });
  return rows[0];
}

/** What C-MOVE and C-GET ask for by unique keys (PS3.4 C.4.2.2.1); a list stands for each of its UIDs. */
export interface UniqueKeys {
  readonly PatientID?: string;
  readonly IssuerOfPatientID?: string;
  readonly StudyInstanceUID?: readonly string[];
  readonly SeriesInstanceUID?: readonly string[];
  readonly SOPInstanceUID?: readonly string[];
}

const keyConditions: Readonly<Record<keyof UniqueKeys, (at: number) => string>> = {
  PatientID: (at) => `s.patient_id = $${at}::text`,
  IssuerOfPatientID: (at) => `s.issuer_of_patient_id = $${at}::text`,
  StudyInstanceUID: (at) => `s.study_instance_uid = ANY ($${at}::text[])`,
  SeriesInstanceUID: (at) => `e.series_instance_uid = ANY ($${at}::text[])`,
  SOPInstanceUID: (at) => `i.sop_instance_uid = ANY ($${at}::text[])`,
};

/** Of the instances that keys find, those of one SOP class in one transfer syntax. */
export interface FoundKind {
  readonly sop_class: string;
  readonly transfer_syntax: string;
  /** Study Instance UIDs. */
  readonly studies: readonly string[];
  readonly ids: readonly number[];
  /** Of each, in the order of all that were found: 1 is the first. */
  readonly places: readonly number[];
}

export interface KeySearch {
  readonly scope: ScopeUids;
  /** Instances at most; they come study by study in reading order. */
  readonly limit: number;
  /** Without those that this send has had acknowledged. */
  readonly exceptSentBy?: number | undefined;
}

/** Numbers and not rows: of what one request may name, rows would take a kilobyte each. At least one key is given. */
export async function findInstancesByKeys(
  database: Database,
  keys: UniqueKeys,
  { scope, limit, exceptSentBy }: KeySearch,
): Promise<FoundKind[]> {
  const given = (Object.keys(keyConditions) as (keyof UniqueKeys)[]).filter((key) => keys[key] !== undefined);
  if (given.length === 0) throw new TypeError('a retrieval without a unique key');
  const conditions = given.map((key, index) => keyConditions[key](index + 3));
  const values: unknown[] = [scope, limit, ...given.map((key) => keys[key])];
  if (exceptSentBy !== undefined) {
    values.push(exceptSentBy);
    conditions.push(
      `NOT EXISTS (SELECT FROM site.sent_instance x WHERE x.send = $${values.length} AND x.digest = i.digest)`,
    );
  }
  const { rows } = await database.pool.query<FoundKind>({
    // Without a name: planned anew for the keys that it has.
    text: `
      WITH found AS (
        SELECT i.id, i.sop_class, i.transfer_syntax, s.study_instance_uid, row_number() OVER (
          ORDER BY s.id, e.series_number NULLS LAST, e.id, i.instance_number NULLS LAST, i.id)::integer AS place
        ${readable}
        WHERE ${conditions.join(' AND ')}
        ORDER BY place LIMIT $2),
      kind AS (
        SELECT sop_class, transfer_syntax, array_agg(DISTINCT study_instance_uid) AS studies, array_agg(id ORDER BY place) AS ids,
          array_agg(place ORDER BY place) AS places
        FROM found GROUP BY sop_class, transfer_syntax)
      SELECT c.uid AS sop_class, t.uid AS transfer_syntax, k.studies, k.ids, k.places
      FROM kind k JOIN index.known_uid c ON c.id = k.sop_class JOIN index.known_uid t ON t.id = k.transfer_syntax
      ORDER BY k.places[1]`,
    values,
  });
  return rows;
}

/** In the order of their numbers, without those that may not be read any more. */
export async function readInstances(
  database: Database,
  ids: readonly number[],
  scope: ScopeUids,
): Promise<InstanceRow[]> {
  const { rows } = await database.pool.query<InstanceRow>({
    name: 'instances by number',
    text: `${columnsAndTables} WHERE i.id = ANY ($2::bigint[])`,
    values: [scope, ids],
  });
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => byId.get(id)).filter((row) => row !== undefined);
}
