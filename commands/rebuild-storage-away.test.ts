import { once } from 'node:events';
import { renameSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { storeNumber } from '#index/objects.ts';
import { migrate } from '#index/migrate.ts';
import { dropIndex, finishRebuild } from '#index/rebuild.ts';
import { InstanceWriter } from '#index/write.ts';
import { keepWhole } from '#storage/keep-whole.ts';
import { objectKey } from '#storage/keys.ts';
import { storageName } from '#storage/storage-name.ts';
import { isUnreadable, openStorage, StorageUnavailable } from '#storage/storage.ts';
import { smallInstance } from '#tests/dataset-bytes.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';

import { replayObjects } from './replay-objects.ts';
import { StoragePatience } from './storage-patience.ts';
import { runCommand } from './test-command-line.ts';
import { putObject } from './test-objects.ts';

let postgres: TestDatabase;
let directory: string;
/** What the bucket holds, by key: three instances. */
let objects: Map<string, Buffer>;
/** Their keys, in order. */
let keys: string[];

beforeAll(async () => {
  postgres = await startTestDatabase();
});
afterAll(() => postgres[Symbol.asyncDispose]());

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-rebuild-'));
  const made = { spoolDir: join(directory, 'spool'), reserveBytes: 0 };
  await using storage = await openStorage(`file://${directory}/objects`, made);
  objects = new Map();
  for (const instance of ['1.1', '1.2', '1.3']) {
    const key = await putObject(storage, { dataset: smallInstance({ instance }), SOPInstanceUID: instance });
    objects.set(key, await readFile(join(directory, 'objects', key)));
  }
  keys = [...objects.keys()].sort();
});
afterEach(async () => {
  // An index that was left half done is whole again for the next test.
  await dropIndex(postgres.database);
  await migrate(postgres.database);
  await finishRebuild(postgres.database);
  await rm(directory, { recursive: true, force: true });
});

/** Another answer than the one that is due: a status; the beginning of the object; a list that ends where it begins. */
type Otherwise = number | 'breaks off' | 'nothing' | undefined;

/** Told which time it is that this is asked for. */
interface Answers {
  readonly list?: (at: number, prefix: string) => Otherwise;
  readonly read?: (key: string, at: number) => Otherwise;
  readonly remove?: (at: number) => Otherwise;
}

/** Has the bucket with the objects, of which it lists one at a time. */
async function startServer({ list, read, remove }: Answers = {}) {
  const asked = new Map<string, number>();
  const listedAfter: string[] = [];
  const times = (what: string): number => {
    const at = (asked.get(what) ?? 0) + 1;
    asked.set(what, at);
    return at;
  };
  const server = createServer(({ method, url = '', headers }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://s3');
    const key = pathname.replace(/^\/images\/?/, '');
    const prefix = searchParams.get('prefix') ?? '';
    let other: Otherwise;
    if (searchParams.has('list-type')) other = list?.(times('list'), prefix);
    else if (key !== '') other = method === 'DELETE' ? remove?.(times('DELETE')) : read?.(key, times(key));
    if (typeof other === 'number') return response.writeHead(other).end();
    if (searchParams.has('list-type')) {
      const from = searchParams.get('start-after') ?? '';
      if (from !== '') listedAfter.push(from);
      const behind = searchParams.get('continuation-token') || from;
      const found = [...objects.keys()].filter((each) => each.startsWith(prefix) && each > behind).sort();
      const [next] = other === 'nothing' ? [] : found;
      const more = found.length > 1 ? `<NextContinuationToken>${next}</NextContinuationToken>` : '';
      const contents = next && `<Contents><Key>${next}</Key><Size>${objects.get(next)!.length}</Size></Contents>`;
      const isTruncated = next !== undefined && more !== '';
      return response.end(
        `<ListBucketResult><IsTruncated>${isTruncated}</IsTruncated>${more}${contents ?? ''}</ListBucketResult>`,
      );
    }
    if (key === '') return response.end();
    if (method === 'DELETE') {
      objects.delete(key);
      return response.writeHead(204).end();
    }
    const bytes = objects.get(key)!;
    const [, from = 0, to = bytes.length - 1] = /bytes=(\d+)-(\d+)/.exec(headers.range ?? '') ?? [];
    const range = bytes.subarray(Number(from), Number(to) + 1);
    response.writeHead(206, { 'content-length': range.length });
    if (other !== 'breaks off') return response.end(range);
    response.flushHeaders();
    return setImmediate(() => response.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const STORAGE_URL = `s3://key:secret@127.0.0.1:${port}/images?tls=0`;
  return {
    STORAGE_URL,
    /** Behind which keys a list was begun. */
    listedAfter,
    run: (command: string) =>
      runCommand({ DATA_DIR: directory, DATABASE_URL: postgres.url, STORAGE_URL, HTTP_PORT: '0' }, command),
    openStorage: () => openStorage(STORAGE_URL, { spoolDir: join(directory, 'spool'), reserveBytes: 0 }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Tells the index of all objects, with no patience. @returns the keys of those that were left out */
async function replay(answers: Answers): Promise<string[]> {
  await using server = await startServer(answers);
  await using storage = await server.openStorage();
  await using writer = new InstanceWriter(postgres.url);
  const leftOut: string[] = [];
  const patience = new StoragePatience(storage, { patienceMs: 0, onFirst() {} });
  const { database } = postgres;
  const store = await storeNumber(database, storageName(server.STORAGE_URL));
  await replayObjects(
    { storage, patience, store, database, writer },
    { done() {}, leftOut: ({ key }) => void leftOut.push(key), unfinished() {}, copy() {} },
  );
  return leftOut;
}

async function indexed(): Promise<string[]> {
  const { rows } = await postgres.database.pool.query<{ key: string }>('SELECT key FROM index.instance');
  return rows.map(({ key }) => key).sort();
}

const stopped = /^The rebuild stopped, for the storage cannot be read now: .*run "lightbox rebuild" to its end\.$/m;

test('a rebuild waits for a storage that is busy for a moment, and leaves nothing out', async () => {
  await using server = await startServer({
    list: (at) => (at > 1 && at <= 6 ? 503 : undefined),
    read: (_, at) => (at <= 6 ? 503 : undefined),
    remove: (at) => (at <= 3 ? 503 : undefined),
  });
  const derived = objectKey('d', new Date());
  objects.set(derived, Buffer.from('a picture'));
  const { status, out } = await server.run('rebuild');
  expect(out).toContain('The storage cannot be read now');
  expect(out).not.toContain('left out');
  expect([status, await indexed()]).toEqual([0, keys]);
  expect([...objects.keys()].sort()).toEqual(keys);
});

test('a list that breaks is gone on with behind the last object that it gave', async () => {
  await using server = await startServer({ list: (at) => (at === 3 || at === 4 ? 503 : undefined) });
  await using storage = await server.openStorage();
  const patience = new StoragePatience(storage, { patienceMs: 60_000, onFirst() {} });
  const listed: string[] = [];
  for await (const { key } of patience.list('i/')) listed.push(key);
  expect(listed).toEqual(keys);
  expect(new Set(server.listedAfter)).toEqual(new Set([keys[1]]));
});

test('a list of files whose disk goes away in its midst, and comes back, gives every object', async () => {
  const root = join(directory, 'objects');
  await using storage = await openStorage(`file://${root}`, { spoolDir: join(directory, 'spool'), reserveBytes: 0 });
  // Each hour is a directory of its own.
  for (const hour of [1, 2, 3])
    await keepWhole(storage, objectKey('d', new Date(Date.UTC(2026, 1, 1, hour))), Buffer.of(1));
  const patience = new StoragePatience(storage, {
    patienceMs: 60_000,
    onFirst: () => renameSync(`${root}-away`, root),
  });
  const listed: string[] = [];
  for await (const { key } of patience.list('d/')) {
    if (listed.push(key) === 1) await rename(root, `${root}-away`);
  }
  expect(listed).toHaveLength(3);
});

const ways = [503, 403, 404, 'breaks off'] as const;

test.each(ways)('one object that never answers is left out by name, and the others are indexed: %s', async (way) => {
  const [first, second] = keys;
  // Either when its head is looked at, or later when all is read that the index knows of it.
  const read = (key: string, at: number) => (key === first || (key === second && at > 1) ? way : undefined);
  expect((await replay({ read })).toSorted()).toEqual([first, second]);
  expect(await indexed()).toEqual([keys[2]]);
});

test.each([
  { what: '404', way: 404, times: 1 },
  // The client itself asks for it once more.
  { what: '503', way: 503, times: 2 },
] as const)('an object that is read when it is asked for again is not left out: $what', async ({ way, times }) => {
  for (const readable of [0, 1]) {
    const read = (key: string, at: number) =>
      key === keys[0] && at > readable && at <= readable + times ? way : undefined;
    expect(await replay({ read })).toEqual([]);
  }
  expect(await indexed()).toEqual(keys);
});

test.each(ways)('where no object can be read the rebuild ends, and none is left out: %s', async (way) => {
  for (const readable of [0, 1])
    await expect(replay({ read: (_, at) => (at > readable ? way : undefined) })).rejects.toThrow(StorageUnavailable);
  expect(await indexed()).toEqual([]);
});

test('of many damaged objects that come first each is left out, when one behind them can be read', async () => {
  const first = Array.from({ length: 70 }, () => objectKey('i', new Date(0)));
  for (const key of first) objects.set(key, Buffer.of(1));
  await using server = await startServer({ read: (key) => (key === keys[2] ? undefined : 403) });
  await using storage = await server.openStorage();
  const patience = new StoragePatience(storage, { patienceMs: 0, onFirst() {} });
  const read = patience.read(first[0]!, () => storage.readRange(first[0]!, 0, 1));
  await expect(read).rejects.toSatisfy(isUnreadable);
});

test('the only object that there is ends the rebuild while it is not to be had, and is left out when it is damaged', async () => {
  for (const key of keys.slice(1)) objects.delete(key);
  await expect(replay({ read: () => 503 })).rejects.toThrow(StorageUnavailable);
  expect(await replay({ read: () => 403 })).toEqual([keys[0]]);
});

test('a rebuild that the storage stopped says why and what to do, and nothing works on what it left', async () => {
  for (const key of keys.slice(1)) objects.delete(key);
  // It was asked whether it holds anything at all.
  await using server = await startServer({ list: (at) => (at > 1 ? 403 : undefined) });
  const { status, err } = await server.run('rebuild');
  expect([status, err]).toEqual([1, expect.stringMatching(stopped)]);
  expect(await server.run('verify')).toMatchObject({
    status: 1,
    err: expect.stringContaining('run "lightbox rebuild" to its end'),
  });
});

test('a storage that holds nothing any more at the end stops the rebuild too: its disk went away', async () => {
  let isGone = false;
  await using server = await startServer({
    list: () => (isGone ? 'nothing' : undefined),
    read: (_, at) => {
      isGone ||= at > 1;
      return undefined;
    },
  });
  const { status, err } = await server.run('rebuild');
  expect([status, err]).toEqual([1, expect.stringMatching(stopped)]);
});
