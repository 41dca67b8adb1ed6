/**
 * Statements of the ingest, and of a retrieval that has begun: run again while PostgreSQL is away for a moment, or another writer stands in the way.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { sqlState } from './database.ts';

/** The database did not answer in time, or has no room: nothing was acknowledged, and sending again later will do. */
export class IndexUnavailable extends Error {
  override name = 'IndexUnavailable';
}

/** How long to wait for PostgreSQL to come back: longer than its recovery, shorter than a modality's patience. */
const patienceMs = 15_000;
const conflictRetries = 8;

/**
 * @param run  must be safe to repeat: what it committed may stand although its answer was lost
 * @throws IndexUnavailable; what the statement itself is to blame for, as it is
 */
export async function patiently<T>(run: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (let tries = 1; ; tries++) {
    try {
      return await run();
    } catch (error) {
      const kind = kindOf(error);
      if (kind === 'poison' || (kind === 'conflict' && tries > conflictRetries)) throw error;
      if (kind === 'full' || (kind === 'away' && performance.now() > deadline)) {
        throw new IndexUnavailable('the database does not take the rows', { cause: error });
      }
      await delay(kind === 'away' ? Math.min(100 * tries, 1_000) : Math.random() * 10 * tries);
    }
  }
}

/** What to do about a failed statement, by its SQLSTATE (PostgreSQL Appendix A). */
function kindOf(error: unknown): 'conflict' | 'away' | 'full' | 'poison' {
  // A text longer than there are any: nothing was asked. Of any other error of ours it is not known, and rows may stand.
  if (error instanceof RangeError) return 'poison';
  const state = sqlState(error);
  // 40001, 40P01: another writer; 23505: two archives met the same UID at the same time, and the next try sees the other's row.
  if (state === '40001' || state === '40P01' || state === '23505') return 'conflict';
  if (state?.startsWith('53')) return state === '53300' ? 'away' : 'full';
  if (state === undefined || state.startsWith('08') || state.startsWith('57')) return 'away';
  return 'poison';
}
