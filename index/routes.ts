/**
 * Rules that say which studies go where by themselves, and the one place where they are applied to a study that is
 * complete.
 */
import type { Pool, PoolClient } from 'pg';
import { type IsAt, studySources } from './study-sources.ts';

export const priorities = ['high', 'medium', 'low'] as const;
export type Priority = (typeof priorities)[number];

export interface RouteEntry {
  readonly name: string;
  readonly enabled: boolean;
  /** Any of these in the study; empty for all. */
  readonly modalities: readonly string[];
  /** AE titles of which any has sent of the study; with no device either: from all, and what came by the web. */
  readonly sourceAETitles: readonly string[];
  /** Devices of the registry of which any has, where others have their AE titles too. */
  readonly sourceDevices: readonly number[];
  /** A device of the registry. */
  readonly destination: number;
  /** Times of the site's day, `22:00`, between which it sends; over midnight where the first is the later one. */
  readonly window: { readonly from: string; readonly until: string } | null;
  readonly priority: Priority;
}

export interface Route extends RouteEntry {
  readonly id: number;
  /** Another one whenever it was changed. */
  readonly version: string;
  readonly destinationAETitle: string;
}

/** There is no device with this number that could be sent to. */
export class NoSuchDestination extends Error {
  override name = 'NoSuchDestination';
}

/** Somebody has changed the rule since it was read. */
export class RouteHasChanged extends Error {
  override name = 'RouteHasChanged';
}

/** A rule cannot come to mean a device that is not in the registry. */
export class NoSuchSource extends Error {
  override name = 'NoSuchSource';
}

/** Of `r` (route) and `d` (its device). */
const columns = `r.id, r.xmin::text AS version, r.name, r.enabled, r.modalities, r.source_ae_titles AS "sourceAETitles",
  r.source_devices AS "sourceDevices", r.destination, r.priority,
  d.ae_title AS "destinationAETitle",
  CASE WHEN r.from_time IS NOT NULL THEN
    json_build_object('from', to_char(r.from_time, 'HH24:MI'), 'until', to_char(r.until_time, 'HH24:MI')) END AS "window"`;

/** A device that listens somewhere; a network, or one that only sends, cannot be sent to. */
export const isDestination = (device: string) =>
  `${device}.state = 'approved' AND ${device}.port IS NOT NULL AND position('/' IN ${device}.host) = 0`;

export async function listRoutes(database: Pool): Promise<Route[]> {
  const { rows } = await database.query<Route>(
    `SELECT ${columns} FROM site.route r JOIN site.device d ON d.id = r.destination ORDER BY lower(r.name), r.id`,
  );
  return rows;
}

/** Another text whenever a rule was added, changed or removed, by whatever archive: each row names the transaction that wrote it. */
export async function routesAsOf(database: Pool): Promise<string> {
  const { rows } = await database.query<{ rules: string }>({
    name: 'routes-as-of',
    text: `SELECT coalesce(string_agg(r.id || ':' || r.xmin::text, ' ' ORDER BY r.id), '') AS rules FROM site.route r`,
  });
  return rows[0]!.rules;
}

/** @throws NoSuchDestination, NoSuchSource */
export async function addRoute(database: Pool, entry: RouteEntry): Promise<Route> {
  await checkSources(database, entry);
  const { rows } = await database.query<Route>(
    `WITH r AS (
       INSERT INTO site.route (name, enabled, modalities, source_ae_titles, destination, from_time, until_time, priority,
         source_devices)
       SELECT $1, $2, $3, $4, d.id, $6, $7, $8, $9 FROM site.device d WHERE d.id = $5 AND ${isDestination('d')} RETURNING *, xmin)
     SELECT ${columns} FROM r JOIN site.device d ON d.id = r.destination`,
    values(entry),
  );
  if (!rows[0]) throw new NoSuchDestination(`device ${entry.destination} cannot be sent to`);
  return rows[0];
}

/**
 * What came before a rule was switched on stays where it is. What it has asked for and is not over has its new hours and
 * priority from then on.
 * @param asRead  its version then: what somebody else has changed since is not written over
 * @returns undefined when there is no such rule (any more) @throws NoSuchDestination, NoSuchSource, RouteHasChanged
 */
export async function changeRoute(
  database: Pool,
  id: number,
  entry: RouteEntry,
  asRead?: string,
): Promise<Route | undefined> {
  await checkSources(database, entry);
  const { rows } = await database.query<Route>(
    `WITH r AS (
       UPDATE site.route SET name = $1, enabled = $2, modalities = $3, source_ae_titles = $4, destination = d.id,
         from_time = $6, until_time = $7, priority = $8, source_devices = $9, since = CASE WHEN $2 AND NOT enabled THEN now() ELSE since END
       FROM site.device d WHERE d.id = $5 AND ${isDestination('d')} AND route.id = $10
         AND route.xmin::text = coalesce($11, route.xmin::text) RETURNING route.*, route.xmin),
     waiting AS (
       UPDATE site.send SET from_time = r.from_time, until_time = r.until_time, priority = r.priority
       FROM r WHERE send.route = r.id AND send.state IN ('waiting', 'running'))
     SELECT ${columns} FROM r JOIN site.device d ON d.id = r.destination`,
    [...values(entry), id, asRead],
  );
  if (rows[0]) return rows[0];
  const { rows: now } = await database.query<{ version: string }>(
    'SELECT xmin::text AS version FROM site.route WHERE id = $1',
    [id],
  );
  if (!now[0]) return undefined;
  if (asRead !== undefined && asRead !== now[0].version)
    throw new RouteHasChanged('somebody else has changed the rule');
  throw new NoSuchDestination(`device ${entry.destination} cannot be sent to`);
}

/** What it has asked for already stays. @returns whether there was one */
export async function removeRoute(database: Pool, id: number): Promise<boolean> {
  const { rowCount } = await database.query('DELETE FROM site.route WHERE id = $1', [id]);
  return rowCount === 1;
}

/**
 * Applies every rule to a study that is complete: the event "study complete" ends here, whatever has found it out. Safe
 * to repeat; a study that has grown since is sent as far as it was not yet. Nothing goes back to a device that has sent
 * of the study, and nothing of which the last instance is older than `days`: a rebuilt index finds all studies anew.
 * @returns how many sends are to be done now
 */
export async function routeStudy(
  database: Pool | PoolClient,
  StudyInstanceUID: string,
  { days, isAt }: { readonly days: number; readonly isAt: IsAt },
): Promise<number> {
  const from = await studySources(database, StudyInstanceUID, isAt);
  const { rowCount } = await database.query({
    name: 'route-study',
    text: `
      INSERT INTO site.send AS send (route, device, destination, study_instance_uid, priority, from_time, until_time,
        study_changed_at)
      SELECT r.id, d.id, d.ae_title, s.study_instance_uid, r.priority, r.from_time, r.until_time, s.changed_at
      FROM index.readable_studies(NULL) s
      CROSS JOIN LATERAL (
        SELECT max(i.received_at) AS last_at
        FROM index.series e JOIN index.readable_instances(NULL) i ON i.series = e.id
        WHERE e.study = s.id) came
      JOIN site.route r ON r.enabled
        AND (r.modalities = '{}' OR r.modalities && s.modalities)
        AND (r.source_ae_titles = '{}' AND r.source_devices = '{}'
          OR r.source_ae_titles && $3::text[] OR r.source_devices && $4::integer[])
        -- A rule of later than now was made before the clock was set back.
        AND (came.last_at >= r.since OR r.since > now() + interval '1 minute')
      JOIN site.device d ON d.id = r.destination AND d.id <> ALL ($4::integer[]) AND d.ae_title <> ALL ($5::text[])
      WHERE s.study_instance_uid = $1 AND came.last_at > now() - make_interval(days => $2)
      ON CONFLICT (route, device, study_instance_uid) DO UPDATE SET
        study_changed_at = excluded.study_changed_at,
        again = send.state = 'running',
        state = CASE send.state WHEN 'running' THEN 'running' ELSE 'waiting' END,
        due_at = now(), attempts = 0, changed_at = now(), priority = excluded.priority,
        from_time = excluded.from_time, until_time = excluded.until_time
      -- Not "before": after the clock was set back, what has grown has changed earlier than what was sent.
      WHERE send.study_changed_at <> excluded.study_changed_at AND send.state <> 'cancelled'`,
    values: [StudyInstanceUID, days, from.aeTitles, from.devices, from.unregistered],
  });
  return rowCount ?? 0;
}

async function checkSources(database: Pool, { sourceDevices }: RouteEntry): Promise<void> {
  const { rows } = await database.query<{ id: number }>(
    'SELECT id FROM unnest($1::integer[]) AS id WHERE NOT EXISTS (SELECT FROM site.device d WHERE d.id = id.id) LIMIT 1',
    [sourceDevices],
  );
  if (rows[0]) throw new NoSuchSource(`device ${rows[0].id} is not in the registry`);
}

/** In the order of the columns above, as `$1` … `$9`. */
function values({ window, ...entry }: RouteEntry): unknown[] {
  return [
    entry.name,
    entry.enabled,
    entry.modalities,
    entry.sourceAETitles,
    entry.destination,
    window?.from ?? null,
    window?.until ?? null,
    entry.priority,
    entry.sourceDevices,
  ];
}
