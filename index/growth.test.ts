import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';

import { watchGrowth } from './growth.ts';

let running: TestDatabase;
beforeAll(async () => {
  running = await startTestDatabase();
});
afterAll(() => running[Symbol.asyncDispose]());
beforeEach(() => running.database.pool.query('TRUNCATE index.instance RESTART IDENTITY'));

/** @param ago  when the first came in, and the last @param length  SQL, of the bytes of instance `n` */
async function cameIn(count: number, [first, last]: readonly [string, string], length: string): Promise<void> {
  await running.database.pool.query(
    `INSERT INTO index.instance (series, received_at, "offset", length, sop_class, transfer_syntax, source, version, state, store, sop_instance_uid, key, digest)
     SELECT 1, now() - $2::interval + ($2::interval - $3::interval) * n / $1, 1024, ${length}, 1, 1, 1, 1, 0, 1, gen_random_uuid()::text, 'i/' || n, ''
     FROM generate_series(1, $1::int) AS n`,
    [count, first, last],
  );
}

const bytesADay = () => watchGrowth(running.database)();

test('an archive that is empty, or that nothing has come into for a week, does not grow', async () => {
  expect(await bytesADay()).toBeNull();
  await cameIn(100, ['30 days', '8 days'], '500000');
  expect(await bytesADay()).toBeNull();
});

test('what came in the last week counts, whatever came before', async () => {
  await cameIn(3_000, ['300 days', '8 days'], '90000000');
  await cameIn(7_000, ['6.9 days', '1 second'], 'CASE n % 10 WHEN 0 THEN 5000000 ELSE 500000 END');
  await running.database.pool.query('DELETE FROM index.instance WHERE id % 3 = 0 AND id > 5000');
  const { rows } = await running.database.pool.query<{ bytes: string }>(
    `SELECT sum(length + "offset") / 7 AS bytes FROM index.instance WHERE received_at > now() - interval '7 days'`,
  );
  const exact = Number(rows[0]?.bytes);
  const found = (await bytesADay()) ?? 0;
  expect(found / exact).toBeGreaterThan(0.85);
  expect(found / exact).toBeLessThan(1.15);
});

test('of a few instances each is counted; who has begun two days ago has two days', async () => {
  await cameIn(10, ['48 hours', '1 hour'], '999 * 1024');
  const [first = 0, found = 0] = [(48 - 4.7) / 24, (await bytesADay()) ?? 0];
  expect(found).toBeCloseTo((10 * 1000 * 1024) / first, -4);
});

test('what came within an hour is a day’s', async () => {
  await cameIn(20, ['1 hour', '1 minute'], '1024');
  expect(await bytesADay()).toBe(20 * 2048);
});
