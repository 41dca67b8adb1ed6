import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { openDatabase } from '#index/database.ts';
import { EmbeddedPostgres } from '#index/embedded.ts';
import { limits } from '#settings/limits.ts';
import { openStorage } from '#storage/storage.ts';
import { giveCluster } from '#tests/cluster-template.ts';
import { fillDisk, mountDisk } from '#tests/full-disk.ts';
import { startTestDatabase, startTestServer } from '#tests/test-database.ts';
import { openHealth, untilReady } from './health.ts';

test('whoever waits for an archive to be ready is told when it is, or in the end that it is not', async () => {
  await using opened = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'lightbox-health-'));
  opened.defer(() => rm(directory, { recursive: true }));
  const storageUrl = pathToFileURL(join(directory, 'objects')).href;
  const storage = opened.use(await openStorage(storageUrl, { spoolDir: join(directory, 'spool') }));
  const postgres = opened.use(await startTestServer());
  const address = new URL(postgres.url);
  address.pathname = '/later';
  const database = opened.use(openDatabase(address.href, { max: 2, applicationName: 'test' }));
  const health = openHealth({ database: database.pool, storage, processes: () => [], log: pino({ level: 'silent' }) });

  expect(await untilReady(health, 1)).toMatchObject({ status: 'not-ready', database: 'failed', storage: 'ok' });
  const waited = untilReady(health, 60_000);
  await postgres.database.pool.query('CREATE DATABASE later');
  expect(await waited).toMatchObject({ status: 'ready', database: 'ok', storage: 'ok' });
});

test('a directory that is gone, or is none any more, is a storage that failed until it is back', async () => {
  await using opened = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'lightbox-health-'));
  opened.defer(() => rm(directory, { recursive: true }));
  const objects = join(directory, 'objects');
  const storage = opened.use(
    await openStorage(pathToFileURL(objects).href, { spoolDir: join(directory, 'spool'), reserveBytes: 0 }),
  );
  const postgres = opened.use(await startTestDatabase());
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => void lines.push((JSON.parse(line) as { msg: string }).msg) });
  const look = openHealth({ database: postgres.database.pool, storage, processes: () => [], log });
  // A look counts for a second.
  const becomes = async (state: string) =>
    await expect.poll(async () => (await look()).storage, { timeout: 30_000 }).toBe(state);
  await becomes('ok');
  expect(await look()).toMatchObject({ storageFault: null, storageSince: null, databaseSince: null });
  await rename(objects, `${objects}.away`);
  await becomes('failed');
  const { storageSince, storageFault } = await look();
  expect([storageFault, storageSince]).toEqual(['missing', expect.any(Date)]);
  await writeFile(objects, 'a file');
  await setTimeout(limits.http.healthRememberedMs);
  expect(await look()).toMatchObject({ storage: 'failed', storageFault: 'missing', storageSince });
  await rm(objects);
  await rename(`${objects}.away`, objects);
  await becomes('ok');
  expect(await look()).toMatchObject({ storageFault: null, storageSince: null });
  // Each is written down at the second look that finds it. On a busy machine the database may be late as well.
  const ofStorage = async () => {
    await look();
    return lines.filter((line) => line.includes('storage'));
  };
  const changes = ['the storage has failed: nothing can be stored', 'the storage works again'];
  await expect.poll(ofStorage, { timeout: 30_000 }).toEqual(changes);
  expect(await readdir(join(objects, 'd'), { recursive: true, withFileTypes: true })).not.toContainEqual(
    expect.objectContaining({ name: expect.stringMatching(/^[0-9a-f]{32}$/) }),
  );
});

const isRoot = process.platform === 'linux' && process.getuid?.() === 0;

test.skipIf(!isRoot)(
  'a database whose disk is full finds and does not keep, until there is room again (as root)',
  async (context) => {
    await using opened = new AsyncDisposableStack();
    const directory = await mkdtemp(join(tmpdir(), 'lightbox-health-'));
    opened.defer(() => rm(directory, { recursive: true }));
    const disk = join(directory, 'disk');
    await mkdir(disk);
    opened.use(mountDisk(disk, 120, context));
    await giveCluster(disk);
    const postgres = opened.use(await EmbeddedPostgres.start({ dataDir: disk, onLog: () => {} }));
    const database = opened.use(openDatabase(postgres.url, { max: 4, applicationName: 'test' }));
    const storageUrl = pathToFileURL(join(directory, 'objects')).href;
    const storage = opened.use(await openStorage(storageUrl, { spoolDir: join(directory, 'spool') }));
    const look = openHealth({ database: database.pool, storage, processes: () => [], log: pino({ level: 'silent' }) });
    const becomes = async (state: string) =>
      await expect.poll(async () => (await look()).database, { timeout: 30_000 }).toBe(state);
    await becomes('ok');

    await fillDisk(join(disk, 'of others'));
    await becomes('full');
    expect(await look()).toMatchObject({ status: 'degraded', storage: 'ok', databaseSince: expect.any(Date) });
    await rm(join(disk, 'of others'));
    await becomes('ok');
    expect(await look()).toMatchObject({ status: 'ready', databaseSince: null });
  },
);
