import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createToken } from '#access/tokens.ts';
import { InstanceWriter } from '#index/write.ts';
import { limits } from '#settings/limits.ts';
import { indexedInstance } from '#tests/indexed-instance.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import { changePerformedStep, createPerformedStep } from '#workflow/performed-steps.ts';
import { admin, ask, startTestArchive, type TestArchive } from '../http/test-archive.ts';
import { performedStepResources } from './performed-steps.ts';

let postgres: TestDatabase;
let archive: TestArchive;
beforeAll(async () => {
  postgres = await startTestDatabase();
  const api = performedStepResources({ database: postgres.database, log: pino({ level: 'silent' }) });
  archive = await startTestArchive({ postgres, api });
});
afterAll(async () => {
  await archive[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

const stepsOf = async (study: string, headers: Record<string, string> = admin) => {
  const { status, body } = await ask(archive.port, `/api/studies/${study}/performed-steps`, { headers });
  return { status, steps: (JSON.parse(body) as { steps: unknown[] }).steps };
};
const text = (vr: string, value: string) => ({ vr, Value: [value] });

test('a study says what modalities performed for it, with and without an entry of the worklist', async () => {
  const { database } = postgres;
  await database.pool.query("INSERT INTO index.store (url) VALUES ('file:test')");
  await using writer = new InstanceWriter(postgres.url);
  await writer.write(indexedInstance({ StudyInstanceUID: '2.25.1' }));
  for (const [sopInstanceUID, study] of [
    ['2.25.901', '2.25.1'],
    ['2.25.902', '2.25.2'],
  ] as const)
    await createPerformedStep(database, {
      sopInstanceUID,
      attributes: { '00080060': text('CS', 'CT'), '00400241': text('AE', 'CT1') },
      named: [{ StudyInstanceUID: study, ScheduledProcedureStepID: '' }],
      callingAETitle: 'CT1',
    });
  const images = ['2.25.1.1.1', '2.25.1.1.2'].map((uid) => ({ '00081155': text('UI', uid) }));
  const series = {
    '0020000E': text('UI', '2.25.1.1'),
    '00181030': text('LO', 'Ngực'),
    '00081070': { vr: 'PN', Value: [{ Alphabetic: 'Lê^Hoà' }, null, { Ideographic: '黎^和' }] },
    '00081140': { vr: 'SQ', Value: images },
  };
  // Nobody knows who made it, and nothing of it has come.
  const other = {
    '0020000E': text('UI', '2.25.1.2'),
    '00181030': text('LO', 'Bụng'),
    '00400220': { vr: 'SQ', Value: [{ '00081155': text('UI', '2.25.1.2.1') }] },
  };
  await changePerformedStep(database, '2.25.901', (attributes) => ({
    attributes: { ...attributes, '00400340': { vr: 'SQ', Value: [series, other] } },
    state: 'completed',
    isWrongEntry: false,
  }));

  expect((await stepsOf('2.25.1')).steps).toMatchObject([
    {
      SOPInstanceUID: '2.25.901',
      state: 'completed',
      callingAETitle: 'CT1',
      Modality: 'CT',
      PerformedStationAETitle: 'CT1',
      PerformedProcedureStepDescription: '',
      series: [
        {
          SeriesInstanceUID: '2.25.1.1',
          ProtocolName: 'Ngực',
          OperatorsName: ['Lê^Hoà', '=黎^和'],
          instances: 2,
          instancesHere: 1,
        },
        {
          SeriesInstanceUID: '2.25.1.2',
          ProtocolName: 'Bụng',
          SeriesDescription: '',
          OperatorsName: [],
          instances: 1,
          instancesHere: 0,
        },
      ],
      instances: 3,
      instancesHere: 1,
      missing: ['PerformedProcedureStepEndDate', 'PerformedProcedureStepEndTime'],
    },
  ]);
  expect(await stepsOf('2.25.3')).toEqual({ status: 200, steps: [] });
  expect((await stepsOf('no-uid')).status).toBe(400);
});

test('who may see some studies only is told of no other', async () => {
  const { pool } = postgres.database;
  const token = await createToken({ database: pool, name: 'share', rights: ['read'] });
  await pool.query(`UPDATE site.token SET studies = '{2.25.2}' WHERE name = 'share'`);
  const headers = { authorization: `Bearer ${token}` };
  expect((await stepsOf('2.25.2', headers)).steps).toHaveLength(1);
  expect((await stepsOf('2.25.1', headers)).steps).toEqual([]);
});

test('of a study of very many steps the latest are given', async () => {
  const { database } = postgres;
  const { listed } = limits.performedStep;
  for (let n = 0; n < listed + 2; n++)
    await createPerformedStep(database, {
      sopInstanceUID: `2.25.77.${n}`,
      attributes: {},
      named: [{ StudyInstanceUID: '2.25.7', ScheduledProcedureStepID: '' }],
      callingAETitle: 'CT1',
    });
  const { steps } = await stepsOf('2.25.7');
  expect(steps).toHaveLength(listed);
  expect([steps[0], steps.at(-1)]).toMatchObject([
    { SOPInstanceUID: '2.25.77.2' },
    { SOPInstanceUID: `2.25.77.${listed + 1}` },
  ]);
});
