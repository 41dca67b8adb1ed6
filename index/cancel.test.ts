import { afterAll, beforeAll, expect, test } from 'vitest';
import { sql } from 'kysely';

import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';

import { cancellable, SearchTooLong } from './cancel.ts';
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

/** Runs `work` while statements on studies do not end. */
async function whileSearchesAreSlow(work: () => Promise<void>): Promise<void> {
  const holder = await running.database.pool.connect();
  try {
    await holder.query('BEGIN; LOCK TABLE index.study IN ACCESS EXCLUSIVE MODE');
    await work();
  } finally {
    await holder.query('ROLLBACK');
    holder.release();
  }
}

test('while many searches are slow, other questions are answered, and each search is in the end', async () => {
  await using asking = openDatabase(running.url, { max: 4, applicationName: 'asking' });
  const search = () => cancellable(asking, sql`SELECT count(*) FROM index.study`, new AbortController().signal);
  const searches: Promise<unknown>[] = [];
  await whileSearchesAreSlow(async () => {
    for (let n = 0; n < 20; n++) searches.push(search());
    for (let n = 0; n < 20; n++) expect((await asking.pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });
  expect(await Promise.all(searches)).toEqual(Array(20).fill([{ count: 0 }]));
});

test('a search that waits too long for a place, or that nobody waits for, does not begin', async () => {
  await using asking = openDatabase(running.url, { max: 1, applicationName: 'asking' });
  const statement = sql`SELECT count(*) FROM index.study`;
  const { signal } = new AbortController();
  let first: Promise<unknown> | undefined;
  await whileSearchesAreSlow(async () => {
    first = cancellable(asking, statement, signal);
    await expect(cancellable(asking, statement, signal, { waitMs: 1 })).rejects.toThrow(SearchTooLong);
    const gone = new AbortController();
    const unwanted = cancellable(asking, statement, gone.signal);
    gone.abort('gone');
    await expect(unwanted).rejects.toBe('gone');
  });
  expect(await first).toEqual([{ count: 0 }]);
  expect(await cancellable(asking, statement, signal)).toEqual([{ count: 0 }]);
});
