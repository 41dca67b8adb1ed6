import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { programCaller } from '#access/caller.ts';
import { serializeDataset } from '#dicom/file/serialize.ts';
import { InstanceWriter } from '#index/write.ts';
import { datasetOf } from '#tests/dataset-of.ts';
import { findModels, FindPeer } from '#tests/find-peer.ts';
import { indexedInstance } from '#tests/indexed-instance.ts';
import { isInstalled } from '#tests/installed.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import type { DimseDoor } from '../dimse-door.ts';
import { openTestDoor } from '../test-dimse-door.ts';

const withoutDcmtk = !isInstalled('findscu');
const many = 3_000;

let postgres: TestDatabase;
let door: DimseDoor;
const lines: Record<string, unknown>[] = [];
/** What the registry says of who calls next. */
let registered: { characterSet?: string } = {};
beforeAll(async () => {
  postgres = await startTestDatabase();
  await postgres.database.pool.query("INSERT INTO index.store (url) VALUES ('file:test')");
  await using writer = new InstanceWriter(postgres.url);
  const study = (number: number) => ({
    StudyInstanceUID: `1.1.${number}`,
    PatientID: `P-${number % 5}`,
    PatientName: number % 2 ? 'Müller^Jürgen' : 'Nguyễn^Văn Anh',
    AccessionNumber: number < many ? 'MANY' : 'FEW',
    Modality: 'CT',
    Rows: '512',
    InstanceNumber: '7',
    ScheduledProcedureStepID: 'SPS',
  });
  await Promise.all(Array.from({ length: many + 2 }, (_, number) => writer.write(indexedInstance(study(number)))));
  await writer.write(indexedInstance({ StudyInstanceUID: '1.2.1', PatientID: '', PatientName: 'Unknown' }));
  const write = (fields: object) => void lines.push(fields as Record<string, unknown>);
  const log = { info: write, warn: write, error: write } as never;
  door = await openTestDoor({
    parts: { database: postgres.database, log } as never, // all that a search works with
    admit: async () => ({ caller: { ...programCaller('test'), ...registered } }),
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

async function associate(model?: string, transferSyntax?: string): Promise<FindPeer> {
  const peer = await FindPeer.associate(door.port, model, transferSyntax);
  peers.push(peer);
  return peer;
}

const few = { QueryRetrieveLevel: 'STUDY', AccessionNumber: 'FEW', StudyInstanceUID: '' };

describe('an answer', () => {
  test('has exactly the keys that were asked for, its level, and where it is retrieved', async () => {
    const peer = await associate();
    const { last, matches, statuses } = await peer.find(
      datasetOf({ ...few, PatientID: '', ModalitiesInStudy: '', NumberOfStudyRelatedInstances: '' }),
    );
    expect(last.Status).toBe(0);
    expect(statuses).toEqual([0xff00, 0xff00]);
    expect(matches[0]).toEqual({
      '00080050': { vr: 'SH', Value: ['FEW'] },
      '00080052': { vr: 'CS', Value: ['STUDY'] },
      '00080054': { vr: 'AE', Value: ['LIGHTBOX'] },
      '00080056': { vr: 'CS', Value: ['ONLINE'] },
      '00080061': { vr: 'CS', Value: ['CT'] },
      '00100020': { vr: 'LO', Value: ['P-1'] },
      '0020000D': { vr: 'UI', Value: [`1.1.${many + 1}`] },
      '00201208': { vr: 'IS', Value: [1] },
    });
  });

  test('gives keys that are not supported empty, and says so by its status', async () => {
    const peer = await associate();
    const { matches, statuses } = await peer.find(
      datasetOf({ ...few, PatientWeight: '', Modality: 'MR', ReferencedStudySequence: [], 0x00091001: 'x' }),
    );
    expect(statuses).toEqual([0xff01, 0xff01]);
    expect(matches[0]).toMatchObject({ '00101030': { vr: 'DS' }, '00080060': { vr: 'CS' }, '00081110': { vr: 'SQ' } });
  });

  test('gives the items of a sequence that were asked for', async () => {
    const peer = await associate();
    const { matches } = await peer.find(
      datasetOf({
        QueryRetrieveLevel: 'SERIES',
        StudyInstanceUID: '1.1.3',
        RequestAttributesSequence: [datasetOf({ ScheduledProcedureStepID: '' })],
      }),
    );
    expect(matches[0]?.['00400275']).toEqual({ vr: 'SQ', Value: [{ '00400009': { vr: 'SH', Value: ['SPS'] } }] });
  });

  test('has numbers as numbers, also in Implicit VR', async () => {
    const peer = await associate(findModels.studyRoot, '1.2.840.10008.1.2');
    const { matches } = await peer.find(
      datasetOf({
        QueryRetrieveLevel: 'IMAGE',
        StudyInstanceUID: '1.1.3',
        SeriesInstanceUID: '1.1.3.1',
        Rows: 512,
        InstanceNumber: '',
      }),
    );
    expect(matches).toMatchObject([{ '00280010': { vr: 'US', Value: [512] }, '00200013': { Value: [7] } }]);
  });

  test('has numbers that are asked for by a zero, as toolkits write an empty one', async () => {
    const peer = await associate();
    const { matches } = await peer.find(
      datasetOf({ QueryRetrieveLevel: 'IMAGE', StudyInstanceUID: '1.1.3', SeriesInstanceUID: '1.1.3.1', Rows: 0 }),
    );
    expect(matches).toMatchObject([{ '00280010': { vr: 'US', Value: [512] } }]);
  });

  test('is in UTF-8 where it needs more than ASCII, and names no character set where it does not', async () => {
    const peer = await associate();
    const vietnamese = await peer.find(datasetOf({ ...few, SpecificCharacterSet: 'ISO_IR 100', PatientName: 'anh' }));
    expect(vietnamese.characterSets).toEqual(['ISO_IR 192']);
    expect(vietnamese.matches[0]?.['00100010']?.Value).toEqual([{ Alphabetic: 'Nguyễn^Văn Anh' }]);
    expect((await peer.find(datasetOf(few))).characterSets).toEqual(['', '']);
  });

  test('is in the character set of the request where that has all of it', async () => {
    const peer = await associate();
    const { characterSets, matches } = await peer.find(
      datasetOf({ ...few, SpecificCharacterSet: 'ISO_IR 100', PatientName: Buffer.from('Müller*', 'latin1') }),
    );
    expect(characterSets).toEqual(['ISO_IR 100']);
    expect(matches[0]?.['00100010']?.Value).toEqual([{ Alphabetic: 'Müller^Jürgen' }]);
  });

  test('is in the only character set that a device is registered with, without the accents that it lacks', async () => {
    registered = { characterSet: 'ISO 2022 IR 6' };
    const ascii = await associate();
    registered = { characterSet: 'ISO_IR 100' };
    const latin1 = await associate();
    registered = {};
    const asked = (PatientName: string | Buffer) => datasetOf({ ...few, PatientName });
    const plain = await ascii.find(asked('anh'));
    expect([plain.characterSets, plain.matches[0]?.['00100010']?.Value]).toEqual([
      [''],
      [{ Alphabetic: 'Nguyen^Van Anh' }],
    ]);
    // It names no character set, and means its own.
    const german = await latin1.find(asked(Buffer.from('MÜLLER^jürgen', 'latin1')));
    expect([german.characterSets, german.matches[0]?.['00100010']?.Value]).toEqual([
      ['ISO_IR 100'],
      [{ Alphabetic: 'Müller^Jürgen' }],
    ]);
    const asksForAll = await ascii.find(datasetOf({ ...few, SpecificCharacterSet: 'ISO_IR 192', PatientName: 'anh' }));
    expect(asksForAll.matches[0]?.['00100010']?.Value).toEqual([{ Alphabetic: 'Nguyễn^Văn Anh' }]);
  });
});

describe('levels', () => {
  test.each([
    ['Patient Root', findModels.patientRoot, 'PATIENT', { PatientID: 'P-1' }, 1],
    ['Patient Root', findModels.patientRoot, 'STUDY', { PatientID: 'P-1', AccessionNumber: 'FEW' }, 1],
    ['Patient Root', findModels.patientRoot, 'SERIES', { PatientID: 'P-1', StudyInstanceUID: '1.1.1' }, 1],
    [
      'Patient Root',
      findModels.patientRoot,
      'IMAGE',
      { PatientID: 'P-1', StudyInstanceUID: '1.1.1', SeriesInstanceUID: '1.1.1.1' },
      1,
    ],
    ['Study Root', findModels.studyRoot, 'STUDY', { PatientID: 'P-1', AccessionNumber: 'FEW' }, 1],
    ['Patient/Study Only', findModels.patientStudyOnly, 'PATIENT', { PatientID: '' }, 6],
  ])('%s answers at its level: %#', async (_, model, level, keys, count) => {
    const { last, matches } = await (await associate(model)).find(datasetOf({ QueryRetrieveLevel: level, ...keys }));
    expect(last.Status).toBe(0);
    expect(matches).toHaveLength(count);
    expect(matches.every((match) => match['00080052']?.Value?.[0] === level)).toBe(true);
  });

  test.each([
    ['SERIES', { StudyInstanceUID: '1.2.1' }],
    ['IMAGE', { StudyInstanceUID: '1.2.1', SeriesInstanceUID: '1.2.1.1' }],
  ])('%s of a patient without ID is found by its study, Patient ID empty or left out', async (level, keys) => {
    const peer = await associate(findModels.patientRoot);
    for (const patient of [{ PatientID: '' }, {}]) {
      const { last, matches } = await peer.find(
        datasetOf({ QueryRetrieveLevel: level, ...patient, ...keys } as Record<string, string>),
      );
      expect([last.Status, matches.length]).toEqual([0, 1]);
    }
  });

  test('a patient is given with what there is of him', async () => {
    const { matches } = await (
      await associate(findModels.patientRoot)
    ).find(datasetOf({ QueryRetrieveLevel: 'PATIENT', PatientID: 'P-1', NumberOfPatientRelatedStudies: '' }));
    expect(matches[0]?.['00201200']?.Value).toEqual([(many + 0) / 5 + 1]);
  });
});

describe('an identifier that is not one of its SOP class is refused with A900 and the element', () => {
  test.each([
    ['without a level', findModels.studyRoot, { PatientID: 'P-1' }, 0x00080052],
    ['with a level that there is not', findModels.studyRoot, { QueryRetrieveLevel: 'NONSENSE' }, 0x00080052],
    [
      'with a level of another model',
      findModels.studyRoot,
      { QueryRetrieveLevel: 'PATIENT', PatientID: '' },
      0x00080052,
    ],
    ['with a level below the model', findModels.patientStudyOnly, { QueryRetrieveLevel: 'SERIES' }, 0x00080052],
    [
      'for series without a study',
      findModels.studyRoot,
      { QueryRetrieveLevel: 'SERIES', SeriesInstanceUID: '' },
      0x0020000d,
    ],
    [
      'for series of two studies',
      findModels.studyRoot,
      { QueryRetrieveLevel: 'SERIES', StudyInstanceUID: '1.1.1\\1.1.2' },
      0x0020000d,
    ],
    [
      'for studies without a patient',
      findModels.patientRoot,
      { QueryRetrieveLevel: 'STUDY', PatientID: 'P*' },
      0x00100020,
    ],
    [
      'for studies of every patient',
      findModels.patientRoot,
      { QueryRetrieveLevel: 'STUDY', PatientID: '' },
      0x00100020,
    ],
    [
      'for a day that is none',
      findModels.studyRoot,
      { QueryRetrieveLevel: 'STUDY', StudyDate: 'yesterday' },
      0x00080020,
    ],
  ])('%s', async (_, model, keys, element) => {
    const { last, matches } = await (await associate(model)).find(datasetOf(keys as Record<string, string>));
    expect(last).toMatchObject({ Status: 0xa900, OffendingElement: [element] });
    expect(last.ErrorComment).toMatch(/^[\x20-\x7e]{1,64}$/);
    expect(matches).toEqual([]);
  });
});

test('an identifier that is no data set is refused with C000, and the association goes on', async () => {
  const peer = await associate();
  const { last } = await peer.findRaw(Buffer.from('08005200435310005354', 'hex'));
  expect(last.Status).toBe(0xc000);
  expect((await peer.find(datasetOf(few))).matches).toHaveLength(2);
});

test('an identifier of more elements than anybody asks for is refused', async () => {
  const keys = Array.from({ length: 1_200 }, (_, at) => [0x00091000 + at, ''] as const);
  const { last } = await (await associate()).find(datasetOf({ ...few, ...Object.fromEntries(keys) }));
  expect(last.Status).toBe(0xc000);
});

describe('a C-FIND with thousands of matches', () => {
  const all = datasetOf({
    QueryRetrieveLevel: 'STUDY',
    AccessionNumber: 'MANY',
    StudyInstanceUID: '',
    PatientName: '',
  });

  test('is answered with each of them once', async () => {
    const { last, matches } = await (await associate()).find(all);
    expect(last.Status).toBe(0);
    expect(new Set(matches.map((match) => match['0020000D']?.Value?.[0])).size).toBe(many);
  });

  test('stops at C-CANCEL with FE00, and the association goes on', async () => {
    const peer = await associate();
    const { last, matches } = await peer.findRaw(serializeDataset(all, { explicitVR: true, bigEndian: false }), 1);
    expect(last.Status).toBe(0xfe00);
    expect(matches.length).toBeLessThan(many);
    expect((await peer.find(datasetOf(few))).matches).toHaveLength(2);
  });

  test('stops when the connection is cut, and is written down with how many were given out', async () => {
    lines.length = 0;
    const peer = await associate();
    const found = peer.find(all);
    found.catch(() => {});
    peer.cut();
    await expect(found).rejects.toThrow('in place of a response');
    await expect
      .poll(() => lines.find(({ action }) => action === 'search'), { interval: 5 })
      .toMatchObject({
        door: 'C-FIND',
        outcome: 'failed',
        matched: ['AccessionNumber'],
      });
  });
});

describe.skipIf(withoutDcmtk)('findscu of DCMTK', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lightbox-findscu-'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  test('finds a name that it asks for in UTF-8', async () => {
    const options = `-S -aec LIGHTBOX -X -od ${directory}`.split(' ');
    const keys = [
      'SpecificCharacterSet=ISO_IR 192',
      'QueryRetrieveLevel=STUDY',
      'AccessionNumber=FEW',
      'PatientName=Nguyễn*',
    ];
    const to = ['127.0.0.1', String(door.port)];
    await promisify(execFile)('findscu', [...options, ...keys.flatMap((key) => ['-k', key]), ...to]);
    const answers = await readdir(directory);
    expect(answers).toHaveLength(1);
    expect(await readFile(join(directory, answers[0]!), 'utf8')).toContain('Nguyễn^Văn Anh');
  });
});
