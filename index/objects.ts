/**
 * The link between rows and objects: which store a row means, moving a row to another object, taking a row back, and
 * the check after an unclean stop.
 */
import type { QueryConfig } from 'pg';
import type { Database } from './database.ts';
import { patiently } from './patience.ts';

/** A stored object as its index row describes it: the data set's bytes from `offset` on. */
export interface ObjectRow {
  readonly instance: number;
  readonly key: string;
  readonly offset: number;
  readonly length: number;
}

/** The number that rows carry for this storage. @param url without secrets */
export async function storeNumber(database: Database, url: string): Promise<number> {
  const text = `WITH added AS (INSERT INTO index.store (url) VALUES ($1) ON CONFLICT DO NOTHING RETURNING id)
    SELECT id FROM added UNION ALL SELECT id FROM index.store WHERE url = $1 LIMIT 1`;
  const { rows } = await database.pool.query<{ id: number }>(text, [url]);
  const id = rows[0]?.id;
  if (id === undefined) return storeNumber(database, url); // another process added it in this very moment
  return id;
}

/**
 * Takes back an instance that was never acknowledged.
 * @returns false when its row no longer names that object
 * @throws IndexUnavailable
 */
export async function forgetInstance(database: Database, instance: number, key: string): Promise<boolean> {
  const text = 'SELECT index.forget_instance($1, $2) AS gone';
  const { rows } = await patiently(() => database.pool.query<{ gone: boolean }>(text, [instance, key]));
  return rows[0]?.gone ?? false;
}

/** The same of an instance of which no more is known than its object. One try. @returns false when no row names that object */
export async function forgetObject(database: Database, SOPInstanceUID: string, key: string): Promise<boolean> {
  const text =
    'SELECT index.forget_instance(id, key) AS gone FROM index.instance WHERE sop_instance_uid = $1 AND key = $2';
  const { rows } = await database.pool.query<{ gone: boolean }>(text, [SOPInstanceUID, key]);
  return rows[0]?.gone ?? false;
}

/**
 * Lets a row name another object of the same bytes.
 * @returns false when it no longer named `from`
 * @throws IndexUnavailable
 */
export async function moveInstance(
  database: Database,
  instance: number,
  from: string,
  to: { store: number; key: string; offset: number },
): Promise<boolean> {
  // Named already: by an earlier try, whose answer was lost.
  const text = 'UPDATE index.instance SET store = $3, key = $4, "offset" = $5 WHERE id = $1 AND key IN ($2, $4)';
  const values = [instance, from, to.store, to.key, to.offset];
  const { rowCount } = await patiently(() => database.pool.query(text, values));
  return rowCount === 1;
}

/** Rows of one store, newest first, down to `minutes` before the newest of all. */
export async function* newestRows(database: Database, store: number, minutes: number): AsyncGenerator<ObjectRow[]> {
  let below = Number.MAX_SAFE_INTEGER;
  const newest = await database.pool.query<{ at: Date }>(
    'SELECT received_at AS at FROM index.instance ORDER BY id DESC LIMIT 1',
  );
  const since = newest.rows[0]?.at;
  if (!since) return;
  for (;;) {
    const { rows } = await database.pool.query<ObjectRow & { store: number; old: boolean }>(
      `SELECT id AS instance, key, "offset", length, store, received_at < $2::timestamptz - make_interval(mins => $3) AS old
       FROM index.instance WHERE id < $1 ORDER BY id DESC LIMIT 1000`,
      [below, since, minutes],
    );
    const recent = rows.filter((row) => !row.old);
    if (recent.length) yield recent.filter((row) => row.store === store);
    if (recent.length < 1000) return;
    below = (rows[rows.length - 1] as ObjectRow).instance;
  }
}

/** Whether one of the last thousand rows is of this store, and came at least `minutes` before the newest of all. */
export async function namesOlder(database: Database, store: number, minutes: number): Promise<boolean> {
  const { rowCount } = await database.pool.query(
    `WITH newest AS (SELECT store, received_at FROM index.instance ORDER BY id DESC LIMIT 1000)
     SELECT FROM newest
     WHERE store = $1 AND received_at <= (SELECT max(received_at) FROM newest) - make_interval(mins => $2) LIMIT 1`,
    [store, minutes],
  );
  return rowCount === 1;
}

/** Where the newest of the last thousand rows that are not of this store say that their objects are; undefined where all are of it. */
export async function namedElsewhere(database: Database, store: number): Promise<string | undefined> {
  const { rows } = await database.pool.query<{ url: string }>(
    `WITH newest AS (SELECT id, store FROM index.instance ORDER BY id DESC LIMIT 1000)
     SELECT s.url FROM newest JOIN index.store s ON s.id = newest.store WHERE s.id <> $1 ORDER BY newest.id DESC LIMIT 1`,
    [store],
  );
  return rows[0]?.url;
}

/** What a comparison of pixels needs to know of an instance. */
export interface PixelRow extends ObjectRow {
  readonly transfer_syntax: string;
  readonly pixel_offset: number | null;
  readonly pixel_length: number | null;
  readonly number_of_frames: number | null;
  readonly frames: Buffer | null;
}

/** An instance and the current one under its SOP Instance UID. @throws IndexUnavailable */
export async function versionAndCurrent(
  database: Database,
  instance: number,
): Promise<{ version: PixelRow; current: PixelRow } | undefined> {
  const text = `
    SELECT i.id AS instance, i.key, i."offset", i.length, t.uid AS transfer_syntax, i.pixel_offset, i.pixel_length,
      i.number_of_frames, i.frames
    FROM index.instance v
    JOIN index.instance i ON i.sop_instance_uid = v.sop_instance_uid AND (i.id = v.id OR i.state IN (0, 2))
    JOIN index.known_uid t ON t.id = i.transfer_syntax
    WHERE v.id = $1`;
  const { rows } = await patiently(() => database.pool.query<PixelRow>(text, [instance]));
  const version = rows.find((row) => row.instance === instance);
  const current = rows.find((row) => row.instance !== instance);
  return version && current && { version, current };
}

/** Flags the study of a version, until a person decides which one stands. @throws IndexUnavailable */
export async function flagVersion(database: Database, instance: number): Promise<void> {
  const text = `
    SELECT index.flag_study(e.study, '{version-waits}')
    FROM index.instance i JOIN index.series e ON e.id = i.series WHERE i.id = $1`;
  await patiently(() => database.pool.query(text, [instance]));
}

/** What an arriving instance and a stored one have in common when they are the same. */
export interface SameInstance {
  readonly SOPInstanceUID: string;
  readonly transferSyntax: string;
  readonly length: number;
  /** SHA-256 in hexadecimal. */
  readonly digest: string;
}

/**
 * Where the same bytes lie already, where that is all there is to know: the first under their UID, of a study in which
 * nothing has been rejected. Whatever else is settled by writing.
 * @param withinMs  then it throws: writing has a patience of its own
 */
export async function sameInstance(
  database: Database,
  { SOPInstanceUID, transferSyntax, length, digest }: SameInstance,
  withinMs: number,
): Promise<(ObjectRow & { store: number }) | undefined> {
  // What pg's own types leave out.
  const query: QueryConfig & { readonly query_timeout: number } = {
    name: 'same-instance',
    query_timeout: withinMs,
    text: `
      SELECT i.id AS instance, i.store, i.key, i."offset", i.length
      FROM index.instance i
      JOIN index.known_uid t ON t.id = i.transfer_syntax
      JOIN index.series e ON e.id = i.series
      JOIN index.study s ON s.id = e.study
      WHERE i.sop_instance_uid = $1 AND i.version = 1 AND i.digest = decode($2, 'hex') AND i.length = $3 AND t.uid = $4
        AND NOT s.has_rejections`,
    values: [SOPInstanceUID, digest, length, transferSyntax],
  };
  const { rows } = await database.pool.query<ObjectRow & { store: number }>(query);
  return rows[0];
}
