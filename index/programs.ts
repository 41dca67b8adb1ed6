/** Which programs of Lightbox work on this database, on whichever machine: PostgreSQL knows who is connected. */
import type { Database } from './database.ts';

export interface RunningProgram {
  readonly name: 'archive' | 'worker';
  /** Its machine's address; null where it is PostgreSQL's own. */
  readonly address: string | null;
}

export async function runningPrograms(database: Database): Promise<RunningProgram[]> {
  const { rows } = await database.pool.query<RunningProgram>(
    `SELECT DISTINCT substr(application_name, 10) AS name,
       CASE WHEN NOT client_addr <<= ANY ('{127.0.0.0/8,::1}'::inet[]) THEN host(client_addr) END AS address
     FROM pg_stat_activity
     WHERE datname = current_database() AND application_name IN ('lightbox archive', 'lightbox worker') ORDER BY 1, 2`,
  );
  return rows;
}

export interface Programs {
  readonly running: readonly RunningProgram[];
  /** When a look first found no worker; null while there is one. */
  readonly workerAwaySince: Date | null;
}

/** PostgreSQL knows who is connected, not since when somebody is not. @returns a look at them, which rejects when it is away */
export function watchPrograms(database: Database): () => Promise<Programs> {
  let workerAwaySince: Date | null = null;
  return async () => {
    const running = await runningPrograms(database);
    workerAwaySince = running.some(({ name }) => name === 'worker') ? null : (workerAwaySince ?? new Date());
    return { running, workerAwaySince };
  };
}

/** Whether an archive takes instances in. Asked before we open the connection of our own for that. */
export async function othersIngest(database: Database): Promise<boolean> {
  const { rowCount } = await database.pool.query(
    `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'lightbox ingest' LIMIT 1`,
  );
  return rowCount === 1;
}

/** What the database takes of its disk. */
export async function databaseBytes(database: Database): Promise<number> {
  const { rows } = await database.pool.query<{ bytes: number }>(
    'SELECT pg_database_size(current_database())::bigint AS bytes',
  );
  return Number(rows[0]?.bytes ?? 0);
}
