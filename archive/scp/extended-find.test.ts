/** What is negotiated beyond the baseline (PS3.4 C.5.1.1), and only there, through the DIMSE door. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { uid } from '#dicom/data/uid.ts';
import { connectExchange, find as findBy } from '#dicom/dimse/requests.ts';
import { encodeAssociateRequest } from '#dicom/network/associate-pdu.ts';
import { verificationRequest, WirePeer } from '#dicom/network/wire-peer.ts';
import { InstanceWriter } from '#index/write.ts';
import { datasetOf } from '#tests/dataset-of.ts';
import { findModels, FindPeer } from '#tests/find-peer.ts';
import { indexedInstance } from '#tests/indexed-instance.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import type { DimseDoor } from '../dimse-door.ts';
import { openTestDoor } from '../test-dimse-door.ts';
import { answering, findExtensions, retrieveExtensions } from './extended-negotiation.ts';

const relational = [1];
const combined = [0, 1];
const fuzzy = [0, 0, 1];
const timezone = [0, 0, 0, 1];
const emptyValues = [0, 0, 0, 0, 0, 1];
const everyValue = [0, 0, 0, 0, 0, 0, 1];

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
  door = await openTestDoor({
    parts: { database: postgres.database, log } as never, // all that a search works with
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
  expect([...find('', Buffer.from([1, 1, 1, 1, 1, 1, 1, 1]))]).toEqual([1, 1, 1, 1, 0, 1, 1]);
  expect([...find('', Buffer.from([0, 1, 0]))]).toEqual([0, 1, 0]);
  expect([...answering(retrieveExtensions)('', Buffer.from([1, 1]))]).toEqual([1, 0]);
});

test('the A-ASSOCIATE-AC says byte by byte which roles and which behaviour there are, once for each SOP class', async () => {
  const [find, move, get] = ['1', '2', '3'].map((last) => `1.2.840.10008.5.1.4.1.2.2.${last}`) as [
    string,
    string,
    string,
  ];
  const [ct, worklist, echo] = ['1.2.840.10008.5.1.4.1.1.2', '1.2.840.10008.5.1.4.31', '1.2.840.10008.1.1'];
  const unknown = '1.2.840.10008.5.1.4.1.1.2.9.9.9';
  const proposed = [find, move, get, ct, worklist, echo, '1.2.840.10008.1.3.10'];
  const contexts = proposed.map((abstractSyntax, at) => ({
    id: 2 * at + 1,
    abstractSyntax,
    transferSyntaxes: ['1.2.840.10008.1.2'],
  }));
  const request = verificationRequest({ contexts });
  const role = (sopClass: string, scu: 0 | 1, scp: 0 | 1) => ({ sopClass, scu: scu === 1, scp: scp === 1 });
  const asked = (sopClass: string, ...bytes: number[]) => ({ sopClass, information: Buffer.from(bytes) });
  const peer = await WirePeer.connect(door.port);
  peer.send(
    encodeAssociateRequest({
      ...request,
      userInformation: {
        ...request.userInformation,
        roles: [role(ct, 0, 1), role(find, 1, 1), role(get, 0, 0), role(unknown, 1, 1), role(ct, 1, 0)],
        extended: [
          asked(find, 1, 1, 1, 1, 1, 1, 1, 1),
          asked(move, 1, 1),
          asked(get, 2),
          asked(ct, 0, 0, 0, 0, 1, 0),
          asked(worklist, 1, 1, 1, 1),
          asked(echo, 1),
          asked(unknown, 1),
          asked(find, 0),
        ],
      },
    }),
  );
  const { type, body } = (await peer.next())!;
  peer.destroy();
  expect(type).toBe(2);
  // Header and AE titles (PS3.8 Table 9-17), then items: type, reserved, length (9.3.3).
  const items = itemsOf(body.subarray(68));
  expect(items.map((item) => item.type)).toEqual([0x10, ...proposed.map(() => 0x21), 0x50]);
  expect(items.filter((item) => item.type === 0x21).map(({ content }) => [content[0], content[2]])).toEqual(
    proposed.map((_, at) => [2 * at + 1, at === 6 ? 3 : 0]),
  );
  const ofUser = itemsOf(items.at(-1)!.content).map((item) => [item.type, item.content.toString('latin1')]);
  const answered = (sopClass: string, ...bytes: number[]) =>
    Buffer.concat([Buffer.from([0, sopClass.length]), Buffer.from(sopClass), Buffer.from(bytes)]).toString('latin1');
  expect(ofUser.filter(([kind]) => kind === 0x54)).toEqual([
    [0x54, answered(ct, 0, 1)],
    [0x54, answered(find, 1, 0)],
    [0x54, answered(get, 0, 0)],
  ]);
  expect(ofUser.filter(([kind]) => kind === 0x56)).toEqual([
    [0x56, answered(find, 1, 1, 1, 1, 0, 1, 1)],
    [0x56, answered(move, 1, 0)],
    [0x56, answered(get, 0)],
    [0x56, answered(ct, 2, 0, 3, 0, 0, 0)],
    [0x56, answered(worklist, 1, 1, 1, 0)],
  ]);
  // Nothing else than maximum length, implementation and its version.
  expect(ofUser.map(([kind]) => kind).filter((kind) => kind !== 0x54 && kind !== 0x56)).toEqual([0x51, 0x52, 0x55]);
});

/** Items and sub-items, as they follow one another (PS3.8 9.3.1). */
function itemsOf(bytes: Buffer): { readonly type: number; readonly content: Buffer }[] {
  const items: { type: number; content: Buffer }[] = [];
  for (let at = 0; at < bytes.length; at += 4 + bytes.readUInt16BE(at + 2))
    items.push({ type: bytes.readUInt8(at), content: bytes.subarray(at + 4, at + 4 + bytes.readUInt16BE(at + 2)) });
  return items;
}

test('what one SOP class has agreed on does not hold for another of the same association', async () => {
  const contexts = [findModels.studyRoot, findModels.patientRoot].map((abstractSyntax, at) => ({
    id: 2 * at + 1,
    abstractSyntax,
    transferSyntaxes: ['1.2.840.10008.1.2.1'],
  }));
  const extended = [{ sopClass: findModels.studyRoot, information: Buffer.from(relational) }];
  const exchange = await connectExchange({
    host: '127.0.0.1',
    port: door.port,
    callingAETitle: 'TEST',
    calledAETitle: 'LIGHTBOX',
    contexts,
    userInformation: { extended },
  });
  const keys = datasetOf({ QueryRetrieveLevel: 'SERIES', SeriesInstanceUID: '', PatientID: '' });
  const statusOf = async (sopClassUID: string) => {
    const found = findBy(exchange, { sopClassUID: uid(sopClassUID), identifier: keys });
    for (;;) {
      const { done, value } = await found.next();
      if (done === true) return value.status;
    }
  };
  expect(await statusOf(findModels.studyRoot)).toBe(0);
  expect(await statusOf(findModels.patientRoot)).toBe(0xa900);
  await exchange.release();
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

describe('two quotation marks', () => {
  const withoutDescription = { ...studies, PatientBirthDate: '""', PatientID: 'A\\D' };

  test('find what has no value where empty value matching was negotiated', async () => {
    expect(await uids(withoutDescription, emptyValues)).toEqual(['1.1', '1.2', '1.5']);
    expect(await uids({ ...studies, PatientName: '""' }, emptyValues)).toEqual(['1.5']);
    expect(await uids({ ...studies, StudyTime: '""', StudyDate: '20260302' }, emptyValues)).toEqual([]);
    const { matches, last } = await find(withoutDescription, emptyValues);
    expect([matches[0]!['00100030'], last.Status]).toEqual([{ vr: 'DA' }, 0]);
  });

  test('are a value like any other where it was not', async () => {
    expect(await uids({ ...studies, PatientID: '""' })).toEqual([]);
    expect((await find(withoutDescription)).last.Status).toBe(0xa900);
  });
});

describe('several values of Modalities in Study', () => {
  const both = { ...studies, ModalitiesInStudy: 'CT\\SR' };

  test('are all there where multiple value matching was negotiated', async () => {
    expect(await uids(both, everyValue)).toEqual(['1.1']);
    expect(await uids({ ...both, ModalitiesInStudy: 'CT' }, everyValue)).toEqual(['1.1', '1.3']);
  });

  test('are any of them where it was not', async () => {
    expect(await uids(both)).toEqual(['1.1', '1.3']);
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

  test('takes a range up to the last day that a date can name', async () => {
    const asked = { ...inUTC, StudyDate: '20260302-99991231' };
    expect(await uids(asked, timezone)).toEqual(await uids({ ...asked, StudyDate: '20260302-' }, timezone));
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
