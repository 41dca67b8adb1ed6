import { once } from 'node:events';
import { open, readdir, readFile, rename, stat, truncate, unlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openDatabase } from '#index/database.ts';
import { rowTotals } from '#index/verify.ts';
import { objectKey } from '#storage/keys.ts';
import type { Storage } from '#storage/storage.ts';
import { smallInstance } from '#tests/dataset-bytes.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';

import { checkRows } from './check-objects.ts';
import { KeySet } from './key-set.ts';
import { type Ran, runCommand, runProcess } from './test-command-line.ts';
import { type CommandSite, openCommandSite, putBytes, putObject } from './test-objects.ts';

let postgres: TestDatabase;
let site: CommandSite;
let directory: string;
let storage: Storage;
let environment: CommandSite['environment'];
/** Keys of three instances, `1.1` to `1.3`. */
let keys: string[];

beforeAll(async () => {
  postgres = await startTestDatabase();
});
afterAll(() => postgres[Symbol.asyncDispose]());

beforeEach(async () => {
  site = await openCommandSite(postgres.url);
  ({ directory, storage, environment } = site);
  keys = [];
  // Of one moment, they would come in any order.
  const start = Date.now();
  for (const [at, instance] of ['1.1', '1.2', '1.3'].entries()) {
    const began = new Date(start + at);
    keys.push(await putObject(storage, { dataset: smallInstance({ instance }), SOPInstanceUID: instance, began }));
  }
  expect((await runCommand(environment, 'rebuild')).status).toBe(0);
});
afterEach(() => site[Symbol.asyncDispose]());

const verify = (...options: string[]): Promise<Ran> => runCommand(environment, 'verify', ...options);
const fileOf = (key: string) => join(directory, 'objects', key);

async function overwrite(key: string, position: number, byte: number): Promise<void> {
  await using file = await open(fileOf(key), 'r+');
  await file.write(Buffer.from([byte]), 0, 1, position);
}

test('an archive that is whole is said to be whole, with status 0', async () => {
  const { status, out, err } = await runProcess(environment, 'verify');
  expect([status, err]).toEqual([0, '']);
  expect(out).toMatch(
    /^3 instances \([\d.]+ kB\) checked in [\d.]+ s\.\nEvery instance that the index names is there, whole\.\n$/,
  );
});

test('an object that is missing, cut or changed in its data set or its head is named by key and UID', async () => {
  await unlink(fileOf(keys[0]!));
  await truncate(fileOf(keys[1]!), 1100);
  await overwrite(keys[2]!, 1500, 0xff);
  const { status, out } = await verify();
  expect(status).toBe(1);
  expect(out.split('\n').slice(0, 3)).toEqual([
    `damaged: ${keys[0]}  1.1  the object is missing`,
    expect.stringMatching(`^damaged: ${keys[1]}  1\\.2  the object has 1100 bytes instead of \\d+$`),
    `damaged: ${keys[2]}  1.3  the data set differs from its digest`,
  ]);
  expect(out).toContain('Damage: 3 instances, 0 wrong counts');
  expect(out).not.toContain('NGUY');
});

test('a damaged head is damage, for a rebuild would leave the object out', async () => {
  await overwrite(keys[1]!, 130, 0);
  const { status, out } = await verify();
  expect([status, out]).toEqual([1, expect.stringContaining(`${keys[1]}  1.2  the data set is whole, but the head`)]);
});

test('--quick sees what is missing or cut, and reads no object', async () => {
  await overwrite(keys[0]!, 1500, 0xff);
  expect((await verify('--quick')).status).toBe(0);
  await truncate(fileOf(keys[0]!), 1100);
  const { status, out } = await verify('--quick');
  expect([status, out]).toEqual([1, expect.stringContaining(`damaged: ${keys[0]}  1.1  the object has 1100 bytes`)]);
});

test('objects that no row names are left over, and that is no damage', async () => {
  const unfinished = objectKey('i', new Date());
  await putBytes(storage, unfinished, Buffer.alloc(2000));
  const unreferenced = await putObject(storage, { dataset: smallInstance({ instance: '1.4' }), SOPInstanceUID: '1.4' });
  const copy = await putObject(storage, { dataset: smallInstance({ instance: '1.1' }), SOPInstanceUID: '1.1' });
  const { status, out } = await verify();
  expect(status).toBe(0);
  expect(out.split('\n').slice(0, 3).sort()).toEqual(
    [
      `left over: ${unfinished}  SOP Instance UID unknown  unfinished: on its way in, or cut off`,
      `left over: ${unreferenced}  1.4  unreferenced: the index does not name it`,
      `left over: ${copy}  1.1  repeats an object that the index names`,
    ].sort(),
  );
});

const ended = '<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>';

/** What becomes of a request to a server: a status, or undefined where it is answered as it should be. */
interface Answers {
  readonly bucket?: (at: number) => number | undefined;
  readonly list?: (at: number) => number | undefined;
  readonly object?: (at: number) => number | undefined;
}

/** Has a bucket with the objects, and lists one more, after which there are others. */
async function startServer({ bucket, list, object }: Answers, unnamed = objectKey('i', new Date())) {
  const asked = { bucket: 0, list: 0, object: 0 };
  const listed = `<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>${unnamed}</NextContinuationToken><Contents><Key>${unnamed}</Key><Size>9</Size></Contents></ListBucketResult>`;
  const server = createServer(async ({ method, url = '', headers }, response) => {
    const key = url.replace(/^\/images\/?|\?.*/g, '');
    const isList = url.includes('list-type');
    let status: number | undefined;
    if (isList) status = list?.(++asked.list);
    else if (key === '') status = bucket?.(++asked.bucket);
    else status = object?.(++asked.object);
    if (status !== undefined) return response.writeHead(status).end();
    if (isList) return response.end(url.includes(`continuation-token=${encodeURIComponent(unnamed)}`) ? ended : listed);
    if (key === '') return response.end();
    const bytes = await readFile(fileOf(key)).catch(() => Buffer.alloc(9));
    const [, from = 0, to = bytes.length - 1] = /bytes=(\d+)-(\d+)/.exec(headers.range ?? '') ?? [];
    const range = bytes.subarray(Number(from), Number(to) + 1);
    response.writeHead(method === 'HEAD' ? 200 : 206, {
      'content-length': range.length,
      etag: '"1"',
      'last-modified': new Date(0).toUTCString(),
    });
    return response.end(method === 'HEAD' ? undefined : range);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    STORAGE_URL: `s3://key:secret@127.0.0.1:${port}/images?tls=0`,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

test('an object that could not be looked at is no damage, and nothing is sure of it', async () => {
  const unnamed = objectKey('i', new Date());
  await using server = await startServer({ object: () => 503 }, unnamed);
  const { status, out } = await runCommand({ ...environment, STORAGE_URL: server.STORAGE_URL }, 'verify');
  const lines = out.split('\n').filter((line) => line.startsWith('not looked at: '));
  const named = lines.map((line) => line.split('  ').slice(0, 2).join('  '));
  expect(named).toEqual([
    ...keys.map((key, at) => `not looked at: ${key}  1.${at + 1}`),
    `not looked at: ${unnamed}  SOP Instance UID unknown`,
  ]);
  expect(out).toContain('4 objects could not be looked at');
  expect(out).not.toMatch(/amage|left over|whole\.$/m);
  expect(status).toBe(3);
});

test('an object that is there when it is looked at again is not damaged', async () => {
  await using server = await startServer({ object: (at) => (at === 1 ? 404 : undefined) });
  const { status, out } = await runCommand({ ...environment, STORAGE_URL: server.STORAGE_URL }, 'verify');
  expect(out).not.toMatch(/amage/);
  expect(status).toBe(0);
});

test('a storage that goes away under it leaves nothing sure, and the counts are compared all the same', async () => {
  await using server = await startServer({ object: () => 503, list: () => 503 });
  const away = { ...environment, STORAGE_URL: server.STORAGE_URL };
  const { status, out } = await runCommand(away, 'verify');
  expect(status).toBe(3);
  expect(out).toMatch(/^not looked at: what else lies there  /m);
  expect(out).toContain('3 objects could not be looked at');
  expect(out).not.toMatch(/amage|left over|whole\.$/m);
  await postgres.database.pool.query('UPDATE index.series SET number_of_instances = 7');
  const found = await runCommand(away, 'verify');
  expect([found.status, found.out]).toEqual([1, expect.stringContaining('the series says 7 instances and has 3\n')]);
});

test('a list that goes away leaves what it gave looked at, and nothing sure', async () => {
  const unnamed = objectKey('i', new Date());
  await using server = await startServer({ list: (at) => (at > 1 ? 503 : undefined) }, unnamed);
  const { status, out } = await runCommand({ ...environment, STORAGE_URL: server.STORAGE_URL }, 'verify');
  expect(out).toContain(`left over: ${unnamed}  SOP Instance UID unknown  unfinished`);
  expect(out).toMatch(/^not looked at: what else lies there  /m);
  expect(out).toMatch(/^What else lies there could not be listed to its end: .*run it again\.\n$/m);
  expect(out).not.toMatch(/amage|there, whole\.$/m);
  expect(status).toBe(3);
});

test('a list that is refused is damage, and all else is said all the same', async () => {
  await using server = await startServer({ list: () => 403 });
  const { status, out } = await runCommand({ ...environment, STORAGE_URL: server.STORAGE_URL }, 'verify');
  expect(out).toMatch(/^damaged: what else lies there cannot be listed  /m);
  expect(out).toMatch(/^3 instances \(.*\) checked in /m);
  expect(out).toMatch(/^What else lies there could not be listed to its end: /m);
  expect(out).not.toMatch(/^Damage: /m);
  expect(status).toBe(1);
});

test('where the bucket is not there any more nothing is called missing', async () => {
  await using server = await startServer({
    object: () => 404,
    bucket: (at) => (at > 1 ? 404 : undefined),
    list: () => 404,
  });
  const { status, out } = await runCommand({ ...environment, STORAGE_URL: server.STORAGE_URL }, 'verify');
  expect(out.split('\n').filter((line) => line.startsWith('not looked at: '))).toHaveLength(4);
  expect(out).not.toMatch(/amage|whole\.$/m);
  expect(status).toBe(3);
});

test('where the directory of the storage is not there any more nothing is called missing', async () => {
  await rename(join(directory, 'objects'), join(directory, 'elsewhere'));
  const { database } = postgres;
  const checked = checkRows({ database, storage, quick: true }, await rowTotals(database), new KeySet(3));
  const found = [];
  for await (const { damage, unseen } of checked) found.push({ damage, unseen });
  expect(found).toEqual(keys.map(() => ({ damage: undefined, unseen: expect.stringContaining('ENOENT') })));
});

test('counts that do not agree with the instances are damage', async () => {
  await postgres.database.pool.query('UPDATE index.series SET number_of_instances = 7');
  const { status, out } = await verify('--quick');
  expect(status).toBe(1);
  expect(out).toContain('wrong count: 1.2.3  1.2.3.4  the series says 7 instances and has 3\n');
  expect(out).toContain('wrong count: 1.2.3  the study says 1 series with 3 instances and has 1 with 7\n');
});

test('nothing is written, neither in the storage nor in the database', async () => {
  const state = async () => {
    const names = await readdir(directory, { recursive: true });
    const files = await Promise.all(
      names.sort().map(async (name) => {
        const { mtimeMs, ctimeMs, size } = await stat(join(directory, name));
        return [name, mtimeMs, ctimeMs, size];
      }),
    );
    const { rows } = await postgres.database.pool.query(
      `SELECT oid::regclass::text AS what, relfilenode::text AS version FROM pg_class
       WHERE relnamespace::regnamespace::text IN ('index', 'site')
       UNION ALL SELECT i::text, xmin::text FROM index.instance i
       UNION ALL SELECT e::text, xmin::text FROM index.series e
       UNION ALL SELECT s::text, xmin::text FROM index.study s ORDER BY 1`,
    );
    return { files, rows };
  };
  const before = await state();
  expect((await verify()).status).toBe(0);
  expect((await verify('--quick')).status).toBe(0);
  expect(await state()).toEqual(before);
});

test('PostgreSQL itself refuses a statement that would change something', async () => {
  await using database = openDatabase(postgres.url, { max: 1, applicationName: 'test', readOnly: true });
  await expect(database.pool.query('DELETE FROM index.instance')).rejects.toThrow('read-only transaction');
});

test('a storage that is not there is said in one line, and not made', async () => {
  const STORAGE_URL = `file://${directory}/elsewhere`;
  const { status, err } = await runCommand({ ...environment, STORAGE_URL }, 'verify');
  expect([status, err]).toEqual([
    1,
    `STORAGE_URL is ${STORAGE_URL}, and there is no such directory. Is the disk mounted?\n`,
  ]);
  await expect(stat(join(directory, 'elsewhere'))).rejects.toThrow('ENOENT');
});
