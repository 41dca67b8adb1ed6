/** The only way to ask (C-FIND and QIDO-RS): one query, whichever door it came through. */
import type { Caller } from '#access/caller.ts';
import { recordAccess } from '#access/record.ts';
import type { Log } from '#settings/log.ts';
import { BadKey } from '#index/bad-key.ts';
import { SearchTooLong } from '#index/cancel.ts';
import { isDatabaseGone } from '#index/database.ts';
import type { Database } from '#index/database.ts';
import { searchAndCount, searchIndex } from '#index/search.ts';
import type { FoundRow, Query, ScopeUids } from '#index/query.ts';
import { limits } from '#settings/limits.ts';
import { Problem } from './problems.ts';
import { requireRight } from './require-right.ts';

export interface SearchParts {
  readonly database: Database;
  readonly log: Log;
}

export interface Asking {
  readonly caller: Caller;
  readonly door: 'C-FIND' | 'QIDO-RS' | 'API';
  /** Aborted when nobody waits for the answer any more: C-CANCEL, or a connection that was closed. */
  readonly signal: AbortSignal;
}

/**
 * Matches in batches, newest study first; nothing is held while the reader takes its time with one.
 * @throws Problem when a key cannot be read (its cause is the BadKey), or the index cannot answer; the signal's reason
 */
export async function* search(
  query: Query,
  asking: Asking,
  { database, log }: SearchParts,
): AsyncGenerator<FoundRow[], void, void> {
  const { caller, signal, door } = asking;
  requireRight('read', caller, log, door);
  let count = 0;
  let outcome: 'done' | 'failed' = 'failed';
  try {
    for await (const rows of searchIndex(database, query, scopeUids(caller), signal)) {
      count += rows.length;
      yield rows;
    }
    outcome = 'done';
  } catch (error) {
    throw problemOf(error);
  } finally {
    record(log, query, asking, count, outcome);
  }
}

/** A page of matches, and how many there are, counted to one more than `limits.search.total`. @throws as `search` */
export async function searchPage(
  query: Query,
  asking: Asking,
  { database, log }: SearchParts,
): Promise<{ readonly rows: readonly FoundRow[]; readonly count: number }> {
  requireRight('read', asking.caller, log, asking.door);
  let found: Awaited<ReturnType<typeof searchAndCount>> | undefined;
  try {
    found = await searchAndCount(database, query, scopeUids(asking.caller), asking.signal);
    return found;
  } catch (error) {
    throw problemOf(error);
  } finally {
    record(log, query, asking, found?.rows.length ?? 0, found ? 'done' : 'failed');
  }
}

/** Whether a query finds anything. @throws as `search` */
export async function isAnyFound(
  query: Query,
  { caller, signal, door }: Asking,
  { database, log }: SearchParts,
): Promise<boolean> {
  requireRight('read', caller, log, door);
  try {
    const { value } = await searchIndex(database, { ...query, limit: 1 }, scopeUids(caller), signal).next();
    return value !== undefined;
  } catch (error) {
    throw problemOf(error);
  }
}

/** The caller's scope as the index's views take it. */
export function scopeUids(caller: Caller): ScopeUids {
  return caller.scope.studies === 'all' ? null : caller.scope.studies;
}

/** Which keys were matched is recorded, never their values. */
function record(log: Log, query: Query, { caller, door }: Asking, count: number, outcome: 'done' | 'failed'): void {
  const matched = [...query.matches.map(({ attribute }) => attribute.keyword), ...(query.text ? ['text'] : [])];
  recordAccess(log, { caller, action: 'search', door, matched, count, outcome });
}

function problemOf(error: unknown): unknown {
  if (error instanceof BadKey) return new Problem('badRequest', error.message, { cause: error });
  if (error instanceof SearchTooLong)
    return new Problem('unavailable', 'the search takes too long', {
      cause: error,
      retryAfterSeconds: limits.retryAfter.databaseSeconds,
    });
  if (isDatabaseGone(error))
    return new Problem('unavailable', 'the database does not answer', {
      cause: error,
      retryAfterSeconds: limits.retryAfter.databaseSeconds,
    });
  return error;
}
