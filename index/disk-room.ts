/** Whether PostgreSQL has room on its disk. Without it everything is found, and nothing is kept. */
import type { Pool } from 'pg';
import { sqlState } from './database.ts';

/** More than fits into the memory that it may have: PostgreSQL makes a file of 300 KB, which is gone with the statement. Rows would stay. */
const makeFile = `SET LOCAL work_mem = '64kB'; SELECT count(*) FROM generate_series(1, 20000)`;

/** @throws what PostgreSQL says where it has no room (`isDiskFull`), or does not answer */
export async function useDiskRoom(database: Pool): Promise<void> {
  await database.query(makeFile);
}

/** Notes what is not worth a failure, such as when somebody was last seen: where the disk is full it is left out. */
export async function noteWhereRoom(note: () => Promise<unknown>): Promise<void> {
  try {
    await note();
  } catch (error) {
    if (!isDiskFull(error)) throw error;
  }
}

/**
 * 53100, "disk full" (PostgreSQL Appendix A). Older versions (15 and before) refuse a connection, for which they cannot write the file
 * of its catalogs, as an internal error without saying why; where that file cannot even be opened they go on without it.
 */
export function isDiskFull(error: unknown): boolean {
  const state = sqlState(error);
  return state === '53100' || (state === 'XX000' && (error as Error).message.startsWith('could not write init file'));
}
