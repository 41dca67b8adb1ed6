import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import { forgetHeads, WaitingHeads } from './waiting-heads.ts';

let running: TestDatabase;
beforeAll(async () => {
  running = await startTestDatabase();
});
afterAll(() => running[Symbol.asyncDispose]());

const instances = Array.from({ length: 200 }, (_, at) => ({ id: at + 1 }));
const all = async () => {
  const heads = new WaitingHeads(running.database, instances);
  // As they are read ahead: some at once, and in order.
  return Promise.all(instances.map(async (instance) => (await heads.of(instance))?.toString('latin1')));
};

test('each instance has its own head, or none', async () => {
  await running.database.pool.query(
    `INSERT INTO index.head (instance, bytes) SELECT id, convert_to('head ' || id, 'UTF8') FROM generate_series(1, 199) AS id`,
  );
  expect(await all()).toEqual(instances.map(({ id }) => (id < 200 ? `head ${id}` : undefined)));
});

test('after an hour they are let go of', async () => {
  await running.database.pool.query(`UPDATE index.head SET since = now() - interval '61 minutes' WHERE instance > 2`);
  await forgetHeads(running.database);
  expect((await all()).filter((head) => head !== undefined)).toEqual(['head 1', 'head 2']);
});
