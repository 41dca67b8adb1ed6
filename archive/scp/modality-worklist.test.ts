import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { modalityWorklistSOPClass } from '#dicom/data/sop-class.ts';
import type { DicomJson } from '#dicom/web/dicom-json.ts';
import { datasetOf } from '#tests/dataset-of.ts';
import type { TestValue } from '#tests/dataset-of.ts';
import { FindPeer } from '#tests/find-peer.ts';
import { isInstalled } from '#tests/installed.ts';
import { cancelStep, scheduleStep } from '#workflow/scheduled-steps.ts';
import { stepAttributes } from '#workflow/step-attributes.ts';
import { startRetrievalArchive, type RetrievalArchive } from './test-retrieval.ts';

const withoutDcmtk = !isInstalled('findscu');
let archive: RetrievalArchive;
let peer: FindPeer;
beforeAll(async () => {
  archive = await startRetrievalArchive();
  const schedule = async (values: object) => {
    const entry = {
      PatientName: 'Nguyễn^Văn An',
      PatientID: 'P1',
      Modality: 'CT',
      ScheduledStationAETitle: ['CT1'],
      ScheduledProcedureStepStartDate: '20261128',
      ScheduledProcedureStepStartTime: '0800',
      ...values,
    };
    return scheduleStep(archive.postgres.database, stepAttributes.parse(entry), 'test');
  };
  await schedule({ AccessionNumber: 'A1', PregnancyStatus: 4, PatientWeight: 54.5 });
  await schedule({
    AccessionNumber: 'A2',
    PatientID: 'P2',
    PatientName: 'Müller^Jürgen',
    ScheduledProcedureStepStartTime: '1400',
    RequestedProcedureCodeSequence: [{ CodeValue: 'K1', CodingSchemeDesignator: '99BV', CodeMeaning: 'CT ngực' }],
  });
  await schedule({ AccessionNumber: 'A3', Modality: 'US', ScheduledStationAETitle: ['US1', 'US2'] });
  await schedule({ AccessionNumber: 'A4', Modality: 'CR', ScheduledStationAETitle: [] });
  await schedule({
    AccessionNumber: 'A5',
    ScheduledProcedureStepStartDate: '20261129',
    ScheduledProcedureStepStartTime: undefined,
  });
  const { id } = await schedule({ AccessionNumber: 'CANCELLED' });
  await cancelStep(archive.postgres.database, id, 'test');
  for (let at = 0; at < 250; at++)
    await schedule({ AccessionNumber: `M${at}`, PatientID: 'MANY', ScheduledProcedureStepStartDate: '20270101' });
  peer = await FindPeer.associate(archive.port, modalityWorklistSOPClass);
});
afterAll(async () => {
  await peer[Symbol.asyncDispose]();
  await archive[Symbol.asyncDispose]();
});

const day = { ScheduledProcedureStepStartDate: '20261101-20261231' };
/** Accession numbers of what is found. */
async function found(keys: Record<string, TestValue>, step: Record<string, TestValue> = {}, base: object = day) {
  const item = datasetOf({ ...base, ...step } as Record<string, TestValue>);
  const { last, matches } = await peer.find(
    datasetOf({ AccessionNumber: '', ...keys, ScheduledProcedureStepSequence: [item] }),
  );
  expect(last.Status).toBe(0);
  return matches.map((match) => match['00080050']?.Value?.[0]);
}

describe('a modality finds', () => {
  test('what is scheduled, in the order of its time, and not what was cancelled', async () => {
    expect(await found({})).toEqual(['A1', 'A3', 'A4', 'A2', 'A5']);
  });
  test('what is for its station, or for none in particular', async () => {
    expect(await found({}, { ScheduledStationAETitle: 'CT1' })).toEqual(['A1', 'A4', 'A2', 'A5']);
    expect(await found({}, { ScheduledStationAETitle: 'US2' })).toEqual(['A3', 'A4']);
    expect(await found({}, { ScheduledStationAETitle: 'US2', Modality: 'US' })).toEqual(['A3']);
    expect(await found({}, { ScheduledStationAETitle: 'CT*' })).toEqual(['A1', 'A2', 'A5']);
  });
  test('a day, a range of days, and a range of moments', async () => {
    const at = (ScheduledProcedureStepStartDate: string, ScheduledProcedureStepStartTime = '') =>
      found({}, { ScheduledProcedureStepStartDate, ScheduledProcedureStepStartTime });
    expect(await at('20261129')).toEqual(['A5']);
    expect(await at('20261128', '12-')).toEqual(['A2']);
    expect(await at('20261128-20261129', '12-09')).toEqual(['A2', 'A5']);
    expect(await at('-20261127')).toEqual([]);
    expect(await at('20261129', '00-01')).toEqual(['A5']);
  });
  test('by every other key: name, patient, accession number, numbers, codes, state', async () => {
    expect(await found({ PatientName: 'muller' })).toEqual(['A2']);
    expect(await found({ PatientID: 'P2' })).toEqual(['A2']);
    expect(await found({ AccessionNumber: 'A[1]' })).toEqual([]);
    expect(await found({ AccessionNumber: 'A?' })).toEqual(['A1', 'A3', 'A4', 'A2', 'A5']);
    expect(await found({ PregnancyStatus: 4 })).toEqual(['A1']);
    expect(await found({ PregnancyStatus: 0 })).toEqual(await found({}));
    expect(await found({ RequestedProcedureCodeSequence: [datasetOf({ CodeValue: 'K1' })] })).toEqual(['A2']);
    expect(await found({}, { ScheduledProcedureStepStatus: 'SCHEDULED' })).toHaveLength(5);
    expect(await found({}, { ScheduledProcedureStepStatus: 'STARTED' })).toEqual([]);
  });
  test('a name by its words in whatever order where both agreed on that (PS3.4 K.5.1), and by its components else', async () => {
    const of = async (...extended: number[]) => {
      await using asks = await FindPeer.associate(archive.port, modalityWorklistSOPClass, undefined, extended);
      const { matches } = await asks.find(
        datasetOf({
          AccessionNumber: '',
          PatientName: 'Jurgen^Muller',
          ScheduledProcedureStepSequence: [datasetOf(day)],
        }),
      );
      return matches.map((match) => match['00080050']?.Value?.[0]);
    };
    expect(await of(1, 1, 1)).toEqual(['A2']);
    expect(await of(1, 1, 0)).toEqual([]);
  });
  test('more than one batch', async () => {
    expect(await found({ PatientID: 'MANY' }, {}, {})).toHaveLength(250);
  });
});

describe('an answer', () => {
  test('has the beginning of the day where the entry has no time: no modality is left without one', async () => {
    const item = datasetOf({ ScheduledProcedureStepStartDate: '20261129', ScheduledProcedureStepStartTime: '' });
    const { matches } = await peer.find(datasetOf({ ScheduledProcedureStepSequence: [item] }));
    expect(matches.map((match) => match['00400100']?.Value?.[0])).toMatchObject([
      { '00400003': { Value: ['000000'] } },
    ]);
  });
  test('has what was asked, one item for the step, empty where nothing is known, and its station filled in', async () => {
    const item = datasetOf({ Modality: 'CR', ScheduledStationAETitle: 'DR5', PreMedication: '' });
    const { matches } = await peer.find(
      datasetOf({
        AccessionNumber: '',
        MedicalAlerts: '',
        StudyInstanceUID: '',
        ScheduledProcedureStepSequence: [item],
      }),
    );
    expect(matches).toHaveLength(1);
    const [match] = matches as [DicomJson];
    expect(Object.keys(match).sort()).toEqual(['00080050', '0020000D', '00102000', '00400100'].sort());
    expect(match['00102000']).toEqual({ vr: 'LO' });
    expect(match['00400100']?.Value).toEqual([
      {
        '00080060': { vr: 'CS', Value: ['CR'] },
        '00400001': { vr: 'AE', Value: ['DR5'] },
        '00400012': { vr: 'LO' },
      },
    ]);
  });
  test('has the station that asks where it is for none in particular', async () => {
    const item = { ...day, Modality: 'CR', ScheduledStationAETitle: '' };
    const { matches } = await peer.find(datasetOf({ ScheduledProcedureStepSequence: [datasetOf(item)] }));
    const steps = (matches[0]?.['00400100']?.Value ?? []) as DicomJson[];
    expect(steps.map((step) => step['00400001'])).toEqual([{ vr: 'AE', Value: ['TEST'] }]);
  });
  test('is in the character set of the question where that has the letters, else in UTF-8', async () => {
    const ask = async (AccessionNumber: string) => {
      const item = datasetOf(day);
      const identifier = datasetOf({
        SpecificCharacterSet: 'ISO_IR 100',
        AccessionNumber,
        PatientName: '',
        ScheduledProcedureStepSequence: [item],
      });
      const { matches, characterSets } = await peer.find(identifier);
      return [characterSets, matches[0]?.['00100010']?.Value];
    };
    expect(await ask('A2')).toEqual([['ISO_IR 100'], [{ Alphabetic: 'Müller^Jürgen' }]]);
    expect(await ask('A1')).toEqual([['ISO_IR 192'], [{ Alphabetic: 'Nguyễn^Văn An' }]]);
  });
  test('is without accents for a device that is registered with nothing but ASCII', async () => {
    // A title that nobody has called by: for a second the registry remembers who is not in it.
    const title = 'ASCII';
    await archive.postgres.database.pool.query(
      `INSERT INTO site.device (ae_title, host, state, character_set)
       VALUES ($1, '127.0.0.1', 'approved', 'ISO 2022 IR 6')`,
      [title],
    );
    await using ascii = await FindPeer.associate(archive.port, modalityWorklistSOPClass, undefined, undefined, title);
    const item = datasetOf({ ...day, ScheduledPerformingPhysicianName: '' });
    const { matches, characterSets } = await ascii.find(
      datasetOf({ AccessionNumber: 'A1', PatientName: 'NGUYEN*', ScheduledProcedureStepSequence: [item] }),
    );
    expect([characterSets, matches[0]?.['00100010']?.Value]).toEqual([[''], [{ Alphabetic: 'Nguyen^Van An' }]]);
  });
  test('stops at C-CANCEL', async () => {
    const identifier = datasetOf({ PatientID: 'MANY', AccessionNumber: '', ScheduledProcedureStepSequence: [] });
    const { last, matches } = await peer.find(identifier, 1);
    expect(last.Status).toBe(0xfe00);
    expect(matches.length).toBeLessThan(250);
  });
  test('of a key that is no date is a refusal that names it', async () => {
    const item = datasetOf({ ScheduledProcedureStepStartDate: 'today' });
    const { last } = await peer.find(datasetOf({ ScheduledProcedureStepSequence: [item] }));
    expect(last).toMatchObject({ Status: 0xa900, OffendingElement: [0x00400002] });
  });
});

const type2 = [
  'ReferringPhysicianName',
  'RequestingPhysician',
  'RequestedProcedurePriority',
  'PatientTransportArrangements',
  'AdmissionID',
  'CurrentPatientLocation',
  'PatientBirthDate',
  'PatientSex',
  'PatientWeight',
  'ConfidentialityConstraintOnPatientDataDescription',
  'PatientState',
  'PregnancyStatus',
  'MedicalAlerts',
  'Allergies',
  'SpecialNeeds',
];
const type2OfStep = [
  'ScheduledPerformingPhysicianName',
  'ScheduledStationName',
  'ScheduledProcedureStepLocation',
  'PreMedication',
  'RequestedContrastAgent',
];

describe('a modality is told by the status (PS3.4 Table K.4-1)', () => {
  test('that keys are not supported, which narrow nothing down', async () => {
    const step = datasetOf({ ...day, Modality: 'US', ScheduledProcedureStepEndDate: '20261128' });
    const keys = { AccessionNumber: '', Occupation: 'sailor' };
    const { last, statuses, matches } = await peer.find(datasetOf({ ...keys, ScheduledProcedureStepSequence: [step] }));
    expect([last.Status, statuses]).toEqual([0, [0xff01]]);
    expect(matches.map((match) => match['00080050']?.Value?.[0])).toEqual(['A3']);
    const supported = await peer.find(
      datasetOf({
        AccessionNumber: 'A2',
        RequestedProcedureCodeSequence: [datasetOf({ CodeValue: 'K1', CodeMeaning: '' })],
        ScheduledProcedureStepSequence: [datasetOf(day)],
      }),
    );
    expect(supported.statuses).toEqual([0xff00]);
  });

  test('that an empty key of which an entry has nothing is supported: nothing is what it has', async () => {
    const item = datasetOf({ ...day, ScheduledProcedureStepEndDate: '' });
    const { statuses, matches } = await peer.find(
      datasetOf({ AccessionNumber: 'A1', Occupation: '', StudyDate: '', ScheduledProcedureStepSequence: [item] }),
    );
    expect(statuses).toEqual([0xff00]);
    expect(matches).toMatchObject([{ '00102180': { vr: 'SH' }, '00080020': { vr: 'DA' } }]);
  });

  test('that everything which may be empty is supported, whatever an entry has of it (Table K.6-1, type 2)', async () => {
    const reference = datasetOf({ ReferencedSOPClassUID: '', ReferencedSOPInstanceUID: '' });
    const { statuses, matches } = await peer.find(
      datasetOf({
        AccessionNumber: 'A1',
        ReferencedStudySequence: [reference],
        ReferencedPatientSequence: [],
        ...Object.fromEntries(type2.map((keyword) => [keyword, ''])),
        ScheduledProcedureStepSequence: [
          datasetOf({ ...day, ...Object.fromEntries(type2OfStep.map((keyword) => [keyword, ''])) }),
        ],
      }),
    );
    expect(statuses).toEqual([0xff00]);
    expect(matches).toMatchObject([{ '00081110': { vr: 'SQ' }, '00081120': { vr: 'SQ' }, '00380300': { vr: 'LO' } }]);
  });

  test('that its identifier cannot be read', async () => {
    const { last } = await peer.findRaw(Buffer.from('08005200435310005354', 'hex'));
    expect(last.Status).toBe(0xc000);
  });

  test('that the database does not answer', async () => {
    const { pool } = archive.postgres.database;
    const gone = 'the connection was ended for the test';
    await pool.query(`ALTER TABLE site.scheduled_step RENAME TO away`);
    await pool.query(
      `CREATE FUNCTION site.gone() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '${gone}' USING ERRCODE = '57P01'; END $$;
       CREATE VIEW site.scheduled_step AS SELECT * FROM site.away WHERE site.gone()`,
    );
    try {
      const { last } = await peer.find(datasetOf({ ScheduledProcedureStepSequence: [] }));
      expect(last).toMatchObject({ Status: 0xa700, ErrorComment: 'the database does not answer' });
    } finally {
      await pool.query('DROP VIEW site.scheduled_step; DROP FUNCTION site.gone()');
      await pool.query(`ALTER TABLE site.away RENAME TO scheduled_step`);
    }
  });
});

test.skipIf(withoutDcmtk)('DCMTK’s findscu reads the worklist', async () => {
  const keys = [
    'AccessionNumber',
    'PatientName=nguyen*',
    '(0040,0100)[0].Modality=CT',
    '(0040,0100)[0].ScheduledProcedureStepStartDate=20261128',
  ];
  const args = [
    '-v',
    '-W',
    '-aec',
    'LIGHTBOX',
    ...keys.flatMap((key) => ['-k', key]),
    '127.0.0.1',
    String(archive.port),
  ];
  const { stdout, stderr } = await promisify(execFile)('findscu', args);
  expect(stdout + stderr).toMatch(/AccessionNumber/);
  expect([...(stdout + stderr).matchAll(/Find Response: \d+ \(Pending\)/g)]).toHaveLength(1);
  expect(stdout + stderr).toContain('[A1');
});
