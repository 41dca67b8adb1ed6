/**
 * Says that this process lives: a session of its own holds an advisory lock under a number. PostgreSQL lets go of it as soon
 * as the connection ends, however the process died, so whoever sees that nobody holds the number goes on with its work.
 */
import { randomInt } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';

/** First half of the lock's key: any number that nobody else uses so in this database. */
const lockClass = 424_201;
/** After PostgreSQL itself has started, those who live still have to come back. */
const returnSeconds = 5;

export class Holder implements AsyncDisposable {
  readonly #pool: Pool;
  #client: PoolClient | undefined;
  #number = randomNumber();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** The number that this process holds: another one only where the server still counts a session of ours that broke. */
  async held(): Promise<number> {
    if (this.#client) return this.#number;
    const client = await this.#pool.connect();
    let isHeld = false;
    try {
      while (!isHeld) {
        const { rows } = await client.query('SELECT pg_try_advisory_lock($1, $2) AS held', [lockClass, this.#number]);
        isHeld = rows[0].held;
        if (!isHeld) this.#number = randomNumber();
      }
    } finally {
      if (!isHeld) client.release(true);
    }
    this.#client = client;
    client.once('end', () => {
      if (this.#client !== client) return;
      this.#client = undefined;
      client.release(true);
    });
    return this.#number;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    client?.release(true);
  }
}

/**
 * SQL: whether the process that held the number in `column` is gone. Never true of null. A process whose connection alone
 * broke counts as gone until it is back, so what is taken over must be of a kind that the former holder notices.
 */
export function isHolderGone(column: string): string {
  // "Not between" rather than "before": a clock that was set back behind the start must not keep the gone alive until then.
  return `(${column} IS NOT NULL
    AND pg_postmaster_start_time() NOT BETWEEN now() - interval '${returnSeconds} seconds' AND now() + interval '${returnSeconds} seconds'
    AND ${column} <> ALL (ARRAY(SELECT l.objid::bigint FROM pg_locks l
      WHERE l.locktype = 'advisory' AND l.classid = ${lockClass} AND l.objsubid = 2 AND l.granted
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))))`;
}

function randomNumber(): number {
  return randomInt(1, 2 ** 31 - 1);
}
