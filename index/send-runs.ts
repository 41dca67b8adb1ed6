/**
 * Runs of sends: who takes what is due, writes down what was acknowledged, and says how it ended. A run that is not heard of any
 * more is taken over.
 */
import type { Pool } from 'pg';
import { limits } from '#settings/limits.ts';
import { isHolderGone } from './holder.ts';
import type { Priority } from './routes.ts';
import type { SendCause } from './send-cause.ts';
import { storableCause } from './storable.ts';
import { inTransaction } from './transaction.ts';

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

const { longestRetrySeconds } = limits.sends;
/** So long after the longest that they may be put off, or held, nothing is due any more, and nobody holds it. */
const clocksApartSeconds = 60;

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
  return inTransaction(database, async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [takingLock]);
    const { rows } = await client.query<TakenSend>({
      name: 'take-sends',
      text: `
        WITH running AS MATERIALIZED (
          -- A lease that ends later than any does was taken before the clock was set back.
          SELECT id, device, run_until BETWEEN now() AND now() + make_interval(secs => $4) + interval '${clocksApartSeconds} seconds'
            AND NOT ${isHolderGone('holder')} AS lives
          FROM site.send WHERE state = 'running'),
        busy AS (SELECT device, count(*) AS count FROM running WHERE lives GROUP BY device),
        due AS (
          SELECT id, device, priority, due_at,
            row_number() OVER (PARTITION BY device ORDER BY array_position('{high,medium,low}'::text[], priority), due_at, id) AS place
          FROM site.send
          -- What is due later than any attempt waits for was put off before the clock was set back.
          WHERE (state = 'waiting' AND (due_at <= now() OR due_at > now() + make_interval(secs => $7)) OR id IN (SELECT r.id FROM running r WHERE NOT r.lives))
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
      values: [run, room, perDestination, leaseSeconds, timeZone, holder, longestRetrySeconds + clocksApartSeconds],
    });
    return rows;
  });
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
    values: [id, run, end.state, 'afterSeconds' in end ? end.afterSeconds : 0, cause && storableCause(cause)],
  });
}
