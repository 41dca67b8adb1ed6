/** Runs a statement that can be stopped: when nobody waits for it any more, PostgreSQL does not go on either. */
import type { RawBuilder } from 'kysely';
import pg from 'pg';
import { limits } from '#settings/limits.ts';
import { Places } from '#settings/places.ts';
import { compiled } from './composed.ts';
import type { Database } from './database.ts';

/** A statement that ran longer than any search may. */
export class SearchTooLong extends Error {
  override name = 'SearchTooLong';
}

/**
 * @param graceMs  how long one that nobody waits for any more may go on, to end by itself: to end it takes a connection of its
 *   own and costs the one that it runs on, and new ones are dearer than most statements
 * @param waitMs   for a place, where as many searches run as may
 * @throws the signal's reason when it aborts, before or while the statement runs; SearchTooLong
 */
export async function cancellable<Row>(
  database: Database,
  statement: RawBuilder<Row>,
  signal: AbortSignal,
  { graceMs = 50, waitMs = limits.search.waitMs }: { readonly graceMs?: number; readonly waitMs?: number } = {},
): Promise<Row[]> {
  signal.throwIfAborted();
  const places = placesOf(database);
  const run = (): Promise<Row[]> => ask(database, statement, signal, graceMs);
  if (!places.isFull) return places.take(run, signal);
  const tooLong = new AbortController();
  const timer = setTimeout(() => tooLong.abort(new SearchTooLong('too many searches at this moment')), waitMs);
  const begun = (): Promise<Row[]> => {
    clearTimeout(timer);
    return run();
  };
  return places.take(begun, AbortSignal.any([signal, tooLong.signal])).finally(() => clearTimeout(timer));
}

const placesByPool = new WeakMap<pg.Pool, Places>();

/** Some of the connections are left for what else is asked for: who is logged in, where an image lies. */
function placesOf({ pool }: Database): Places {
  let places = placesByPool.get(pool);
  if (!places) {
    places = new Places(Math.max(1, Math.floor((pool.options.max * 5) / 8)));
    placesByPool.set(pool, places);
  }
  return places;
}

async function ask<Row>(
  { pool }: Database,
  statement: RawBuilder<Row>,
  signal: AbortSignal,
  graceMs: number,
): Promise<Row[]> {
  const { sql, parameters } = compiled(statement);
  const client = await pool.connect();
  let reason: unknown;
  let isCancelled = false;
  const stop = (why: unknown, afterMs: number): void => {
    if (reason !== undefined) return;
    reason = why ?? new Error('cancelled');
    clearTimeout(timer);
    timer = setTimeout(() => {
      isCancelled = true;
      void cancelBackend(pool.options, client);
    }, afterMs);
  };
  const onAbort = (): void => stop(signal.reason, graceMs);
  let timer = setTimeout(() => stop(new SearchTooLong('the search takes too long'), 0), limits.search.statementMs);
  signal.addEventListener('abort', onAbort);
  try {
    signal.throwIfAborted();
    const { rows } = await client.query(sql, [...parameters]);
    if (reason === undefined) return rows as Row[];
  } catch (error) {
    if (reason === undefined) throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    // The answer may have been quicker than the cancel, which must not meet the next statement on this connection.
    client.release(isCancelled);
  }
  throw reason;
}

/** From a connection of its own, because those of the pool may all be busy with what is to be cancelled. */
async function cancelBackend(options: pg.PoolOptions, client: pg.PoolClient): Promise<void> {
  const { processID } = client as unknown as { processID: number };
  const other = new pg.Client(options);
  // Without a connection the statement runs to its own end; nobody waits for it.
  other.on('error', () => {});
  try {
    await other.connect();
    await other.query('SELECT pg_cancel_backend($1)', [processID]);
  } catch {
    // As above.
  } finally {
    await other.end().catch(() => {});
  }
}
