import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import { openDatabase } from './database.ts';
import { inTransaction } from './transaction.ts';

let postgres: TestDatabase;
beforeAll(async () => {
  postgres = await startTestDatabase();
  await postgres.database.pool.query('CREATE TABLE site.try (a integer PRIMARY KEY)');
});
afterAll(() => postgres[Symbol.asyncDispose]());
beforeEach(async () => void (await postgres.database.pool.query('TRUNCATE site.try')));

const kept = async (): Promise<unknown[]> => (await postgres.database.pool.query('SELECT a FROM site.try')).rows;

test('what is done in a transaction is there when it resolves, and nothing of it when it fails', async () => {
  const { pool } = postgres.database;
  expect(
    await inTransaction(pool, (client) => client.query('INSERT INTO site.try VALUES (1)').then(() => 'done')),
  ).toBe('done');
  const failing = inTransaction(pool, async (client) => {
    await client.query('INSERT INTO site.try VALUES (2)');
    throw new Error('changed my mind');
  });
  await expect(failing).rejects.toThrow('changed my mind');
  expect(await kept()).toEqual([{ a: 1 }]);
});

test('a transaction that fails leaves its connection to the next one, in no transaction', async () => {
  await using single = openDatabase(postgres.url, { max: 1, applicationName: 'test' });
  const backend = async (): Promise<unknown> =>
    (await single.pool.query('SELECT pg_backend_pid() AS pid, now() = statement_timestamp() AS alone')).rows[0];
  const before = await backend();
  const failing = inTransaction(single.pool, (client) => client.query('SELECT 1 / 0'));
  await expect(failing).rejects.toThrow('division by zero');
  expect(await backend()).toEqual({ ...(before as object), alone: true });
});

test('a transaction that gets no answer in time waits for nothing more, and its connection is given to nobody else', async () => {
  await using single = openDatabase(postgres.url, { max: 1, applicationName: 'test', answerMs: 1_000 });
  let asked: unknown[][] = [];
  const failing = inTransaction(single.pool, async (client) => {
    asked = vi.spyOn(client, 'query').mock.calls;
    await client.query('SELECT pg_sleep(4)');
  });
  await expect(failing).rejects.toThrow('Query read timeout');
  // A ROLLBACK would stand behind it.
  expect(asked).toEqual([['SELECT pg_sleep(4)']]);
  expect((await single.pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
});

test('a connection that cannot roll back is given to nobody else', async () => {
  await using single = openDatabase(postgres.url, { max: 1, applicationName: 'test' });
  const failing = inTransaction(single.pool, async (client) => {
    await client.query('INSERT INTO site.try VALUES (3)');
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await postgres.database.pool.query('SELECT pg_terminate_backend($1, 10000)', [rows[0]?.pid]);
    await client.query('SELECT 1');
  });
  await expect(failing).rejects.toThrow(/terminat|connection/i);
  expect((await single.pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  expect(await kept()).toEqual([]);
});
