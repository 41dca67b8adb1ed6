import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { PixelPool } from '#derive/pixel-pool.ts';
import { storeNumber } from '#index/objects.ts';
import { openQueue } from '#queue/queue.ts';
import { ctSeries } from '#samples/ct.ts';
import { dicomFile } from '#samples/write.ts';
import { openStorage, type Storage } from '#storage/storage.ts';
import { type Keeper, openKeeper } from '#tests/keep-file.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

import type { Job } from './job.ts';
import { startWorker } from './worker.ts';

let directory: string;
let running: TestDatabase;
let storage: Storage;
let store: number;
let keeper: Keeper;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-worker-'));
  running = await startTestDatabase();
  storage = await openStorage(pathToFileURL(join(directory, 'objects')).href, { spoolDir: directory });
  store = await storeNumber(running.database, 'file:test');
  keeper = openKeeper(running.url, storage, store);
});
afterAll(async () => {
  await keeper[Symbol.asyncDispose]();
  await running[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});
beforeEach(() =>
  running.database.pool.query('TRUNCATE index.owed, index.job, index.instance, index.series, index.study CASCADE'),
);

async function start(jobs: readonly Job[]): Promise<AsyncDisposable> {
  const log = pino({ level: 'silent' });
  const stack = new AsyncDisposableStack();
  const queue = stack.use(openQueue({ databaseUrl: running.url, onError: () => {} }));
  const pixels = stack.use(new PixelPool({ threads: 1, waiting: 10 }));
  stack.use(
    await startWorker({ jobs, database: running.database, storage, store, pixels, baseUrl: '/dicom-web', queue, log }),
  );
  return stack;
}

function job(name: string, run: Job['run']): Job {
  return { name, on: 'InstanceStored', limits: { atOnce: 2, attempts: 1, timeoutMs: 20_000 }, run };
}

/** Stores a CT series of so many slices; each call is another study. */
let studies = 0;
async function storeSeries(slices: number): Promise<number> {
  for (const { attributes } of ctSeries({ seed: 'worker', number: studies, slices })) {
    await keeper.keep(dicomFile(attributes));
  }
  studies++;
  return (await running.database.pool.query('SELECT max(id) AS id FROM index.series')).rows[0].id as number;
}

/** Resolves when nothing is owed; the worker has no other way of saying that it has settled. */
async function nothingOwed(): Promise<void> {
  const owed = async () => (await running.database.pool.query('SELECT job, key FROM index.owed')).rows;
  await expect.poll(owed).toEqual([]);
}

test('a series that is stored is run once, and then nothing is owed', async () => {
  const runs: number[] = [];
  const once = job('once', async (series) => void runs.push(series));
  // Known, and off: were it looking, it would begin before the last instance where a store takes longer than a burst lasts.
  await (await start([once]))[Symbol.asyncDispose]();
  const series = await storeSeries(5);
  await using _worker = await start([once]);
  await nothingOwed();
  expect(runs).toEqual([series]);
});

test('a new job is owed for every series that was there before it', async () => {
  const before = [await storeSeries(1), await storeSeries(1)];
  const runs: number[] = [];
  await using _worker = await start([job('new', async (series) => void runs.push(series))]);
  await nothingOwed();
  expect(runs.sort((a, b) => a - b)).toEqual(before);
});

test('an instance that comes during a run is seen by another run', async () => {
  const started = Promise.withResolvers<void>();
  const mayEnd = Promise.withResolvers<void>();
  const seen: number[] = [];
  await using _worker = await start([
    job('during', async (series) => {
      const { rows } = await running.database.pool.query('SELECT FROM index.instance WHERE series = $1', [series]);
      seen.push(rows.length);
      if (seen.length > 1) return;
      started.resolve();
      await mayEnd.promise;
    }),
  ]);
  const [first, second] = ctSeries({ seed: 'worker', number: studies++, slices: 2 });
  await keeper.keep(dicomFile(first!.attributes));
  await started.promise;
  await keeper.keep(dicomFile(second!.attributes));
  mayEnd.resolve();
  await nothingOwed();
  expect(seen).toEqual([1, 2]);
});

test('a series on which a job fails is still owed, and does not stop the others', async () => {
  const poisoned = await storeSeries(1);
  const healthy = [await storeSeries(1), await storeSeries(1)];
  const done = [Promise.withResolvers<void>(), Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const runs: number[] = [];
  let failures = 0;
  await using _worker = await start([
    job('poison', async (series) => {
      if (series === poisoned) {
        failures++;
        throw new Error('poison');
      }
      done[runs.push(series) - 1]?.resolve();
    }),
  ]);
  await done[1]?.promise;
  // One more series passes through, so a hot loop would have come round.
  const later = await storeSeries(1);
  await done[2]?.promise;
  expect(runs.sort((a, b) => a - b)).toEqual([...healthy, later]);
  expect(failures).toBe(1);
  const left = () => running.database.pool.query('SELECT key, attempts FROM index.owed').then(({ rows }) => rows);
  await expect.poll(left).toEqual([{ key: poisoned, attempts: 1 }]);
});

test('a series that comes while hundreds wait is run before them', async () => {
  const [many, late] = [500, 1_000];
  const { pool } = running.database;
  const runs: number[] = [];
  const begun = Promise.withResolvers<void>();
  const waiting: (() => void)[] = [];
  let isFree = false;
  const slow = job('slow', async (series) => {
    runs.push(series);
    if (runs.length === 2) begun.resolve();
    if (!isFree) await new Promise<void>((resolve) => waiting.push(resolve));
  });
  await (await start([slow]))[Symbol.asyncDispose]();
  await pool.query(`SELECT index.owe('InstanceStored', key) FROM generate_series(1, $1::integer) key`, [many]);
  await using _worker = await start([slow]);
  await begun.promise;
  await pool.query(`SELECT index.owe('InstanceStored', $1)`, [late]);
  const isHandedOver = async () => {
    waiting.shift()?.();
    const taken = await pool.query('SELECT FROM index.owed WHERE key = $1 AND tried_generation = generation', [late]);
    return taken.rowCount === 1 || runs.includes(late);
  };
  await expect.poll(isHandedOver, { interval: 500 }).toBe(true);
  const before = runs.length;
  isFree = true;
  for (const end of waiting.splice(0)) end();
  await nothingOwed();
  expect(runs).toHaveLength(many + 1);
  // Two more may have been begun while it was on its way.
  expect(runs.indexOf(late)).toBeLessThan(before + 3);
});

test('what a killed worker was doing is done after the restart', async () => {
  const series = await storeSeries(1);
  const killed = spawnStuckWorker('killed');
  await firstLine(killed, `running ${series}`);
  const ended = once(killed, 'exit');
  killed.kill('SIGKILL');
  await ended;
  const runs: number[] = [];
  await using _worker = await start([job('killed', async (which) => void runs.push(which))]);
  await nothingOwed();
  expect(runs).toEqual([series]);
});

/** A worker of its own process, whose job never ends. */
function spawnStuckWorker(name: string): ChildProcess {
  const script = fileURLToPath(new URL('stuck-worker.fixture.ts', import.meta.url));
  return spawn(process.execPath, [script, running.url, name], { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function firstLine(child: ChildProcess, expected: string): Promise<void> {
  for await (const line of createInterface({ input: child.stdout! })) {
    expect(line).toBe(expected);
    return;
  }
  throw new Error('it ended without a word');
}
