import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { programCaller, type Caller } from '#access/caller.ts';
import { PixelPool } from '#derive/pixel-pool.ts';
import { storeNumber } from '#index/objects.ts';
import { InstanceWriter } from '#index/write.ts';
import { sampleStudies } from '#samples/all.ts';
import { ctSeries } from '#samples/ct.ts';
import { dicomFile } from '#samples/write.ts';
import { openStorage, type Storage } from '#storage/storage.ts';
import { openKeeper } from '#tests/keep-file.ts';
import { until } from '#tests/running-lightbox.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import { sampleResources } from './api/samples.ts';
import { admin, ask, startTestArchive } from './http/test-archive.ts';
import { openIngest, type Ingest } from './ingest.ts';
import { openSampleLoader, type SampleLoader } from './load-samples.ts';
import { Problem } from './problems.ts';
import { TakeBacks } from './take-backs.ts';

const log = pino({ level: 'silent' });
const caller: Caller = programCaller('a test');
/** A CT of three slices and a radiograph. */
const options = { seed: 'loading', studies: 2, slices: 3 };
const total = 4;

let open: AsyncDisposableStack;
let postgres: TestDatabase;
let storage: Storage;
let store: number;
let ingest: Ingest;
let loader: SampleLoader;
beforeAll(async () => {
  open = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'lightbox-load-samples-'));
  open.defer(() => rm(directory, { recursive: true }));
  postgres = open.use(await startTestDatabase());
  storage = open.use(await openStorage(pathToFileURL(directory).href, { spoolDir: directory }));
  const { database, url } = postgres;
  store = await storeNumber(database, 'file:test');
  const writer = open.use(new InstanceWriter(url));
  const pixels = open.use(new PixelPool({ threads: 1, waiting: 10 }));
  const takeBacks = open.use(new TakeBacks({ database, log }));
  ingest = openIngest({ storage, store, writer, database, pixels, takeBacks, log });
});
beforeEach(async () => {
  const { database } = postgres;
  await database.pool.query('TRUNCATE index.instance, index.series, index.study, index.patient, index.owed CASCADE');
  loader = openSampleLoader({ database, ingest, log, options });
});
afterEach(() => loader[Symbol.asyncDispose]());
afterAll(() => open.disposeAsync());

const untilLoaded = () => until(async () => !(await loader.state()).loading);

async function storeOther(): Promise<void> {
  await using keeper = openKeeper(postgres.url, storage, store);
  const [sample] = ctSeries({ seed: 'a real patient', number: 0, slices: 1 });
  await keeper.keep(dicomFile(sample!.attributes));
}

async function studiesKept(): Promise<Record<string, unknown>[]> {
  const { rows } = await postgres.database.pool.query<Record<string, unknown>>(
    `SELECT study_instance_uid AS uid, number_of_instances AS instances, flags, institution_name FROM index.study
     ORDER BY patient_id`,
  );
  return rows;
}

test('an empty archive offers the samples, loads them through ingest, and then offers no more', async () => {
  expect(await loader.state()).toEqual({ offered: true, loading: false, failed: null, kept: 0, total });
  await loader.load(caller);
  expect(await loader.state()).toMatchObject({ offered: true, loading: true });
  await untilLoaded();
  expect(await loader.state()).toEqual({ offered: false, loading: false, failed: null, kept: total, total });
  expect(await studiesKept()).toEqual(
    sampleStudies(options).map(({ StudyInstanceUID, instances }) => ({
      uid: StudyInstanceUID,
      instances,
      flags: [],
      institution_name: 'Lightbox',
    })),
  );
});

test('asked twice at once, and again later, they are there once', async () => {
  await Promise.all([loader.load(caller), loader.load(caller)]);
  await untilLoaded();
  await loader.load(caller);
  expect(await loader.state()).toMatchObject({ loading: false, kept: total });
  const { rows } = await postgres.database.pool.query('SELECT count(*)::integer AS n FROM index.instance');
  expect(rows).toEqual([{ n: total }]);
});

test('what was cut off goes on where it was, by another archive on the same database too', async () => {
  let kept = 0;
  const { database } = postgres;
  const failing: Ingest = (arrival, who) => {
    if (kept++ < 2) return ingest(arrival, who);
    throw new Problem('outOfResources', 'no space left in storage');
  };
  await using first = openSampleLoader({ database, ingest: failing, log, options });
  await first.load(caller);
  await until(async () => !(await first.state()).loading);
  expect(await first.state()).toMatchObject({ offered: true, failed: 'outOfResources', kept: 2 });
  await loader.load(caller);
  await untilLoaded();
  expect(await loader.state()).toMatchObject({ offered: false, failed: null, kept: total });
  expect(await first.state()).toMatchObject({ offered: false, kept: total });
});

test('an archive that closes does not wait for the rest', async () => {
  const { database } = postgres;
  const many = openSampleLoader({ database, ingest, log, options: { ...options, slices: 2_000 } });
  await many.load(caller);
  await until(async () => (await many.state()).kept > 0);
  await many[Symbol.asyncDispose]();
  const { kept, loading } = await many.state();
  expect(loading).toBe(false);
  expect(kept).toBeLessThan(200);
});

test('where there is any other study they are neither offered nor loaded, and a caller without the right loads none', async () => {
  const reader = { ...caller, rights: new Set(['read' as const]) };
  await expect(loader.load(reader)).rejects.toMatchObject({ code: 'notAuthorized' });
  await storeOther();
  expect(await loader.state()).toMatchObject({ offered: false, kept: 0 });
  await expect(loader.load(caller)).rejects.toMatchObject({ code: 'notEmpty' });
  expect(await studiesKept()).toHaveLength(1);
});

test('over HTTP: 202 and what is kept so far, then 409 once a patient has come', async () => {
  await using archive = await startTestArchive({ postgres, api: sampleResources({ samples: loader }) });
  const call = async (method: string) => {
    const answer = await ask(archive.port, '/api/samples', { method, headers: admin });
    return { status: answer.status, body: JSON.parse(answer.body) as Record<string, unknown> };
  };
  expect(await call('GET')).toMatchObject({ status: 200, body: { offered: true, kept: 0, total } });
  expect(await call('POST')).toMatchObject({ status: 202, body: { loading: true, total } });
  await untilLoaded();
  expect(await call('GET')).toMatchObject({ status: 200, body: { offered: false, kept: total } });
  await storeOther();
  expect(await call('POST')).toMatchObject({ status: 409, body: { code: 'notEmpty' } });
  expect(await ask(archive.port, '/api/samples', { method: 'POST' })).toMatchObject({ status: 401 });
});
