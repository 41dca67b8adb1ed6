import { afterAll, beforeAll, expect, test } from 'vitest';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ctSeries } from '#samples/ct.ts';
import { dicomFile } from '#samples/write.ts';
import { openStorage } from '#storage/storage.ts';
import { openKeeper } from '#tests/keep-file.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';

import { type Derived, replaceDerived } from './derived.ts';
import { storeNumber } from './objects.ts';

let directory: string;
let running: TestDatabase;
let series: number;
let store: number;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-derived-'));
  running = await startTestDatabase();
  store = await storeNumber(running.database, 'file:test');
  await using storage = await openStorage(pathToFileURL(directory).href, { spoolDir: directory });
  await using keeper = openKeeper(running.url, storage, store);
  for (const { attributes } of ctSeries({ seed: 'derived', number: 0, slices: 1 })) {
    await keeper.keep(dicomFile(attributes));
  }
  series = (await running.database.pool.query('SELECT id FROM index.series')).rows[0].id;
});
afterAll(async () => {
  await running[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

function derived(generation: number, key: string): Derived {
  const digest = Buffer.alloc(32);
  return { series, kind: 'thumbnail', generation, store, key, length: 1, mediaType: 'image/webp', digest };
}

test('a newer object takes the place of an older one, which is named for removal; an older one never does', async () => {
  const { database } = running;
  expect(await replaceDerived(database, derived(2, 'd/a'))).toEqual({ kept: true, replaced: undefined });
  expect(await replaceDerived(database, derived(3, 'd/b'))).toEqual({ kept: true, replaced: 'd/a' });
  expect(await replaceDerived(database, derived(2, 'd/c'))).toEqual({ kept: false, replaced: undefined });
  const { rows } = await database.pool.query('SELECT key, generation FROM index.derived');
  expect(rows).toEqual([{ key: 'd/b', generation: 3 }]);
});

test('an object of a series that is gone gets no row', async () => {
  const gone = { ...derived(1, 'd/d'), series: 987_654 };
  expect(await replaceDerived(running.database, gone)).toEqual({ kept: false, replaced: undefined });
});
