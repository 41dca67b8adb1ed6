import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { objectHeadBytes } from '#dicom/file/file-meta.ts';
import { openDatabase } from '#index/database.ts';
import { objectKey } from '#storage/keys.ts';
import type { Storage } from '#storage/storage.ts';
import { smallInstance } from '#tests/dataset-bytes.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';

import { type Ran, runCommand } from './test-command-line.ts';
import { type CommandSite, keysBelow, openCommandSite, putBytes, putObject } from './test-objects.ts';

let postgres: TestDatabase;
let site: CommandSite;
let directory: string;
let storage: Storage;
let environment: CommandSite['environment'];

beforeAll(async () => {
  postgres = await startTestDatabase();
});
afterAll(() => postgres[Symbol.asyncDispose]());

beforeEach(async () => {
  site = await openCommandSite(postgres.url);
  ({ directory, storage, environment } = site);
});
afterEach(() => site[Symbol.asyncDispose]());

const removeUnfinished = (...options: string[]): Promise<Ran> =>
  runCommand(environment, 'remove-unfinished', ...options);
const hoursAgo = (hours: number): Date => new Date(Date.now() - hours * 3_600_000);
const whole = (instance: string, began: Date): Promise<string> =>
  putObject(storage, { dataset: smallInstance({ instance }), SOPInstanceUID: instance, began });

async function unfinished(began: Date, bytes: Buffer): Promise<string> {
  const key = objectKey('i', began);
  if (bytes.length > 0) await putBytes(storage, key, bytes);
  else {
    await mkdir(dirname(join(directory, 'objects', key)), { recursive: true });
    await writeFile(join(directory, 'objects', key), '');
  }
  return key;
}

test('what never came to its end is listed, then removed, when it is older than a day', async () => {
  const kept = await whole('1.1', hoursAgo(100));
  expect((await runCommand(environment, 'rebuild')).status).toBe(0);
  const dataset = Buffer.concat([Buffer.alloc(objectHeadBytes), smallInstance({ instance: '1.2' })]);
  const gone = [
    await unfinished(hoursAgo(26), dataset),
    await unfinished(hoursAgo(50), Buffer.alloc(100)),
    await unfinished(hoursAgo(50), Buffer.alloc(0)),
  ];
  const young = await unfinished(hoursAgo(23), dataset);
  const before = await keysBelow(storage, 'i/');

  const { status, out } = await removeUnfinished();
  expect(status).toBe(0);
  for (const key of gone) expect(out).toContain(`unfinished: ${key}  `);
  expect(out).toMatch(/3 objects \([\d.]+ kB\) unfinished\. Nothing was removed: .* --yes removes them\.\n$/);
  expect(await keysBelow(storage, 'i/')).toEqual(before);

  const removed = await removeUnfinished('--yes');
  expect([removed.status, removed.out]).toEqual([0, expect.stringMatching(/3 objects .* removed\.\n$/)]);
  expect((await keysBelow(storage, 'i/')).sort()).toEqual([kept, young].sort());
  expect((await removeUnfinished('--yes')).out).toBe('No object older than a day is unfinished.\n');
});

test('whatever may be an instance stays', async () => {
  const named = await whole('1.1', hoursAgo(100));
  expect((await runCommand(environment, 'rebuild')).status).toBe(0);
  const old = hoursAgo(48);
  // A whole one that the index does not know, one whose end is missing, one with a damaged head.
  const unreferenced = await whole('1.2', old);
  const cut = await whole('1.3', old);
  await truncate(join(directory, 'objects', cut), objectHeadBytes + 10);
  const short = await whole('1.4', old);
  await truncate(join(directory, 'objects', short), 200);
  const damaged = await unfinished(old, Buffer.concat([Buffer.alloc(500), Buffer.alloc(600, 1)]));
  // And one whose head has become zeros, but that the index names: it was acknowledged.
  await writeFile(join(directory, 'objects', named), Buffer.alloc(5_000));
  const before = await keysBelow(storage, 'i/');
  expect(before).toHaveLength(5);
  expect(new Set(before)).toEqual(new Set([named, unreferenced, cut, short, damaged]));
  const { status, out } = await removeUnfinished('--yes');
  expect([status, out]).toEqual([0, 'No object older than a day is unfinished.\n']);
  expect(await keysBelow(storage, 'i/')).toEqual(before);
});

test('nothing is removed while Lightbox is at work, nor without an index', async () => {
  const kept = await whole('1.1', hoursAgo(100));
  expect((await runCommand(environment, 'rebuild')).status).toBe(0);
  const key = await unfinished(hoursAgo(48), Buffer.alloc(2_000));
  {
    await using archive = openDatabase(postgres.url, { max: 1, applicationName: 'lightbox archive' });
    await archive.pool.query('SELECT 1');
    const { status, err } = await removeUnfinished('--yes');
    expect([status, err]).toEqual([1, expect.stringMatching(/^Lightbox uses this database \(lightbox archive/)]);
  }
  await postgres.database.pool.query('DROP SCHEMA index CASCADE');
  const { status, err } = await removeUnfinished('--yes');
  expect([status, err]).toEqual([1, expect.stringContaining('run lightbox rebuild first')]);
  expect((await keysBelow(storage, 'i/')).sort()).toEqual([kept, key].sort());
});

test('an index that was being rebuilt keeps everything in its place', async () => {
  const kept = await whole('1.1', hoursAgo(100));
  expect((await runCommand(environment, 'rebuild')).status).toBe(0);
  const key = await unfinished(hoursAgo(48), Buffer.alloc(2_000));
  await postgres.database.pool.query('CREATE SCHEMA index_is_being_rebuilt');
  try {
    expect((await removeUnfinished('--yes')).status).toBe(1);
    expect((await keysBelow(storage, 'i/')).sort()).toEqual([kept, key].sort());
  } finally {
    await postgres.database.pool.query('DROP SCHEMA index_is_being_rebuilt');
  }
});
