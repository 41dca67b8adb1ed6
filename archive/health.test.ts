import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { openDatabase } from '#index/database.ts';
import { openStorage } from '#storage/storage.ts';
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
  const health = openHealth({ database: database.pool, storage, processes: () => [] });

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
  const health = async () => {
    const now = openHealth({ database: postgres.database.pool, storage, processes: () => [] });
    return (await now()).storage;
  };
  expect(await health()).toBe('ok');
  await rename(objects, `${objects}.away`);
  expect(await health()).toBe('failed');
  await writeFile(objects, 'a file');
  expect(await health()).toBe('failed');
  await rm(objects);
  await rename(`${objects}.away`, objects);
  expect(await health()).toBe('ok');
  expect(await readdir(join(objects, 'd'), { recursive: true, withFileTypes: true })).not.toContainEqual(
    expect.objectContaining({ name: expect.stringMatching(/^[0-9a-f]{32}$/) }),
  );
});
