import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { placeOfEncoding, readSeriesMetadataHead } from '#derive/series-metadata.ts';
import type { PixelPool } from '#derive/pixel-pool.ts';
import { storeNumber } from '#index/objects.ts';
import { dicomFile } from '#samples/write.ts';
import { openStorage, type Storage } from '#storage/storage.ts';
import { type Keeper, openKeeper } from '#tests/keep-file.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';

import type { JobParts } from '../job.ts';
import { seriesMetadata } from './series-metadata.ts';

let directory: string;
let running: TestDatabase;
let storage: Storage;
let keeper: Keeper;
let parts: JobParts;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-series-metadata-'));
  running = await startTestDatabase();
  storage = await openStorage(pathToFileURL(join(directory, 'objects')).href, { spoolDir: directory });
  const store = await storeNumber(running.database, 'file:test');
  keeper = openKeeper(running.url, storage, store);
  // The job has no use for threads.
  const pixels = {} as PixelPool;
  parts = { database: running.database, storage, store, pixels, baseUrl: '/dicom-web', log: pino({ level: 'silent' }) };
});
afterAll(async () => {
  await keeper[Symbol.asyncDispose]();
  await running[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

const signal = new AbortController().signal;
const report = (series: string, number: number) =>
  dicomFile({
    SpecificCharacterSet: 'ISO_IR 192',
    SOPClassUID: '1.2.840.10008.5.1.4.1.1.88.11',
    SOPInstanceUID: `${series}.${number}`,
    StudyInstanceUID: '1.7',
    SeriesInstanceUID: series,
    InstanceNumber: number,
    Modality: 'SR',
    PatientID: 'X1',
    PatientName: 'TRẦN^THỬ',
  });

async function seriesOf(uid: string): Promise<number> {
  const { rows } = await running.database.pool.query('SELECT id FROM index.series WHERE series_instance_uid = $1', [
    uid,
  ]);
  return rows[0].id as number;
}

async function derived(series: number) {
  const { rows } = await running.database.pool.query(
    `SELECT d.key, d.length, d.generation = e.generation AS current
     FROM index.derived d JOIN index.series e ON e.id = d.series WHERE d.series = $1 AND d.kind = 'series-metadata'`,
    [series],
  );
  return rows[0] as { key: string; length: number; current: boolean } | undefined;
}

async function texts(key: string, length: number, baseUrl = '/dicom-web'): Promise<string[]> {
  const bytes = await storage.readRange(key, 0, length);
  const head = readSeriesMetadataHead(bytes, baseUrl)!;
  const [br, zipped] = (['br', 'gzip'] as const).map((encoding) => {
    const place = placeOfEncoding(head, encoding);
    return bytes.subarray(place.offset, place.offset + place.length);
  });
  return [brotliDecompressSync(br!).toString('utf8'), gunzipSync(zipped!).toString('utf8')];
}

test('the metadata of all instances lie in one object, in order, by brotli and by gzip', async () => {
  for (const number of [2, 1, 3]) await keeper.keep(report('1.7.1', number));
  const series = await seriesOf('1.7.1');
  await seriesMetadata.run(series, parts, signal);
  const { key, length, current } = (await derived(series))!;
  expect([key.slice(0, 2), current]).toEqual(['d/', true]);
  const [br, zipped] = await texts(key, length);
  expect(br).toBe(zipped);
  const instances = JSON.parse(br!) as Record<string, { Value: unknown[] }>[];
  expect(instances.map((json) => json['00200013']?.Value[0])).toEqual([1, 2, 3]);
  expect(instances[0]?.['00100010']?.Value).toEqual([{ Alphabetic: 'TRẦN^THỬ' }]);
});

test('what is there already is not made again; after another instance it is, and the old object goes', async () => {
  await keeper.keep(report('1.7.2', 1));
  const series = await seriesOf('1.7.2');
  await seriesMetadata.run(series, parts, signal);
  const first = (await derived(series))!;
  await seriesMetadata.run(series, parts, signal);
  expect((await derived(series))!.key).toBe(first.key);
  await keeper.keep(report('1.7.2', 2));
  expect((await derived(series))!.current).toBe(false);
  await seriesMetadata.run(series, parts, signal);
  const second = (await derived(series))!;
  expect(second.current).toBe(true);
  expect(await storage.length(first.key)).toBeUndefined();
  expect(JSON.parse((await texts(second.key, second.length))[0]!)).toHaveLength(2);
});

test('under another PUBLIC_URL, and without its object, it is made anew', async () => {
  await keeper.keep(report('1.7.3', 1));
  const series = await seriesOf('1.7.3');
  await seriesMetadata.run(series, parts, signal);
  const elsewhere = { ...parts, baseUrl: 'https://pacs.example/dicom-web' };
  await seriesMetadata.run(series, elsewhere, signal);
  const { key, length } = (await derived(series))!;
  expect(await texts(key, length, elsewhere.baseUrl)).toHaveLength(2);
  expect(readSeriesMetadataHead(await storage.readRange(key, 0, length), '/dicom-web')).toBeUndefined();
  await storage.remove(key);
  await seriesMetadata.run(series, elsewhere, signal);
  expect((await derived(series))!.key).not.toBe(key);
});

test('a series that is gone, and one whose instances lie in another store, have none, and nothing fails', async () => {
  await seriesMetadata.run(4711, parts, signal);
  await keeper.keep(report('1.7.4', 1));
  const series = await seriesOf('1.7.4');
  await seriesMetadata.run(series, { ...parts, store: parts.store + 1 }, signal);
  expect(await derived(series)).toBeUndefined();
});

test('an instance that storage does not give is a failure: it is tried again', async () => {
  const { key } = await keeper.keep(report('1.7.5', 1));
  await storage.remove(key);
  await expect(seriesMetadata.run(await seriesOf('1.7.5'), parts, signal)).rejects.toThrow(/^no object/);
});
