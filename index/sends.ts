/**
 * Sends: what a rule or a person asked to be sent to a device, how far that is, and who is at it. The rows are the job:
 * they survive every restart, and a run that is not heard of any more is taken over.
 */
import type { Pool } from 'pg';

import { isHolderGone } from './holder.ts';
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

/** A send that this process has taken. */
export interface TakenSend {
  readonly id: number;
  readonly run: string;
  readonly device: number;
  /** Of the device as the registry has it now; null when it is gone. */
  readonly aeTitle: string | null;
  readonly StudyInstanceUID: string;
  readonly SeriesInstanceUID: string | null;
  readonly priority: Priority;
  readonly attempts: number;
}

/** Of `x` (send), `r` (route) and `s` (study). */
const columns = `x.id, r.name AS route, x.device, x.destination, x.study_instance_uid AS "StudyInstanceUID",
  x.series_instance_uid AS "SeriesInstanceUID", x.priority, x.state, x.cause, x.total, x.sent, x.attempts,
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
/** A reason is a sentence; what is longer is the output of a program. */
const reasonCharacters = 500;

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
           WHERE changed_at > now() - make_interval(secs => $1) ORDER BY changed_at DESC LIMIT $2`,
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
 * Begins anew, at once: one that was done sends everything again, others what is left.
 * @returns undefined when there is none that could be
 */
export async function repeatSend(database: Pool, id: number): Promise<Send | undefined> {
  const { rows } = await database.query<Send>(
    `WITH before AS (SELECT id FROM site.send WHERE id = $1 AND state = 'done' FOR UPDATE),
       forgotten AS (DELETE FROM site.sent_instance WHERE send IN (SELECT id FROM before)),
       x AS (UPDATE site.send SET state = 'waiting', attempts = 0, cause = NULL, due_at = now(), changed_at = now(),
         sent = CASE state WHEN 'done' THEN 0 ELSE sent END
       WHERE id = $1 AND state IN ('waiting', 'done', 'failed', 'cancelled') RETURNING *)
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

/** Any number that nobody else locks in this database: those who take sends take turns, so that they count alike. */
const takingLock = 4_242_011_114;

/**
 * Takes sends that are due, at most so many of one destination at once in all archives: a destination that is slow, or
 * away, holds up nobody else's.
 * @param run     who takes them
 * @param holder  number of the lock by which others see that we live: when it is gone, they need not wait for the lease
 * @param room  how many more this process can do
 */
export async function takeSends(
  database: Pool,
  {
    run,
    holder,
    room,
    perDestination,
    leaseSeconds,
    timeZone,
  }: {
    readonly run: string;
    readonly holder: number;
    readonly room: number;
    readonly perDestination: number;
    readonly leaseSeconds: number;
    /** Of the site: its schedule is meant in it. */
    readonly timeZone: string;
  },
): Promise<TakenSend[]> {
  const client = await database.connect();
  let broken = true;
  try {
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1)', [takingLock]);
    const { rows } = await client.query<TakenSend>({
      name: 'take-sends',
      text: `
        WITH running AS MATERIALIZED (
          SELECT id, device, run_until > now() AND NOT ${isHolderGone('holder')} AS lives FROM site.send WHERE state = 'running'),
        busy AS (SELECT device, count(*) AS count FROM running WHERE lives GROUP BY device),
        due AS (
          SELECT id, device, priority, due_at,
            row_number() OVER (PARTITION BY device ORDER BY array_position('{high,medium,low}'::text[], priority), due_at, id) AS place
          FROM site.send
          -- What is due later than any attempt waits for was put off before the clock was set back.
          WHERE (state = 'waiting' AND (due_at <= now() OR due_at > now() + interval '2 hours') OR id IN (SELECT r.id FROM running r WHERE NOT r.lives))
            AND (from_time IS NULL OR CASE WHEN from_time <= until_time
              THEN (now() AT TIME ZONE $5)::time >= from_time AND (now() AT TIME ZONE $5)::time < until_time
              ELSE (now() AT TIME ZONE $5)::time >= from_time OR (now() AT TIME ZONE $5)::time < until_time END)),
        chosen AS (
          SELECT id FROM due LEFT JOIN busy USING (device)
          WHERE place + coalesce(busy.count, 0) <= $3
          ORDER BY place, array_position('{high,medium,low}'::text[], priority), due_at, id LIMIT $2)
        UPDATE site.send x SET state = 'running', run = $1, holder = $6, run_until = now() + make_interval(secs => $4),
          again = false, attempts = attempts + 1, changed_at = now()
        FROM chosen
        WHERE x.id = chosen.id
        RETURNING x.id, x.run, x.study_instance_uid AS "StudyInstanceUID", x.series_instance_uid AS "SeriesInstanceUID",
          x.priority, x.attempts, x.device, (SELECT d.ae_title FROM site.device d WHERE d.id = x.device) AS "aeTitle"`,
      values: [run, room, perDestination, leaseSeconds, timeZone, holder],
    });
    await client.query('COMMIT');
    broken = false;
    return rows;
  } finally {
    client.release(broken);
  }
}

/** How many instances were acknowledged. */
export async function countSent(database: Pool, send: number): Promise<number> {
  const { rows } = await database.query<{ count: number }>('SELECT count(*) FROM site.sent_instance WHERE send = $1', [
    send,
  ]);
  return rows[0]?.count ?? 0;
}

/**
 * Writes down what was acknowledged, and that the run goes on.
 * @returns false when the send is not this run's any more: it was cancelled, or taken over
 */
export async function noteSent(
  database: Pool,
  { id, run }: Pick<TakenSend, 'id' | 'run'>,
  {
    digests,
    total,
    leaseSeconds,
  }: { readonly digests: readonly Buffer[]; readonly total: number; readonly leaseSeconds: number },
): Promise<boolean> {
  const { rows } = await database.query<{ isOurs: boolean }>({
    name: 'note-sent',
    // What was acknowledged is written down whoever's the send is by now.
    text: `
      WITH added AS (
        INSERT INTO site.sent_instance (send, digest) SELECT id, digest FROM site.send, unnest($3::bytea[]) AS digest
        WHERE id = $1 ON CONFLICT DO NOTHING RETURNING 1),
      noted AS (
        UPDATE site.send SET total = $4, sent = sent + (SELECT count(*) FROM added), changed_at = now(),
          attempts = CASE WHEN EXISTS (SELECT FROM added) THEN 1 ELSE attempts END,
          run_until = CASE WHEN run = $2 THEN now() + make_interval(secs => $5) ELSE run_until END
        WHERE id = $1 RETURNING state = 'running' AND run = $2 AS "isOurs")
      SELECT coalesce("isOurs", false) AS "isOurs" FROM noted`,
    values: [id, run, digests, total, leaseSeconds],
  });
  return rows[0]?.isOurs ?? false;
}

/** How a run ended. */
export type SendEnd =
  | { readonly state: 'done' }
  | { readonly state: 'failed'; readonly cause: SendCause }
  /** To be tried again; without a cause it was no try. */
  | { readonly state: 'waiting'; readonly cause?: SendCause; readonly afterSeconds: number };

/** Nothing happens when the send is not this run's any more. */
export async function endSend(database: Pool, { id, run }: Pick<TakenSend, 'id' | 'run'>, end: SendEnd): Promise<void> {
  const cause = 'cause' in end ? (end.cause ?? null) : null;
  await database.query({
    name: 'end-send',
    text: `
      UPDATE site.send SET
        state = CASE WHEN again THEN 'waiting' ELSE $3 END,
        due_at = CASE WHEN again THEN now() ELSE now() + make_interval(secs => $4) END,
        attempts = CASE WHEN again OR $3 = 'done' THEN 0 WHEN $5::jsonb IS NULL THEN greatest(attempts - 1, 0) ELSE attempts END,
        cause = CASE WHEN $3 = 'done' THEN NULL ELSE coalesce($5, cause) END,
        run = NULL, holder = NULL, run_until = NULL, again = false, changed_at = now()
      WHERE id = $1 AND run = $2 AND state = 'running'`,
    values: [
      id,
      run,
      end.state,
      'afterSeconds' in end ? end.afterSeconds : 0,
      cause && JSON.stringify(cause, storable),
    ],
  });
}

/** Some of a cause comes from the other side, and PostgreSQL takes neither NUL nor half a surrogate pair. */
function storable(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll('\0', '').slice(0, reasonCharacters).toWellFormed() : value;
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
