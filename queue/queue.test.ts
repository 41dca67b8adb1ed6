import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startRedis, withoutRedis } from '#tests/redis-server.ts';
import { startTestDatabase, startTestServer, type TestDatabase } from '#tests/test-database.ts';

import { openQueue, type Queue, type QueueOptions, type RunLimits } from './queue.ts';
import { seldom } from './seldom.ts';

const limits: RunLimits = { atOnce: 2, attempts: 1, timeoutMs: 10_000 };

describe('the queue on PostgreSQL', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await startTestDatabase();
  });
  afterAll(() => database[Symbol.asyncDispose]());

  queueSuite(() => ({ databaseUrl: database.url }));
});

describe.skipIf(withoutRedis)(`the queue on Redis${withoutRedis && ` (${withoutRedis})`}`, () => {
  let redis: Awaited<ReturnType<typeof startRedis>>;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis[Symbol.asyncDispose]());

  queueSuite(() => ({ databaseUrl: 'postgres://nobody@localhost/not-used', redisUrl: redis.url }));
});

test('what keeps us from the server is told once a minute, and another cause at once', () => {
  const told: string[] = [];
  let now = 0;
  const report = seldom(
    ({ message }) => told.push(`${now} ${message}`),
    () => now,
  );
  for (now of [0, 10, 20, 59_999]) for (const message of ['refused', 'reset']) report(new Error(message));
  now = 60_000;
  report(new Error('refused'));
  expect(told).toEqual(['0 refused', '0 reset', '60000 refused']);
});

test('while there is nothing to run, nothing is written to PostgreSQL', async () => {
  await using own = await startTestServer();
  const { pool } = own.database;
  // It writes when it pleases.
  await pool.query('ALTER SYSTEM SET autovacuum = off');
  await pool.query('SELECT pg_reload_conf()');
  await using queue = openQueue({ databaseUrl: own.url, onError() {} });
  queue.process(freshName(), limits, async () => {});

  /** When stalled runs were last looked for, in milliseconds. */
  async function lastCheck(): Promise<number> {
    const { rows } = await pool.query<{ at: number | null }>(
      `SELECT max(extract(epoch FROM query_start)::float8) * 1000 AS at FROM pg_stat_activity
       WHERE pid <> pg_backend_pid() AND state = 'idle' AND query ~ 'get_range|move_stalled'`,
    );
    return rows[0]?.at ?? 0;
  }
  const nextTransaction = async () => (await pool.query('SELECT pg_snapshot_xmax(pg_current_snapshot())')).rows;

  await expect.poll(lastCheck, { timeout: 30_000, interval: 10 }).toBeGreaterThan(0);
  const first = await lastCheck();
  const before = await nextTransaction();
  await expect.poll(lastCheck, { timeout: 30_000, interval: 10 }).toBeGreaterThan(first);
  expect(await nextTransaction()).toEqual(before);
});

function freshName(): string {
  return `test-${randomBytes(4).toString('hex')}`;
}

function queueSuite(where: () => Pick<QueueOptions, 'databaseUrl' | 'redisUrl'>): void {
  let queue: Queue;
  const failures: { key: string | undefined; message: string }[] = [];
  let failed = Promise.withResolvers<void>();

  beforeAll(() => {
    queue = openQueue({
      ...where(),
      onError(error, run) {
        failures.push({ key: run?.key, message: error.message });
        failed.resolve();
      },
    });
  });
  afterAll(() => queue[Symbol.asyncDispose]());

  test('each key that was added is run once', async () => {
    const name = freshName();
    const keys = ['1', '2', '3'];
    const runs: string[] = [];
    const all = Promise.withResolvers<void>();
    await queue.add(name, keys, limits);
    queue.process(name, limits, async (key) => {
      runs.push(key);
      if (runs.length === 3) all.resolve();
    });
    await all.promise;
    expect(runs.sort()).toEqual(keys);
  });

  test('a key added again while it waits is run once', async () => {
    const name = freshName();
    await queue.add(name, ['last'], limits);
    for (let i = 0; i < 5; i++) await queue.add(name, ['key'], limits);
    const runs: string[] = [];
    const last = Promise.withResolvers<void>();
    queue.process(name, { ...limits, atOnce: 1 }, async (key) => {
      runs.push(key);
      if (key === 'last') last.resolve();
    });
    await last.promise;
    expect(runs).toEqual(['key', 'last']);
  });

  test('what is added last is run first, in its order', async () => {
    const name = freshName();
    const runs: string[] = [];
    const all = Promise.withResolvers<void>();
    await queue.add(name, ['3', '4'], limits);
    await queue.add(name, ['1', '2'], limits);
    queue.process(name, { ...limits, atOnce: 1 }, async (key) => {
      if (runs.push(key) === 4) all.resolve();
    });
    await all.promise;
    expect(runs).toEqual(['1', '2', '3', '4']);
  });

  test('a key added while it is being run is run once more afterwards', async () => {
    const name = freshName();
    const started = Promise.withResolvers<void>();
    const mayEnd = Promise.withResolvers<void>();
    const again = Promise.withResolvers<void>();
    let runs = 0;
    let atOnce = 0;
    const other = Promise.withResolvers<void>();
    queue.process(name, limits, async (key) => {
      if (key === 'other') return other.resolve();
      expect(++atOnce).toBe(1);
      if (++runs === 1) {
        started.resolve();
        await mayEnd.promise;
      } else again.resolve();
      atOnce--;
    });
    await queue.add(name, ['key'], limits);
    await started.promise;
    for (let i = 0; i < 3; i++) await queue.add(name, ['key'], limits);
    mayEnd.resolve();
    await again.promise;
    await expect.poll(() => queue.waiting(name)).toBe(0);
    // It passes through behind them, so a third run would have come by now.
    await queue.add(name, ['other'], limits);
    await other.promise;
    expect(runs).toBe(2);
  });

  test('a run that fails is tried as often as its limits say, later each time, and then reported once', async () => {
    const name = freshName();
    failed = Promise.withResolvers();
    failures.length = 0;
    const tries: number[] = [];
    queue.process(name, limits, async () => {
      tries.push(performance.now());
      throw new Error('no luck');
    });
    await queue.add(name, ['7'], { ...limits, attempts: 3 });
    await failed.promise;
    const pauses = tries.slice(1).map((at, before) => at - (tries[before] as number));
    expect(pauses).toHaveLength(2);
    // A second, then two; the clocks of two machines differ by a little.
    expect(pauses[0]).toBeGreaterThan(900);
    expect(pauses[1]).toBeGreaterThan(1_900);
    expect(failures).toEqual([{ key: '7', message: 'no luck' }]);
  });

  test('a run that takes too long is told so, and gives its place to others even if it does not listen', async () => {
    const name = freshName();
    const others = Promise.withResolvers<void>();
    let told: AbortSignal | undefined;
    queue.process(name, { atOnce: 1, attempts: 1, timeoutMs: 100 }, async (key, signal) => {
      if (key === 'other') return others.resolve();
      told = signal;
      return new Promise<void>(() => {});
    });
    await queue.add(name, ['stuck', 'other'], limits);
    await others.promise;
    expect(told?.aborted).toBe(true);
  });
}
