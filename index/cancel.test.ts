import { afterAll, beforeAll, expect, test } from 'vitest';
import { sql } from 'kysely';

import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';

import { cancellable } from './cancel.ts';
import { openDatabase } from './database.ts';

let running: TestDatabase;
beforeAll(async () => {
  running = await startTestDatabase();
});
afterAll(() => running[Symbol.asyncDispose]());

test.each([
  ['that ends by itself keeps its connection for the next one', 60_000, true],
  ['that goes on is ended, and its connection with it', 0, false],
])('a statement without anybody who waits %s', async (_, graceMs, isKept) => {
  await using asking = openDatabase(running.url, { max: 1, applicationName: 'asking' });
  const backend = async (): Promise<number> => (await asking.pool.query('SELECT pg_backend_pid() AS pid')).rows[0].pid;
  const before = await backend();
  const holder = await running.database.pool.connect();
  try {
    await holder.query('BEGIN; LOCK TABLE index.study IN ACCESS EXCLUSIVE MODE');
    const controller = new AbortController();
    const statement = sql`SELECT count(*) FROM index.study`;
    const answer = cancellable(asking, statement, controller.signal, { graceMs });
    answer.catch(() => {}); // told below
    await expect
      .poll(async () => (await holder.query('SELECT FROM pg_locks WHERE NOT granted')).rows.length, { interval: 5 })
      .toBe(1);
    controller.abort('gone');
    if (isKept) await holder.query('ROLLBACK');
    await expect(answer).rejects.toBe('gone');
  } finally {
    await holder.query('ROLLBACK');
    holder.release();
  }
  expect((await backend()) === before).toBe(isKept);
});
