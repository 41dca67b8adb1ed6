/** What is negotiated beyond the baseline (PS3.4 C.5.1.1), and only there, through the DIMSE door. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { programCaller } from '#access/caller.ts';
import { openDimseDoor, type DimseDoor } from '#archive/dimse-door.ts';
import { answering, findExtensions, retrieveExtensions } from '#archive/scp/extended-negotiation.ts';
import { InstanceWriter } from '#index/write.ts';
import { datasetOf } from '#tests/dataset-of.ts';
import { findModels, FindPeer } from '#tests/find-peer.ts';
import { indexedInstance } from '#tests/indexed-instance.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';

const relational = [1];
const combined = [0, 1];
const fuzzy = [0, 0, 1];
const timezone = [0, 0, 0, 1];

const instances = [
  { StudyInstanceUID: '1.1', PatientID: 'A', PatientName: 'NGUYỄN^VĂN ANH', Modality: 'CT', StationName: 'CT1' },
  {
    StudyInstanceUID: '1.1',
    PatientID: 'A',
    PatientName: 'NGUYỄN^VĂN ANH',
    Modality: 'SR',
    SeriesInstanceUID: '1.1.2',
  },
  { StudyInstanceUID: '1.2', PatientID: 'A', PatientName: 'NGUYỄN^VĂN ANH', Modality: 'MR', Rows: '64' },
  { StudyInstanceUID: '1.3', PatientID: 'B', PatientName: 'Anh^Nguyen', Modality: 'CT', Rows: '64' },
  { StudyInstanceUID: '1.4', PatientID: 'C', PatientName: 'Đặng^Thị Huệ=鄧', Modality: 'US' },
].map((values, at) => ({
  ...values,
  // Here the clocks are seven hours ahead of UTC, there eight.
  StudyDate: '20260302',
  StudyTime: ['060000', '060000', '2000', '235900', '063000'][at] as string,
  ...(values.StudyInstanceUID === '1.4' && { TimezoneOffsetFromUTC: '+0800' }),
}));

let postgres: TestDatabase;
let door: DimseDoor;
beforeAll(async () => {
  postgres = await startTestDatabase();
  await postgres.database.pool.query("INSERT INTO index.store (url) VALUES ('file:test')");
  await using writer = new InstanceWriter(postgres.url);
  for (const values of instances) await writer.write(indexedInstance(values));
  await writer.write(
    indexedInstance({ StudyInstanceUID: '1.5', PatientID: 'D', StudyDate: '20260230', StudyTime: 'noon' }),
  );
  const log = { info() {}, warn() {}, error() {} } as never;
  door = await openDimseDoor({
    settings: {
      dimse: { host: '127.0.0.1', port: 0, tlsPort: undefined, aeTitle: 'LIGHTBOX' },
      siteTimeZone: 'Asia/Ho_Chi_Minh',
    },
    ingest: async () => {
      throw new Error('nothing is stored here');
    },
    parts: { database: postgres.database, log } as never, // all that a search works with
    destination: async () => undefined,
    commitments: { begin() {} },
    admit: async () => ({ caller: programCaller('test') }),
    log,
  });
});
afterAll(async () => {
  await door.drain();
  await postgres[Symbol.asyncDispose]();
});

const peers: FindPeer[] = [];
afterEach(async () => {
  for (const peer of peers.splice(0)) await peer[Symbol.asyncDispose]();
});

type Keys = Record<string, string | number>;

async function find(keys: Keys, extended?: readonly number[], model: string = findModels.studyRoot) {
  const peer = await FindPeer.associate(door.port, model, undefined, extended);
  peers.push(peer);
  return peer.find(datasetOf(keys));
}

/** The unique keys, from the lowest level. */
const unique = ['0020000E', '0020000D', '00100020'];

async function uids(keys: Keys, extended?: readonly number[], model?: string): Promise<unknown[]> {
  const { last, matches } = await find(keys, extended, model);
  expect(last.Status).toBe(0);
  return matches.map((match) => unique.map((tag) => match[tag]?.Value?.[0]).find(Boolean)).sort();
}

const studies = { QueryRetrieveLevel: 'STUDY', StudyInstanceUID: '' };

test('what was asked is answered as far as it is done', () => {
  const find = answering(findExtensions);
  expect([...find('', Buffer.from([1, 1, 1, 1, 1, 1, 1, 1]))]).toEqual([1, 1, 1, 1, 0, 0, 0]);
  expect([...find('', Buffer.from([0, 1, 0]))]).toEqual([0, 1, 0]);
  expect([...answering(retrieveExtensions)('', Buffer.from([1, 1]))]).toEqual([1, 0]);
});

describe('relational queries', () => {
  const ofSeries = { QueryRetrieveLevel: 'SERIES', SeriesInstanceUID: '', Modality: 'CT' };

  test('need no unique keys above the level', async () => {
    expect(await uids(ofSeries, relational)).toEqual(['1.1.1', '1.3.1']);
    expect(await uids({ ...ofSeries, PatientID: 'A' }, relational, findModels.patientRoot)).toEqual(['1.1.1']);
    expect(await uids({ ...ofSeries, StudyInstanceUID: '1.1\\1.2', Modality: '' }, relational)).toEqual([
      '1.1.1',
      '1.1.2',
      '1.2.1',
    ]);
  });

  test('are refused where they were not negotiated', async () => {
    expect((await find(ofSeries)).last).toMatchObject({ Status: 0xa900, OffendingElement: [0x0020000d] });
    expect((await find(ofSeries, [0, 1, 1, 1])).last.Status).toBe(0xa900);
  });

  test('take keys of the levels below, all of one thing there', async () => {
    expect(await uids({ ...studies, Modality: 'CT' }, relational)).toEqual(['1.1', '1.3']);
    expect(await uids({ ...studies, Modality: 'CT', Rows: 64 }, relational)).toEqual(['1.3']);
    // A CT series and a station name, but not in the same series.
    expect(await uids({ ...studies, Modality: 'SR', StationName: 'CT1' }, relational)).toEqual([]);
    const patients = { QueryRetrieveLevel: 'PATIENT', PatientID: '' };
    expect(await uids({ ...patients, Modality: 'CT' }, relational, findModels.patientRoot)).toEqual(['A', 'B']);
    expect(await uids({ ...patients, StudyInstanceUID: '1.4' }, relational, findModels.patientRoot)).toEqual(['C']);
    expect((await find({ ...studies, Modality: 'CT' }, relational)).statuses).toEqual([0xff01, 0xff01]);
  });

  test('without them a key of a level below matches everything, and the answer says so', async () => {
    const { statuses } = await find({ ...studies, Modality: 'CT' });
    expect(statuses).toEqual(Array(5).fill(0xff01));
  });
});

describe('a range of dates and one of times', () => {
  const range = { ...studies, StudyDate: '20260301-20260302', StudyTime: '120000-070000' };

  test('are one range of moments where that was negotiated', async () => {
    expect(await uids(range, combined)).toEqual(['1.1', '1.4']);
  });

  test('are two ranges where it was not', async () => {
    expect(await uids(range)).toEqual([]);
  });
});

describe('fuzzy semantic matching of names', () => {
  test.each([
    ['Nguyen^Anh', ['1.1', '1.2', '1.3']],
    ['anh^van^nguyen', ['1.1', '1.2']],
    ['hue^DANG', ['1.4']],
    ['鄧', ['1.4']],
    ['ng^anh', []],
    ['ng*^anh', ['1.1', '1.2', '1.3']],
  ])('takes the words of %s in any order, whatever their component', async (name, found) => {
    expect(await uids({ ...studies, PatientName: name }, fuzzy)).toEqual(found);
  });

  test('is not done where it was not negotiated', async () => {
    expect(await uids({ ...studies, PatientName: 'Nguyen^Anh' })).toEqual([]);
  });
});

describe('timezone query adjustment', () => {
  const inUTC = { ...studies, TimezoneOffsetFromUTC: '+0000', StudyTime: '' };

  test('reads keys and gives answers by the clocks of the requestor', async () => {
    const { matches } = await find({ ...inUTC, StudyDate: '20260301' }, timezone);
    expect(
      matches
        .map((match) => ['0020000D', '00080020', '00080030', '00080201'].map((tag) => match[tag]?.Value?.[0]))
        .sort(),
    ).toEqual([
      ['1.1', '20260301', '230000', '+0000'],
      ['1.4', '20260301', '223000', '+0000'],
    ]);
    expect(await uids({ ...inUTC, StudyDate: '20260302' }, timezone)).toEqual(['1.2', '1.3']);
    expect(await uids({ ...inUTC, StudyDate: '20260301-', StudyTime: '130000-170000' }, timezone)).toEqual([
      '1.2',
      '1.3',
    ]);
    expect(await uids({ ...inUTC, StudyDate: '20260301-20260302', StudyTime: '225900-130000' }, [0, 1, 0, 1])).toEqual([
      '1.1',
      '1.2',
    ]);
  });

  test('leaves a date that names no moment as it stands', async () => {
    const { matches } = await find({ ...inUTC, StudyDate: '20260230' }, timezone);
    expect(matches).toMatchObject([{ '0020000D': { Value: ['1.5'] }, '00080020': { Value: ['20260230'] } }]);
  });

  test('refuses what is no offset', async () => {
    expect((await find({ ...inUTC, TimezoneOffsetFromUTC: '+7' }, timezone)).last).toMatchObject({
      Status: 0xa900,
      OffendingElement: [0x00080201],
    });
  });

  test('is not done where it was not negotiated, or no offset is given', async () => {
    expect(await uids({ ...inUTC, StudyDate: '20260301' })).toEqual([]);
    expect(await uids({ ...inUTC, StudyDate: '20260301', TimezoneOffsetFromUTC: '' }, timezone)).toEqual([]);
    expect(await uids({ ...inUTC, StudyDate: '20260302', TimezoneOffsetFromUTC: '' }, timezone)).toHaveLength(4);
  });
});
