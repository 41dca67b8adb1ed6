/**
 * What the worker failed to do, as an administrator sees it and tries again: on both backends of the queue, and after the
 * queue was emptied.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { admin, ask, postJson, startTestArchive, type TestArchive } from '#archive/http/test-archive.ts';
import { jobResources } from '#archive/api/jobs.ts';
import { PixelPool, PixelPoolSaturated } from '#derive/pixel-pool.ts';
import type { JobCause } from '#index/job-cause.ts';
import { noteFailure } from '#index/jobs.ts';
import { storeNumber } from '#index/objects.ts';
import { IndexUnavailable } from '#index/patience.ts';
import { openQueue, type QueueOptions } from '#queue/queue.ts';
import { ctSeries } from '#samples/ct.ts';
import { dicomFile } from '#samples/write.ts';
import {
  ObjectTooShort,
  openStorage,
  type Storage,
  StorageFailed,
  StorageFull,
  StorageUnavailable,
} from '#storage/storage.ts';
import type { Job } from '#worker/job.ts';
import { jobCause } from '#worker/job-cause.ts';
import { startWorker } from '#worker/worker.ts';
import { openKeeper, type Keeper } from './keep-file.ts';
import { startRedis, withoutRedis } from './redis-server.ts';
import { until } from './running-lightbox.ts';
import { startTestDatabase, type TestDatabase } from './test-database.ts';

const log = pino({ level: 'silent' });
let directory: string;
let postgres: TestDatabase;
let storage: Storage;
let store: number;
let keeper: Keeper;
let archive: TestArchive;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-jobs-'));
  postgres = await startTestDatabase();
  storage = await openStorage(pathToFileURL(join(directory, 'objects')).href, { spoolDir: directory });
  store = await storeNumber(postgres.database, 'file:test');
  keeper = openKeeper(postgres.url, storage, store);
  archive = await startTestArchive({ postgres, api: jobResources({ database: postgres.database, log }) });
});
afterAll(async () => {
  await archive[Symbol.asyncDispose]();
  await keeper[Symbol.asyncDispose]();
  await storage[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

describe('with the queue on PostgreSQL', () => {
  suite('on-postgresql', () => ({}));
});

describe.skipIf(withoutRedis)(`with the queue on Redis${withoutRedis && ` (${withoutRedis})`}`, () => {
  let redis: Awaited<ReturnType<typeof startRedis>>;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis[Symbol.asyncDispose]());
  suite('on-redis', () => ({ redisUrl: redis.url }));

  test('an emptied queue forgets neither what failed nor that it can be tried again', async () => {
    let works = false;
    const broken = brokenJob('flushed', () => works);
    {
      await using _worker = await start(broken, { redisUrl: redis.url });
      await storeSeries();
      await until(async () => (await failed()).length === 1);
    }
    const client = new Redis(redis.url);
    await client.flushall();
    client.disconnect();
    expect(await failed()).toMatchObject([
      { name: 'flushed', cause: { code: 'objectMissing', reason: 'no object i/nothing' } },
    ]);
    works = true;
    await using _worker = await start(broken, { redisUrl: redis.url });
    await postJson(archive.port, '/api/jobs/retry', {}, admin);
    await until(async () => (await owed()) === 0);
    expect(await failed()).toEqual([]);
  });
});

test.each<[JobCause['code'], Error]>([
  ['storageFull', new StorageFull('no space left')],
  ['storageAway', new StorageUnavailable('ECONNREFUSED')],
  [
    'tooManyFiles',
    new StorageUnavailable('EMFILE', { cause: Object.assign(new Error('open failed'), { code: 'EMFILE' }) }),
  ],
  ['objectMissing', new ObjectTooShort('it ends at byte 300')],
  ['storageFailed', new StorageFailed('read failed with EIO')],
  ['databaseAway', new Error('Connection terminated unexpectedly')],
  ['databaseAway', new IndexUnavailable('the database does not take the rows')],
  ['decodersBusy', new PixelPoolSaturated('every thread is busy')],
  ['tookTooLong', new DOMException('The operation was aborted due to timeout', 'TimeoutError')],
  ['unexpected', new TypeError('x is not a function')],
])('what failed is named: %s', (code, error) => {
  expect(jobCause(error)).toEqual({ code, reason: error.message });
});

test('a reason that PostgreSQL cannot hold as it is is noted all the same', async () => {
  await storeSeries();
  const { rows } = await postgres.database.pool.query<{ key: number }>(
    `INSERT INTO index.owed (job, key, generation) SELECT 'odd', id, 1 FROM index.series RETURNING key`,
  );
  await noteFailure(postgres.database, 'odd', rows[0]!.key, { code: 'unexpected', reason: `a\0${'b'.repeat(498)}😀` });
  const [job] = await failed();
  expect(job).toMatchObject({ cause: { code: 'unexpected', reason: `a${'b'.repeat(498)}\ufffd` } });
});

beforeEach(() =>
  postgres.database.pool.query('TRUNCATE index.owed, index.job, index.instance, index.series, index.study CASCADE'),
);

function suite(name: string, where: () => Pick<QueueOptions, 'redisUrl'>): void {
  test('a job that failed is listed with its cause, and done when it is tried again', async () => {
    let works = false;
    await using _worker = await start(
      brokenJob(name, () => works),
      where(),
    );
    const study = await storeSeries();
    await until(async () => (await failed()).length === 1);
    const [job] = await failed();
    expect(job).toMatchObject({
      name,
      StudyInstanceUID: study,
      cause: { code: 'objectMissing', reason: 'no object i/nothing' },
    });
    expect(Date.now() - Date.parse(job!['failedAt'] as string)).toBeLessThan(60_000);

    works = true;
    const { key } = job as { key: number };
    const other = await postJson(archive.port, '/api/jobs/retry', { name, key: key + 1 }, admin);
    expect(JSON.parse(other.body)).toEqual({ retried: 0 });
    const retried = await postJson(archive.port, '/api/jobs/retry', { name, key }, admin);
    expect(JSON.parse(retried.body)).toEqual({ retried: 1 });
    await until(async () => (await owed()) === 0);
    expect(await failed()).toEqual([]);
  });
}

const brokenJob = (name: string, works: () => boolean): Job => ({
  name,
  on: 'InstanceStored',
  limits: { atOnce: 1, attempts: 1, timeoutMs: 10_000 },
  async run(_series, parts) {
    if (!works()) await parts.storage.readRange('i/nothing', 0, 1);
  },
});

async function start(job: Job, where: Pick<QueueOptions, 'redisUrl'>): Promise<AsyncDisposable> {
  const stack = new AsyncDisposableStack();
  const queue = stack.use(openQueue({ databaseUrl: postgres.url, ...where, onError: () => {} }));
  const pixels = stack.use(new PixelPool({ threads: 1, waiting: 1 }));
  const parts = { database: postgres.database, storage, store, pixels, baseUrl: '/dicom-web', log };
  stack.use(await startWorker({ jobs: [job], queue, ...parts }));
  return stack;
}

let number = 0;
async function storeSeries(): Promise<string> {
  const [sample] = ctSeries({ seed: 'failed jobs', number: number++, slices: 1 });
  await keeper.keep(dicomFile(sample!.attributes));
  return String(sample!.attributes['StudyInstanceUID']);
}

async function failed(): Promise<Record<string, unknown>[]> {
  const { body } = await ask(archive.port, '/api/jobs/failed', { headers: admin });
  return (JSON.parse(body) as { failed: Record<string, unknown>[] }).failed;
}

async function owed(): Promise<number> {
  return (await postgres.database.pool.query('SELECT FROM index.owed')).rowCount ?? 0;
}
