import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase } from '#index/database.ts';
import { storeNumber } from '#index/objects.ts';
import { ctSeries } from '#samples/ct.ts';
import { dicomFile } from '#samples/write.ts';
import { openStorage, type Storage } from '#storage/storage.ts';
import { openKeeper } from '#tests/keep-file.ts';
import { until } from '#tests/running-lightbox.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import { beginRun } from './after-stop.ts';

let dataDir: string;
let postgres: TestDatabase;
let storage: Storage;
let store: number;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'lightbox-after-stop-'));
  postgres = await startTestDatabase();
  storage = await openStorage(pathToFileURL(join(dataDir, 'objects')).href, { spoolDir: dataDir, reserveBytes: 0 });
  store = await storeNumber(postgres.database, 'file:test');
  // The last run of this archive was killed.
  await writeFile(join(dataDir, 'archive.running'), '1');
});
afterEach(async () => {
  await storage[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
  await rm(dataDir, { recursive: true });
});

/** Two rows; the object of the second one is gone. @returns its bytes and its key */
async function loseOne(): Promise<{ key: string; bytes: Buffer }> {
  const keeper = openKeeper(postgres.url, storage, store);
  let key = '';
  for (const { attributes } of ctSeries({ seed: 'after a stop', number: 0, slices: 2 }))
    ({ key } = await keeper.keep(dicomFile(attributes)));
  await keeper[Symbol.asyncDispose]();
  // PostgreSQL hears of it a moment later.
  await until(async () => (await ingesting()) === 0);
  const bytes = await storage.readRange(key, 0, (await storage.length(key)) ?? 0);
  await storage.remove(key);
  return { key, bytes };
}

const count = async (text: string) => (await postgres.database.pool.query(text)).rowCount ?? 0;
const rows = () => count('SELECT FROM index.instance');
const ingesting = () => count(`SELECT FROM pg_stat_activity WHERE application_name = 'lightbox ingest'`);
const begin = () => beginRun({ database: postgres.database, storage, store, dataDir, log: pino({ level: 'silent' }) });

test('a row without an object is taken back after an unclean stop, and its neighbour is not', async () => {
  await loseOne();
  await begin();
  expect(await rows()).toBe(1);
});

test('an empty store that the index has older instances in stops the start, again and again, and costs no row', async () => {
  const { key } = await loseOne();
  for await (const { key: other } of storage.list('i/')) await storage.remove(other);
  const pool = postgres.database.pool;
  await pool.query(
    `UPDATE index.instance SET received_at = received_at - interval '3 minutes' WHERE id = (SELECT min(id) FROM index.instance)`,
  );
  await expect(begin()).rejects.toThrow('Is the disk mounted?');
  expect(await rows()).toBe(2);
  // After a clean stop no row may be without its object, however young it is.
  await pool.query('UPDATE index.instance SET received_at = now()');
  await rm(join(dataDir, 'archive.running'));
  for (let i = 0; i < 2; i++) await expect(begin()).rejects.toThrow('Is the disk mounted?');
  expect(await rows()).toBe(2);
  await (await storage.begin(key)).commit();
  await begin();
});

test('an empty store in place of the one that the index names stops the start, with where that was', async () => {
  await loseOne();
  for await (const { key: other } of storage.list('i/')) await storage.remove(other);
  store = await storeNumber(postgres.database, 'file:///elsewhere');
  await expect(begin()).rejects.toThrow('the index names some in file:test. Is the disk mounted?');
  expect(await rows()).toBe(2);
});

test('a row of another archive whose object is still on its way to a shared disk stays', async () => {
  const { key, bytes } = await loseOne();
  await using other = openDatabase(postgres.url, { max: 1, applicationName: 'lightbox ingest' });
  await other.pool.query('SELECT');
  const beginning = begin();
  // It waits for the other archive, and takes nothing back meanwhile.
  expect(await Promise.race([beginning.then(() => 'begun'), delay(1_500, 'waits')])).toBe('waits');
  expect(await rows()).toBe(2);
  const object = await storage.begin(key);
  await object.write(bytes);
  await object.commit();
  await beginning;
  expect(await rows()).toBe(2);
});
