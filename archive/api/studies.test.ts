import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { storeNumber } from '#index/objects.ts';
import { ctSeries } from '#samples/ct.ts';
import { dicomFile } from '#samples/write.ts';
import { openStorage } from '#storage/storage.ts';
import { withinOneDay } from '#tests/day-at-the-site.ts';
import { openKeeper } from '#tests/keep-file.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import { admin, postJson, startTestArchive, type TestArchive } from '../http/test-archive.ts';
import { studyResources } from './studies.ts';

const timeZone = 'Asia/Ho_Chi_Minh';
const count = 7;

/** One says more than values may hold; two are of one patient, whose citizen's identity number was written when the second was made. */
const others: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  4: { StudyDescription: 'W'.repeat(30_000), PatientID: `BN-LONG${'W'.repeat(30_000)}` },
  5: { PatientID: 'BN-TWICE' },
  6: { PatientID: 'BN-TWICE', OtherPatientIDs: '036099000009' },
};

let directory: string;
let postgres: TestDatabase;
let archive: TestArchive;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-studies-'));
  postgres = await startTestDatabase();
  await using storage = await openStorage(pathToFileURL(directory).href, { spoolDir: directory });
  await using keeper = openKeeper(postgres.url, storage, await storeNumber(postgres.database, 'file:test'));
  for (let number = 0; number < count; number++) {
    const [sample] = ctSeries({ seed: 'studies', number, slices: 1 });
    await keeper.keep(dicomFile({ ...sample!.attributes, ...others[number] }));
  }
  const log = pino({ level: 'silent' });
  const api = studyResources({ database: postgres.database, log, settings: { siteTimeZone: timeZone } });
  archive = await startTestArchive({ postgres, api });
});
afterAll(async () => {
  await archive[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

interface Page {
  studies: { StudyInstanceUID: string; StudyDate: string; PatientID: string; flags: string[] }[];
  more: boolean;
  next?: unknown[];
  total?: number;
}

async function search(body: object): Promise<Page> {
  const answer = await postJson(archive.port, '/api/studies/search', body, admin);
  expect(answer.status).toBe(200);
  return JSON.parse(answer.body) as Page;
}
const uids = ({ studies }: Page) => studies.map(({ StudyInstanceUID }) => StudyInstanceUID);

test('page behind page, every study comes once, newest first, and the first page tells how many there are', async () => {
  const whole = await search({});
  expect([whole.total, whole.more, whole.next]).toEqual([count, false, undefined]);
  const first = await search({ limit: 3 });
  expect([first.total, first.more]).toEqual([count, true]);
  const second = await search({ limit: 3, after: first.next });
  expect([second.total, second.more]).toEqual([undefined, true]);
  const third = await search({ limit: 3, after: second.next });
  expect([third.more, third.next]).toEqual([false, undefined]);
  expect([first, second, third].flatMap(uids)).toEqual(uids(whole));
  const dates = whole.studies.map(({ StudyDate }) => StudyDate);
  expect(dates).toEqual(dates.toSorted().toReversed());
});

test('a study that arrives between two pages moves nothing on the second', async () => {
  const first = await search({ limit: 3 });
  const expected = uids(await search({ limit: 3, after: first.next }));
  await postgres.database.pool.query(`UPDATE index.study SET study_date = '20991231' WHERE study_instance_uid = $1`, [
    uids(await search({})).at(-1),
  ]);
  expect(uids(await search({ limit: 3, after: first.next }))).toEqual(expected);
});

test('today is the day at the site', () =>
  withinOneDay(timeZone, async (today) => {
    const [study] = uids(await search({}));
    await postgres.database.pool.query('UPDATE index.study SET study_date = $1 WHERE study_instance_uid = $2', [
      today,
      study,
    ]);
    expect(uids(await search({ period: 'today' }))).toEqual([study]);
    expect(uids(await search({ period: 'yesterday' }))).toEqual([]);
    expect(uids(await search({ period: 'week' }))).toContain(study);
  }));

test('the filter of what waits for a check finds exactly the studies with a flag', async () => {
  expect(uids(await search({ flagged: true }))).toEqual([]);
  const study = uids(await search({}))[2];
  await postgres.database.pool.query(`UPDATE index.study SET flags = '{version-waits}' WHERE study_instance_uid = $1`, [
    study,
  ]);
  expect(await search({ flagged: true })).toMatchObject({
    studies: [{ StudyInstanceUID: study, flags: ['version-waits'] }],
    total: 1,
  });
});

test('one box finds a patient by name without accents in any order, by number and by accession number', async () => {
  const whole = await search({});
  const found = async (text: string) => uids(await search({ text }));
  const all = await found('hue dang');
  expect(all.length).toBeGreaterThan(0);
  expect(await found('ĐẶNG thị HUỆ')).toEqual(all);
  const { PatientID, StudyInstanceUID } = whole.studies.find((study) => study.PatientID !== 'BN-TWICE')!;
  expect(await found(PatientID)).toEqual([StudyInstanceUID]);
});

test('one box finds all studies of a patient by a number that came with one of them', async () => {
  const { studies } = await search({ text: '036099000009' });
  expect(studies.map(({ PatientID }) => PatientID)).toEqual(['BN-TWICE', 'BN-TWICE']);
  expect(await search({ text: '036099000009', flagged: true })).toMatchObject({ studies: [], total: 0 });
});

test('of values that are far too long a list says the beginning', async () => {
  const { studies } = await search({});
  const long = studies.filter(({ PatientID }) => PatientID.startsWith('BN-LONG'));
  expect(long).toMatchObject([{ PatientID: `BN-LONG${'W'.repeat(193)}…`, StudyDescription: `${'W'.repeat(200)}…` }]);
});

test('a place in the list that no page gave is refused', async () => {
  for (const after of [[], ['x'], ['20260101', '1', 'id'], 'next'])
    expect((await postJson(archive.port, '/api/studies/search', { after }, admin)).status).toBe(400);
});
