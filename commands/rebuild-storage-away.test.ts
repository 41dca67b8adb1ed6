import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { storeNumber } from '#index/objects.ts';
import { migrate } from '#index/migrate.ts';
import { dropIndex, finishRebuild } from '#index/rebuild.ts';
import { InstanceWriter } from '#index/write.ts';
import { storageName } from '#storage/storage-name.ts';
import { openStorage, StorageUnavailable } from '#storage/storage.ts';
import { smallInstance } from '#tests/dataset-bytes.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';

import { replayObjects } from './replay-objects.ts';
import { StoragePatience } from './storage-patience.ts';
import { putObject, runCommand } from './test-objects.ts';

let postgres: TestDatabase;
let directory: string;
let object: { key: string; bytes: Buffer };

beforeAll(async () => {
  postgres = await startTestDatabase();
});
afterAll(() => postgres[Symbol.asyncDispose]());

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-rebuild-'));
  const made = { spoolDir: join(directory, 'spool'), reserveBytes: 0 };
  await using storage = await openStorage(`file://${directory}/objects`, made);
  const key = await putObject(storage, { dataset: smallInstance(), SOPInstanceUID: '1.2.3.4.5' });
  object = { key, bytes: await readFile(join(directory, 'objects', key)) };
});
afterEach(async () => {
  // An index that was left half done is whole again for the next test.
  await dropIndex(postgres.database);
  await migrate(postgres.database);
  await finishRebuild(postgres.database);
  await rm(directory, { recursive: true, force: true });
});

/** Has a bucket with the one object, and is too busy for so many of the questions for the object, or for the list of it. */
async function busyServer(busy: { lists?: (at: number) => boolean; reads?: (at: number) => boolean }) {
  let lists = 0;
  let reads = 0;
  const server = createServer(({ url = '', headers }, response) => {
    const isList = url.includes('list-type');
    if (/^\/images\/?(\?|$)/.test(url) && !isList) return response.writeHead(200).end();
    if (isList ? busy.lists?.(++lists) : busy.reads?.(++reads)) return response.writeHead(503).end();
    if (isList) {
      const { key, bytes } = object;
      const contents = url.includes('prefix=i%2F')
        ? `<Contents><Key>${key}</Key><Size>${bytes.length}</Size></Contents>`
        : '';
      return response.end(`<ListBucketResult><IsTruncated>false</IsTruncated>${contents}</ListBucketResult>`);
    }
    const [, from = 0, to = object.bytes.length - 1] = /bytes=(\d+)-(\d+)/.exec(headers.range ?? '') ?? [];
    return response.writeHead(206).end(object.bytes.subarray(Number(from), Number(to) + 1));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const STORAGE_URL = `s3://key:secret@127.0.0.1:${port}/images?tls=0`;
  return {
    STORAGE_URL,
    run: (command: string) =>
      runCommand({ DATA_DIR: directory, DATABASE_URL: postgres.url, STORAGE_URL, HTTP_PORT: '0' }, command),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function indexed(): Promise<string[]> {
  const { rows } = await postgres.database.pool.query<{ key: string }>('SELECT key FROM index.instance');
  return rows.map(({ key }) => key);
}

test('a rebuild waits for a storage that is busy for a moment, and leaves nothing out', async () => {
  await using server = await busyServer({ reads: (at) => at <= 6 });
  const { status, out } = await server.run('rebuild');
  expect(out).toContain('The storage cannot be read now');
  expect(out).not.toContain('left out');
  expect([status, await indexed()]).toEqual([0, [object.key]]);
});

test('an object that still cannot be read then ends the rebuild, and is not left out', async () => {
  // Either when its head is looked at, or later when all is read that the index knows of it.
  for (const readable of [0, 1]) {
    await using server = await busyServer({ reads: (at) => at > readable });
    await using storage = await openStorage(server.STORAGE_URL, {
      spoolDir: join(directory, 'spool'),
      reserveBytes: 0,
    });
    await using writer = new InstanceWriter(postgres.url);
    const leftOut: string[] = [];
    const patience = new StoragePatience({ patienceMs: 0, onFirst() {} });
    const { database } = postgres;
    const store = await storeNumber(database, storageName(server.STORAGE_URL));
    const replaying = replayObjects(
      { storage, patience, store, database, writer },
      { done() {}, leftOut: (_, reason) => void leftOut.push(reason), unfinished() {}, copy() {} },
    );
    await expect(replaying).rejects.toThrow(StorageUnavailable);
    expect(leftOut).toEqual([]);
  }
});

test('a rebuild that the storage stopped says why and what to do, and nothing works on what it left', async () => {
  // It was asked whether it holds anything at all.
  await using server = await busyServer({ lists: (at) => at > 1 });
  const { status, err } = await server.run('rebuild');
  expect(status).toBe(1);
  expect(err).toMatch(
    /^The rebuild stopped, for the storage cannot be read now: .*run "lightbox rebuild" to its end\.$/m,
  );
  expect(await server.run('verify')).toMatchObject({
    status: 1,
    err: expect.stringContaining('run "lightbox rebuild" to its end'),
  });
});
