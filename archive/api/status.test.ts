import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createToken } from '#access/tokens.ts';
import { openDatabase } from '#index/database.ts';
import { watchPrograms } from '#index/programs.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import { openHealth } from '../health.ts';
import { admin, ask, startTestArchive, type TestArchive } from '../http/test-archive.ts';
import { openStorage, type Storage } from '#storage/storage.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Registry } from 'prom-client';
import { addStatusMetrics } from '../status-metrics.ts';
import { alertsOf, statusResource } from './status.ts';

const certificates = { expires: undefined, isRefused: false };
// So little that no disk is too small for it.
const growth = async () => 1_000_000;

let directory: string;
let postgres: TestDatabase;
let storage: Storage;
let archive: TestArchive;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-status-'));
  postgres = await startTestDatabase();
  const storageUrl = pathToFileURL(join(directory, 'objects')).href;
  storage = await openStorage(storageUrl, { spoolDir: directory });
  const { database } = postgres;
  const health = openHealth({ database: database.pool, storage, processes: () => [], log: pino({ level: 'silent' }) });
  const settings = {
    storageUrl,
    redisUrl: undefined,
    siteTimeZone: 'Asia/Ho_Chi_Minh',
    dimse: { aeTitle: 'LIGHTBOX' },
  };
  archive = await startTestArchive({
    postgres,
    api: [statusResource({ database, health, growth, programs: watchPrograms(database), settings, certificates })],
  });
});
beforeEach(() => postgres.database.pool.query('TRUNCATE site.device, site.commitment, index.owed, index.job CASCADE'));
afterAll(async () => {
  await archive[Symbol.asyncDispose]();
  await storage[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

const status = async () => JSON.parse((await ask(archive.port, '/api/status', { headers: admin })).body);

test('the status names the parts, the programs that run and what waits for a person', async () => {
  const { pool } = postgres.database;
  await pool.query(`INSERT INTO site.device (ae_title, host, state) VALUES ('CT1', '10.0.0.5', 'waiting')`);
  const before = await status();
  expect(before).toMatchObject({
    database: { state: 'ok' },
    storage: { state: 'ok', kind: 'file' },
    queue: { on: 'postgresql', jobs: [] },
    programs: [],
    devicesWaiting: 1,
  });
  expect(before.version).toMatch(/^\d+\.\d+\.\d+$/);
  expect(before.storage.freeBytes).toBeGreaterThan(0);
  expect(before.storage.bytesADay).toBe(1e6);
  expect(before.storage.daysLeft).toBeCloseTo(before.storage.freeBytes / 1e6, 6);
  expect(before.alerts).toEqual(expect.arrayContaining(['workerAway', 'devicesWait']));
  expect(before.workerAwaySince).toEqual(expect.any(String));
  expect((await status()).workerAwaySince).toBe(before.workerAwaySince);

  const worker = openDatabase(postgres.url, { max: 1, applicationName: 'lightbox worker' });
  await worker.pool.query('SELECT 1');
  const { programs, alerts, workerAwaySince } = await status();
  await worker.close();
  expect(programs).toMatchObject([{ name: 'worker' }]);
  expect(alerts).not.toContain('workerAway');
  expect(workerAwaySince).toBe(null);
});

test('what is owed is told by job: waiting, handed to the queue, failed', async () => {
  const { pool } = postgres.database;
  await pool.query(`INSERT INTO index.job VALUES ('idle', 'InstanceStored'), ('thumbnail', 'InstanceStored')`);
  await pool.query(
    `INSERT INTO index.owed (job, key, generation, tried_generation, error, failed_at, first_at) VALUES
       ('thumbnail', 1, 1, NULL, NULL, NULL, now()), ('thumbnail', 2, 3, 2, NULL, NULL, now() - interval '1 hour'),
       ('thumbnail', 3, 1, 1, NULL, NULL, now()), ('thumbnail', 4, 1, 1, $1, now(), now())`,
    [{ code: 'unexpected', reason: 'no luck' }],
  );
  const { queue, alerts } = await status();
  expect(queue.jobs).toEqual([
    { name: 'idle', waiting: 0, running: 0, failed: 0, oldestSeconds: null },
    { name: 'thumbnail', waiting: 2, running: 1, failed: 1, oldestSeconds: 3600 },
  ]);
  expect(alerts).toContain('jobsFailed');
});

test('a device that could not be told of storage commitment is named until it is reached', async () => {
  const { pool } = postgres.database;
  const failure = { code: 'connectionRefused', reason: 'connect ECONNREFUSED' };
  const add = (callingAETitle: string, state: string, days: number) =>
    pool.query(
      `INSERT INTO site.commitment (transaction_uid, calling_ae_title, requested, state, failed, error, next_at, requested_at, reported_at)
       VALUES ('2.25.1', $1, '[["1.2", "1.2.3"]]', $2, '[]', $4, now() - make_interval(days => $3),
         now() - make_interval(days => $3 + 3), CASE $2 WHEN 'reported' THEN now() - make_interval(days => $3) END)`,
      [callingAETitle, state, days, failure],
    );
  expect(await status()).toMatchObject({ unreportedCommitments: [] });
  await add('CT1', 'given-up', 1);
  await add('CT1', 'given-up', 2);
  await add('CT1', 'reported', 4);
  await add('MR1', 'given-up', 3);
  await add('MR1', 'reported', 2); // reached since
  await add('US1', 'reporting', 0);
  await add('XA1', 'given-up', 31);
  const { unreportedCommitments, alerts } = await status();
  expect(unreportedCommitments).toEqual([
    { callingAETitle: 'CT1', host: null, requests: 2, since: expect.any(String), failure },
  ]);
  expect(Date.now() - Date.parse(unreportedCommitments[0].since)).toBeGreaterThan(4.9 * 86_400_000);
  expect(alerts).toContain('commitmentsUnreported');
  await add('CT1', 'reported', 0);
  expect((await status()).alerts).not.toContain('commitmentsUnreported');

  // Another machine of the same AE title has heard of its own, which settles nothing.
  await pool.query(
    `WITH other AS (INSERT INTO site.device (ae_title, host, state) VALUES ('CT1', '10.0.0.99', 'approved') RETURNING id)
     UPDATE site.commitment SET device = other.id FROM other WHERE state = 'reported' AND calling_ae_title = 'CT1'`,
  );
  expect((await status()).alerts).toContain('commitmentsUnreported');
  await pool.query(`DELETE FROM site.commitment; DELETE FROM site.device`);
});

test('Prometheus reads the same: what warns, room, jobs, sends, and when each device last stored', async () => {
  const { database } = postgres;
  await database.pool.query(
    `INSERT INTO site.device (ae_title, host, state, last_stored_at) VALUES
       ('CT1', '10.0.0.5', 'approved', '2026-11-28T01:00:00Z'), ('CT1', '10.0.0.6', 'approved', '2026-11-28T02:00:00Z'),
       ('MR1', '10.0.0.7', 'approved', NULL), ('XX', '10.0.0.8', 'waiting', now())`,
  );
  await database.pool.query(`INSERT INTO index.job VALUES ('thumbnail', 'InstanceStored')`);
  await database.pool.query(
    `INSERT INTO index.owed (job, key, generation, first_at) VALUES ('thumbnail', 1, 1, now() - interval '1 hour')`,
  );
  const registry = new Registry();
  const health = openHealth({ database: database.pool, storage, processes: () => [], log: pino({ level: 'silent' }) });
  addStatusMetrics(registry, { database, health, growth, programs: watchPrograms(database), certificates });
  const told = (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  expect(told).toEqual(
    expect.arrayContaining([
      'lightbox_up{part="database"} 1',
      'lightbox_up{part="storage"} 1',
      'lightbox_alert{alert="devicesWait"} 1',
      'lightbox_alert{alert="storageFull"} 0',
      expect.stringMatching(/^lightbox_storage_free_bytes [1-9]\d+$/),
      'lightbox_stored_bytes_per_day 1000000',
      expect.stringMatching(/^lightbox_database_bytes [1-9]\d+$/),
      'lightbox_programs{program="worker"} 0',
      'lightbox_jobs{job="thumbnail",state="waiting"} 1',
      expect.stringMatching(/^lightbox_job_oldest_seconds{job="thumbnail"} 36\d\d$/),
      'lightbox_sends{state="failed"} 0',
      'lightbox_devices_waiting 1',
      `lightbox_device_last_stored_timestamp_seconds{ae_title="CT1"} ${Date.parse('2026-11-28T02:00:00Z') / 1000}`,
    ]),
  );
  expect(told.join()).not.toMatch(/MR1|XX|certificate_expires_timestamp/);
});

test('while PostgreSQL is away Prometheus is told so, and of nothing that would be a guess', async () => {
  await using database = openDatabase('postgres://nobody@127.0.0.1:1/none', { max: 1, applicationName: 'test' });
  const registry = new Registry();
  addStatusMetrics(registry, {
    database,
    health: openHealth({ database: database.pool, storage, processes: () => [], log: pino({ level: 'silent' }) }),
    growth,
    programs: watchPrograms(database),
    certificates,
  });
  const told = (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  expect(told).toEqual(['lightbox_up{part="database"} 0', 'lightbox_up{part="storage"} 1']);
});

test('it is for administrators', async () => {
  const token = await createToken({ database: postgres.database.pool, name: 'reader', rights: ['read'] });
  const headers = { authorization: `Bearer ${token}` };
  expect((await ask(archive.port, '/api/status', { headers })).status).toBe(403);
});

test('only what a person can do something about is an alert, the most urgent first', () => {
  const worker = { name: 'worker', address: null } as const;
  const job = { name: 'thumbnail', waiting: 0, running: 0, failed: 0, oldestSeconds: null };
  const fine = {
    database: 'ok',
    recordLostSince: null,
    storage: { state: 'ok', freeBytes: 1e12, daysLeft: null },
    jobs: [job],
    programs: [worker],
    devicesWaiting: 0,
    unreported: 0,
    certificates,
  } as const;
  expect(alertsOf(fine)).toEqual([]);
  const room = (state: 'ok' | 'full', freeBytes: number | null, daysLeft: number | null) =>
    alertsOf({ ...fine, storage: { state, freeBytes, daysLeft } });
  expect(room('ok', null, null)).toEqual([]);
  expect(room('ok', 1e9, null)).toEqual(['storageLow']);
  expect(room('ok', 1e9, 400)).toEqual([]);
  expect(room('ok', 5e11, 15)).toEqual(['storageLow']);
  expect(room('full', 0, 0)).toEqual(['storageFull']);
  expect(alertsOf({ ...fine, database: 'full' })).toEqual(['databaseFull']);
  expect(alertsOf({ ...fine, recordLostSince: new Date() })).toEqual(['recordLost']);
  expect(alertsOf({ ...fine, jobs: [{ ...job, waiting: 1, oldestSeconds: 60 }] })).toEqual([]);
  const late = { ...job, waiting: 1, failed: 1, oldestSeconds: 3_600 };
  expect(alertsOf({ ...fine, jobs: [late] })).toEqual(['workerSlow', 'jobsFailed']);
  const until = (days: number) => new Date(Date.now() + days * 86_400_000);
  expect(alertsOf({ ...fine, certificates: { expires: until(100), isRefused: true } })).toEqual(['certificateRefused']);
  expect(alertsOf({ ...fine, certificates: { expires: until(10), isRefused: false } })).toEqual(['certificateExpires']);
  expect(alertsOf({ ...fine, certificates: { expires: until(-1), isRefused: false } })).toEqual(['certificateExpired']);
  expect(alertsOf({ ...fine, devicesWaiting: 1, unreported: 1 })).toEqual(['devicesWait', 'commitmentsUnreported']);
  expect(alertsOf({ ...fine, jobs: [late], programs: [] })).toEqual(['workerAway', 'jobsFailed']);
});
