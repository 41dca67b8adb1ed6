/**
 * Sends: what a rule or a person asked to be sent to a device, and how far that is. The rows are the job: they survive every
 * restart (`send-runs.ts` says who is at them).
 */
import type { Pool } from 'pg';

import { isDestination, type Priority } from './routes.ts';
import type { SendCause } from './send-cause.ts';
import { typedPatterns } from './typed-words.ts';

export const sendStates = ['waiting', 'running', 'done', 'failed', 'cancelled'] as const;
export type SendState = (typeof sendStates)[number];

export interface Send {
  readonly id: number;
  /** Name of the rule that asked for it; null for a person. */
  readonly route: string | null;
  readonly device: number | null;
  readonly destination: string;
  readonly StudyInstanceUID: string;
  readonly SeriesInstanceUID: string | null;
  readonly priority: Priority;
  readonly state: SendState;
  /** Why the last try did not send everything. */
  readonly cause: SendCause | null;
  /** Instances there are; null before the first try. */
  readonly total: number | null;
  readonly sent: number;
  readonly attempts: number;
  /** Times of the site's day between which it is sent; null: always. */
  readonly window: { readonly from: string; readonly until: string } | null;
  /** When it is tried next, of one that waits. */
  readonly dueAt: Date;
  readonly createdAt: Date;
  readonly changedAt: Date;
  /** Of the study; null when it is gone. */
  readonly PatientName: string | null;
  readonly PatientID: string | null;
  readonly AccessionNumber: string | null;
  readonly StudyDescription: string | null;
  readonly StudyDate: string | null;
  readonly ModalitiesInStudy: readonly string[] | null;
}

export interface AskedSend {
  readonly device: number;
  readonly StudyInstanceUID: string;
  readonly SeriesInstanceUID?: string | undefined;
  readonly priority: Priority;
}

/** Of `x` (send), `r` (route) and `s` (study). */
const columns = `x.id, r.name AS route, x.device, x.destination, x.study_instance_uid AS "StudyInstanceUID",
  x.series_instance_uid AS "SeriesInstanceUID", x.priority, x.state, x.cause, x.total, x.sent, x.attempts,
  CASE WHEN x.from_time IS NOT NULL THEN
    json_build_object('from', to_char(x.from_time, 'HH24:MI'), 'until', to_char(x.until_time, 'HH24:MI')) END AS "window",
  x.due_at AS "dueAt", x.created_at AS "createdAt", x.changed_at AS "changedAt", s.patient_name AS "PatientName",
  s.patient_id AS "PatientID", s.accession_number AS "AccessionNumber", s.study_description AS "StudyDescription",
  s.study_date AS "StudyDate", s.modalities AS "ModalitiesInStudy"`;
const joined = `LEFT JOIN site.route r ON r.id = x.route
  LEFT JOIN index.readable_studies(NULL) s ON s.study_instance_uid = x.study_instance_uid`;
/** Of `x`, by two values. The study is looked up send by send: these are those of a month, not of all years. */
const isChosen = `($1::text IS NULL OR x.study_instance_uid = $1) AND ($2::text[] = '{}' OR concat_ws(' ', lower(x.destination),
  (SELECT concat_ws(' ', s.patient_name_words, lower(s.patient_id), lower(s.accession_number))
    FROM index.readable_studies(NULL) s WHERE s.study_instance_uid = x.study_instance_uid)) LIKE ALL ($2))`;
const chosenBy = ({ StudyInstanceUID, text }: WhichSends): unknown[] => [StudyInstanceUID ?? null, typedPatterns(text)];

export interface WhichSends {
  readonly StudyInstanceUID?: string | undefined;
  /** Words of the patient's name, a Patient ID, an accession number or the destination, as a person types them. */
  readonly text?: string | undefined;
}

/** The latest changes first. */
export async function listSends(
  database: Pool,
  { state, ...which }: WhichSends & { readonly state?: SendState | undefined },
  limit: number,
): Promise<Send[]> {
  const { rows } = await database.query<Send>(
    `SELECT ${columns} FROM (
       SELECT x.* FROM site.send x WHERE ${isChosen} AND ($3::text IS NULL OR x.state = $3)
       ORDER BY x.changed_at DESC, x.id DESC LIMIT $4) x ${joined}
     ORDER BY x.changed_at DESC, x.id DESC`,
    [...chosenBy(which), state ?? null, limit],
  );
  return rows;
}

/** Those that changed within the last `seconds`, the latest first. */
export async function recentSends(
  database: Pool,
  seconds: number,
  limit: number,
): Promise<{ id: number; changedAt: string }[]> {
  const { rows } = await database.query<{ id: number; changedAt: string }>({
    name: 'recent-sends',
    text: `SELECT id, changed_at::text AS "changedAt" FROM site.send
           WHERE changed_at BETWEEN now() - make_interval(secs => $1) AND now() + make_interval(secs => $1) ORDER BY changed_at DESC LIMIT $2`,
    values: [seconds, limit],
  });
  return rows;
}

export async function countSends(database: Pool, which: WhichSends = {}): Promise<Record<SendState, number>> {
  const { rows } = await database.query<{ state: SendState; count: number }>(
    `SELECT x.state, count(*)::integer AS count FROM site.send x WHERE ${isChosen} GROUP BY x.state`,
    chosenBy(which),
  );
  const counts = { waiting: 0, running: 0, done: 0, failed: 0, cancelled: 0 };
  for (const { state, count } of rows) counts[state] = count;
  return counts;
}

/** @returns undefined when there is no such study or series, or the device cannot be sent to */
export async function addSend(database: Pool, asked: AskedSend): Promise<Send | undefined> {
  const { device, StudyInstanceUID, SeriesInstanceUID = null, priority } = asked;
  const { rows } = await database.query<Send>(
    `WITH x AS (
       INSERT INTO site.send (device, destination, study_instance_uid, series_instance_uid, priority)
       SELECT d.id, d.ae_title, s.study_instance_uid, $3, $4
       FROM site.device d, index.readable_studies(NULL) s
       WHERE d.id = $1 AND ${isDestination('d')} AND s.study_instance_uid = $2
         AND ($3::text IS NULL OR EXISTS (
           SELECT FROM index.readable_series(NULL) e WHERE e.study = s.id AND e.series_instance_uid = $3))
       RETURNING *)
     SELECT ${columns} FROM x ${joined}`,
    [device, StudyInstanceUID, SeriesInstanceUID, priority],
  );
  return rows[0];
}

/**
 * Begins anew, at once, whatever the hours of its rule: one that was done sends everything again, others what is left.
 * @returns undefined when there is none that could be
 */
export async function repeatSend(database: Pool, id: number): Promise<Send | undefined> {
  const { rows } = await database.query<Send>(
    // "before" comes first because "x" reads it: a row that this statement has changed can no longer be locked by it.
    `WITH before AS (
         SELECT id, state FROM site.send WHERE id = $1 AND state IN ('waiting', 'done', 'failed', 'cancelled') FOR UPDATE),
       forgotten AS (DELETE FROM site.sent_instance WHERE send IN (SELECT id FROM before WHERE state = 'done')),
       x AS (UPDATE site.send SET state = 'waiting', attempts = 0, cause = NULL, due_at = now(), changed_at = now(),
         from_time = NULL, until_time = NULL,
         sent = CASE before.state WHEN 'done' THEN 0 ELSE sent END
       FROM before WHERE site.send.id = before.id RETURNING site.send.*)
     SELECT ${columns} FROM x ${joined}`,
    [id],
  );
  return rows[0];
}

/** What is under way ends within seconds. @returns undefined when there is none that is still to be done */
export async function cancelSend(database: Pool, id: number): Promise<Send | undefined> {
  const { rows } = await database.query<Send>(
    `WITH x AS (UPDATE site.send SET state = 'cancelled', again = false, run = NULL, holder = NULL, changed_at = now()
       WHERE id = $1 AND state IN ('waiting', 'running', 'failed') RETURNING *)
     SELECT ${columns} FROM x ${joined}`,
    [id],
  );
  return rows[0];
}

/** What has been over for so long is forgotten, what failed after twelve times as long. @returns how many */
export async function forgetSends(database: Pool, { days }: { readonly days: number }): Promise<number> {
  const { rowCount } = await database.query(
    `DELETE FROM site.send WHERE changed_at < now() - make_interval(days => $1)
       AND (state IN ('done', 'cancelled') OR state = 'failed' AND changed_at < now() - make_interval(days => 12 * $1))`,
    [days],
  );
  return rowCount ?? 0;
}
