/** The only way to ask (C-FIND and QIDO-RS): one query, whichever door it came through. */
import type { Caller } from '#access/caller.ts';
import { recordAccess } from '#access/record.ts';
import type { Log } from '#archive/log.ts';
import { Problem } from '#archive/problems.ts';
import type { Database } from '#index/database.ts';
import { BadKey } from '#index/matching.ts';
import { searchIndex } from '#index/search.ts';
import type { FoundRow, ScopeUids, TypedSearch } from '#index/search.ts';

export interface SearchParts {
  readonly database: Database;
  readonly log: Log;
}

/** @throws Problem when a key cannot be read */
export async function search(query: TypedSearch, caller: Caller, { database, log }: SearchParts): Promise<FoundRow[]> {
  if (!caller.rights.has('read')) throw new Problem('notAuthorized', 'this caller may not read');
  try {
    const rows = await searchIndex(database, query, scopeUids(caller));
    const matched = [...query.matches.map(({ attribute }) => attribute.keyword), ...(query.text ? ['text'] : [])];
    recordAccess(log, { caller, action: 'search', matched, count: rows.length });
    return rows;
  } catch (error) {
    if (error instanceof BadKey) throw new Problem('badRequest', error.message, { cause: error });
    throw error;
  }
}

/** The caller's scope as the index's views take it. */
export function scopeUids(caller: Caller): ScopeUids {
  return caller.scope.studies === 'all' ? null : caller.scope.studies;
}
