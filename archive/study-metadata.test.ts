import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PixelPool } from '#derive/pixel-pool.ts';
import { storeNumber } from '#index/objects.ts';
import { findSeries, type SeriesRow } from '#index/series.ts';
import { dicomFile } from '#samples/write.ts';
import { limits } from '#settings/limits.ts';
import { openStorage, type Storage } from '#storage/storage.ts';
import { type Keeper, openKeeper } from '#tests/keep-file.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import { LostInstances, MetadataKeeper, type MetadataParts, seriesMetadata } from './series-metadata.ts';
import { studyMetadata } from './study-metadata.ts';

let directory: string;
let running: TestDatabase;
let storage: Storage;
let keeper: Keeper;
let parts: MetadataParts;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-study-metadata-'));
  running = await startTestDatabase();
  storage = await openStorage(pathToFileURL(join(directory, 'objects')).href, { spoolDir: directory });
  const store = await storeNumber(running.database, 'file:test');
  keeper = openKeeper(running.url, storage, store);
  const log = pino({ level: 'silent' });
  // Metadata have no use for threads.
  parts = { database: running.database, storage, store, pixels: {} as PixelPool, baseUrl: '/dicom-web', log };
});
afterAll(async () => {
  await keeper[Symbol.asyncDispose]();
  await running[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

const study = '1.8';
const keep = (series: number, instance: number, more: { TextValue?: string } = {}) =>
  keeper.keep(
    dicomFile({
      SpecificCharacterSet: 'ISO_IR 192',
      SOPClassUID: '1.2.840.10008.5.1.4.1.1.88.11',
      SOPInstanceUID: `${study}.${series}.${instance}`,
      StudyInstanceUID: study,
      SeriesInstanceUID: `${study}.${series}`,
      SeriesNumber: series,
      InstanceNumber: instance,
      Modality: 'SR',
      PatientID: 'X1',
      PatientName: 'TRẦN^THỬ',
      ...more,
    }),
  );
const seriesOfStudy = () => findSeries(running.database, { StudyInstanceUID: study }, 'series-metadata', null);

type Json = Record<string, { Value?: unknown[] } | undefined>;

/** The metadata of the study, and how often a connection to PostgreSQL was taken for them. */
async function read(series: readonly SeriesRow[]): Promise<{ uids: unknown[]; questions: number }> {
  let questions = 0;
  const count = () => (questions += 1);
  running.database.pool.on('acquire', count);
  let text = '';
  for await (const piece of studyMetadata(series, new MetadataKeeper(parts), parts)) text += String(piece);
  running.database.pool.off('acquire', count);
  return { uids: (JSON.parse(text) as Json[]).map((json) => json['00080018']?.Value?.[0]), questions };
}

test('the metadata of a study of many small series and a large one come in order, and cost the index few questions', async () => {
  const numbers = Array.from({ length: 150 }, (_, at) => at + 1);
  const large = Array.from({ length: 70 }, (_, at) => at + 1);
  await Promise.all(numbers.map((number) => keep(number, 1)));
  await Promise.all(large.slice(1).map((instance) => keep(75, instance)));
  const inOrder = numbers.flatMap((number) => (number === 75 ? large : [1]).map((one) => `${study}.${number}.${one}`));
  const { uids, questions } = await read(await seriesOfStudy());
  expect(uids).toEqual(inOrder);
  // Two for each portion: its instances, and their heads.
  expect(questions).toBeLessThan(15);
});

test('a series of which nothing is left leaves no hole among them', async () => {
  const series = await seriesOfStudy();
  await running.database.pool.query(
    `UPDATE index.instance SET state = 2 WHERE sop_instance_uid IN ('${study}.1.1', '${study}.100.1')`,
  );
  await running.database.pool.query('DELETE FROM index.derived');
  const { uids } = await read(series.map((each) => ({ ...each, derived: null })));
  expect([uids.length, uids[0], uids.includes(`${study}.100.1`)]).toEqual([217, `${study}.2.1`, false]);
});

test('a series with a large head is no small one, however few its instances: what is made of it is kept', async () => {
  await keep(30, 2, { TextValue: 'x'.repeat(limits.dataset.heavyBytes) });
  const { uids } = await read(await seriesOfStudy());
  const at = uids.indexOf(`${study}.30.1`);
  expect(uids.slice(at, at + 3)).toEqual([`${study}.30.1`, `${study}.30.2`, `${study}.31.1`]);
  const kept = async () => (await seriesOfStudy()).find((each) => each.number_of_instances === 2)?.derived;
  await expect.poll(kept).toMatchObject({ key: expect.stringMatching(/^d\//) });
});

test('a series is held for keeping by one answer, and few series are at once', () => {
  const all = new MetadataKeeper(parts);
  const held = Array.from({ length: limits.http.seriesMetadataHeldAtOnce }, (_, at) => all.begin(at));
  expect(held).not.toContain(undefined);
  expect(all.begin(held.length)).toBeUndefined();
  held.at(-1)![Symbol.dispose]();
  expect(all.begin(0)).toBeUndefined();
  expect(all.begin(held.length)).toBeDefined();
});

test('of an instance that is lost, what was made of its series before is given, and of others its UIDs', async () => {
  const small = (await seriesOfStudy()).filter((each) => each.number_of_instances === 1).slice(1, 11);
  const keepDerived = new MetadataKeeper(parts);
  for (const each of small) {
    for await (const _piece of seriesMetadata(each, keepDerived, parts, new LostInstances(1)));
    const hasDerived = async () => (await seriesOfStudy()).find(({ id }) => id === each.id)?.derived !== null;
    await expect.poll(hasDerived).toBe(true);
  }
  const series = await seriesOfStudy();
  const lost = [small[4]?.id, series.findLast((each) => each.derived === null)?.id];
  const { rows } = await running.database.pool.query<{ id: number; key: string; uid: string }>(
    `SELECT id, key, sop_instance_uid AS uid FROM index.instance WHERE series = ANY ($1) ORDER BY series`,
    [lost],
  );
  for (const { key } of rows) await storage.remove(key);
  await running.database.pool.query('DELETE FROM index.head WHERE instance = ANY ($1)', [rows.map(({ id }) => id)]);
  let text = '';
  for await (const piece of studyMetadata(series, new MetadataKeeper(parts), parts)) text += String(piece);
  const all = JSON.parse(text) as Json[];
  // Two were hidden above.
  expect(all).toHaveLength(series.reduce((sum, each) => sum + each.number_of_instances, -2));
  const modalities = rows.map(
    ({ uid }) => all.find((json) => json['00080018']?.Value?.[0] === uid)?.['00080060']?.Value,
  );
  expect(modalities.sort()).toEqual([['SR'], undefined]);
});
