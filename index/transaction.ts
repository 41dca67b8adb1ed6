/** Statements that hold together: all of them are done, or none. */
import type { Pool, PoolClient } from 'pg';
import { isUnanswered } from './database.ts';

/**
 * Runs `work` in a transaction, on a connection that nobody else has meanwhile.
 * @throws what `work` throws; then nothing of what it wrote stays
 */
export async function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let isClean = false;
  try {
    await client.query('BEGIN');
    const done = await work(client);
    await client.query('COMMIT');
    isClean = true;
    return done;
  } catch (error) {
    // It would stand behind the statement that runs still.
    if (!isUnanswered(error))
      await client.query('ROLLBACK').then(
        () => (isClean = true),
        () => {}, // said by the error that is thrown
      );
    throw error;
  } finally {
    // One that does not roll back is closed, which takes its transaction back: the next who gets it would be in the middle of that.
    client.release(!isClean);
  }
}
