import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createToken } from '#access/tokens.ts';
import { changePerformedStep, createPerformedStep } from '#workflow/performed-steps.ts';
import { dayAt, withinOneDay } from '#tests/day-at-the-site.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import { admin, ask, startTestArchive, type TestArchive } from '../http/test-archive.ts';
import { worklistResources } from './worklist.ts';

/** Fourteen hours ahead of UTC: its day is seldom that of the machine. */
const timeZone = 'Pacific/Kiritimati';
const stepsPerDay = 250;

let postgres: TestDatabase;
let archive: TestArchive;
/** Of the log. */
const lines: Record<string, unknown>[] = [];
beforeAll(async () => {
  postgres = await startTestDatabase();
  const api = worklistResources({
    database: postgres.database,
    log: pino({}, { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) }),
    timeZone,
    stepsPerDay,
  });
  archive = await startTestArchive({ postgres, api });
});
afterAll(async () => {
  await archive[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

interface Body {
  readonly id: number;
  readonly state: string;
  readonly attributes: Record<string, unknown>;
  readonly changedAt: string;
  readonly steps: Body[];
  readonly isCut: boolean;
  readonly today: string;
  readonly reason: string;
  readonly performed: unknown[];
}

async function call(method: string, path: string, body?: unknown, headers: object = admin) {
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  const text = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await ask(archive.port, `/api/worklist${path}`, { method, headers: { ...headers, ...type }, ...text });
  return { status: answer.status, body: JSON.parse(answer.body || '{}') as Body };
}

const entry = {
  PatientName: 'Đặng^Thị Huệ',
  PatientID: 'P1',
  Modality: 'CT',
  ScheduledProcedureStepStartDate: '20261128',
  ScheduledProcedureStepStartTime: '0930',
};

test('an entry is made with UIDs and IDs of its own, found by what people type, changed and cancelled', async () => {
  const { status, body: made } = await call('POST', '', entry);
  expect([status, made.state]).toEqual([201, 'scheduled']);
  expect(made.attributes).toMatchObject({ ...entry, StudyInstanceUID: expect.stringMatching(/^2\.25\.\d+$/) });
  expect(made.attributes['ScheduledProcedureStepID']).toBe(`S${made.id}`);

  for (const text of ['hue dang', 'p1', '']) {
    const { body } = await call('POST', '/search', { text, from: '20261128', to: '20261128' });
    expect(body.steps.map(({ id }) => id)).toEqual([made.id]);
  }
  expect((await call('POST', '/search', { text: 'nguyen' })).body.steps).toEqual([]);
  expect((await call('POST', '/search', { from: '20261129' })).body.steps).toEqual([]);

  const attributes = { ...made.attributes, Modality: 'MR' };
  const changed = await call('PUT', `/${made.id}`, { attributes, state: 'arrived' });
  expect(changed).toMatchObject({ status: 200, body: { state: 'arrived', attributes } });
  expect(await call('POST', `/${made.id}/cancel`)).toMatchObject({ status: 200, body: { state: 'cancelled' } });
  const again = await call('PUT', `/${made.id}`, { attributes, state: 'ready' });
  expect(again).toMatchObject({ status: 409, body: { code: 'cannotChange' } });
  expect((await call('POST', `/${made.id}/cancel`)).status).toBe(409);
});

test('what somebody else has changed since an entry was read is not written over', async () => {
  const { body: read } = await call('POST', '', entry);
  const change = (more: object, changedAt: string) =>
    call('PUT', `/${read.id}`, { attributes: { ...read.attributes, ...more }, state: 'scheduled', changedAt });
  const { body: corrected } = await change({ PatientID: 'P2' }, read.changedAt);
  expect(corrected.attributes).toMatchObject({ PatientID: 'P2' });
  const late = await change({ AccessionNumber: 'A1' }, read.changedAt);
  expect(late).toMatchObject({ status: 409, body: { code: 'changedMeanwhile' } });
  expect((await call('GET', `/${read.id}`)).body.attributes).toEqual(corrected.attributes);
  expect(await change({ PatientID: 'P2', AccessionNumber: 'A1' }, corrected.changedAt)).toMatchObject({ status: 200 });
});

test('what is scheduled for a day without a time has none, and stands before what has one', async () => {
  const { ScheduledProcedureStepStartTime: _time, ...timeless } = { ...entry, PatientID: 'TIMELESS' };
  const { body: timed } = await call('POST', '', { ...entry, PatientID: 'TIMELESS' });
  const { body: made } = await call('POST', '', timeless);
  expect(made.attributes).not.toHaveProperty('ScheduledProcedureStepStartTime');
  const { body } = await call('POST', '/search', { text: 'TIMELESS' });
  expect(body.steps.map(({ id }) => id)).toEqual([made.id, timed.id]);
  // One that gets a time later, and loses it again.
  const { StudyInstanceUID } = made.attributes;
  await call('PUT', `/${made.id}`, { attributes: { ...entry, StudyInstanceUID }, state: 'scheduled' });
  const { body: again } = await call('PUT', `/${made.id}`, { attributes: timeless, state: 'scheduled' });
  expect(again.attributes).not.toHaveProperty('ScheduledProcedureStepStartTime');
});

test('today, tomorrow and the week are those of the site', async () => {
  await withinOneDay(timeZone, async (today) => {
    const made = new Map<number, number>();
    // Of a patient whom no earlier day has.
    const PatientID = `SITE${today}`;
    for (const days of [-1, 0, 1, 6, 7]) {
      const ScheduledProcedureStepStartDate = dayAt(timeZone, days);
      const { body } = await call('POST', '', { ...entry, PatientID, ScheduledProcedureStepStartDate });
      made.set(body.id, days);
    }
    const found = async (period: string) => {
      const { body } = await call('POST', '/search', { text: PatientID, period });
      expect(body.today).toBe(today);
      return body.steps.map(({ id }) => made.get(id));
    };
    expect(await found('today')).toEqual([0]);
    expect(await found('tomorrow')).toEqual([1]);
    expect(await found('week')).toEqual([0, 1, 6]);
  });
  const both = await call('POST', '/search', { period: 'today', from: '20260101' });
  expect([both.status, both.body.reason]).toEqual([400, 'period: not together with from or to']);
});

test('what cannot be in a worklist is refused by name', async () => {
  const refused = async (wrong: object) => {
    const { status, body } = await call('POST', '', { ...entry, ...wrong });
    return [status, body.reason?.split(':')[0]];
  };
  expect(await refused({ PatientName: '' })).toEqual([400, 'PatientName']);
  expect(await refused({ PatientID: 'a\\b' })).toEqual([400, 'PatientID']);
  expect(await refused({ Modality: 'ct' })).toEqual([400, 'Modality']);
  expect(await refused({ ScheduledProcedureStepStartDate: '20260231' })).toEqual([
    400,
    'ScheduledProcedureStepStartDate',
  ]);
  expect(await refused({ ScheduledProcedureStepStartTime: '24' })).toEqual([400, 'ScheduledProcedureStepStartTime']);
  expect(await refused({ ScheduledStationAETitle: ['SEVENTEEN LETTERS'] })).toEqual([400, 'ScheduledStationAETitle.0']);
  expect(await refused({ StudyInstanceUID: 'x' })).toEqual([400, 'StudyInstanceUID']);
  expect((await refused({ Unknown: 1 }))[0]).toBe(400);
  for (const broken of ['a\0b', '\ud800']) {
    const reason = 'the body has a text with U+0000 or half a character in it';
    expect(await refused({ PatientName: broken })).toEqual([400, reason]);
    expect(await call('POST', '/search', { text: broken })).toMatchObject({ status: 400, body: { reason } });
  }
});

test('an entry says what was performed for it, and how much of that is here', async () => {
  const { body: made } = await call('POST', '', entry);
  const image = { '00081155': { vr: 'UI', Value: ['1.2.3.4'] } };
  // Named twice, it is one image.
  const series = { '00081140': { vr: 'SQ', Value: [image, image] } };
  await createPerformedStep(postgres.database, {
    sopInstanceUID: '1.2.9',
    attributes: { '00400340': { vr: 'SQ', Value: [series] } },
    named: [
      {
        StudyInstanceUID: String(made.attributes['StudyInstanceUID']),
        ScheduledProcedureStepID: `S${made.id}`,
      },
    ],
    callingAETitle: 'CT1',
  });
  const { body } = await call('GET', `/${made.id}`);
  expect(body.state).toBe('started');
  expect(body.performed).toMatchObject([
    { SOPInstanceUID: '1.2.9', state: 'in progress', instances: 1, instancesHere: 0, missing: [] },
  ]);
  await changePerformedStep(postgres.database, '1.2.9', (attributes) => ({
    attributes: { ...attributes, '00400250': { vr: 'DA', Value: ['20261128'] } },
    state: 'completed',
    isWrongEntry: false,
  }));
  const missing = [
    'PerformedProcedureStepEndTime',
    'PerformedSeriesSequence.SeriesInstanceUID',
    'PerformedSeriesSequence.ProtocolName',
  ];
  expect((await call('GET', `/${made.id}`)).body.performed).toMatchObject([{ state: 'completed', missing }]);
  expect((await call('POST', `/${made.id}/cancel`)).status).toBe(409);
});

test('an entry whose modality never says that it is over is ended by a person, and by the modality when it speaks after all', async () => {
  const { body: made } = await call('POST', '', entry);
  await createPerformedStep(postgres.database, {
    sopInstanceUID: '1.2.10',
    attributes: {},
    named: [{ StudyInstanceUID: String(made.attributes['StudyInstanceUID']), ScheduledProcedureStepID: `S${made.id}` }],
    callingAETitle: 'CT1',
  });
  const change = { attributes: made.attributes, state: 'ready' };
  expect(await call('PUT', `/${made.id}`, change)).toMatchObject({ status: 409, body: { code: 'cannotChange' } });
  expect(await call('POST', `/${made.id}/cancel`)).toMatchObject({ status: 200, body: { state: 'cancelled' } });
  await changePerformedStep(postgres.database, '1.2.10', (attributes) => ({
    attributes,
    state: 'completed',
    isWrongEntry: false,
  }));
  expect((await call('GET', `/${made.id}`)).body.state).toBe('completed');
});

test('who may see certain studies is told of nothing that is scheduled, and schedules nothing', async () => {
  const { body: made } = await call('POST', '', entry);
  const { pool } = postgres.database;
  const token = await createToken({ database: pool, name: 'share', rights: ['read', 'store'] });
  await pool.query(`UPDATE site.token SET studies = '{2.25.1}' WHERE name = 'share'`);
  const headers = { authorization: `Bearer ${token}` };
  for (const [method, path, body] of [
    ['POST', '/search', {}],
    ['GET', `/${made.id}`, undefined],
    ['POST', '', entry],
    ['PUT', `/${made.id}`, { attributes: made.attributes, state: 'ready' }],
    ['POST', `/${made.id}/cancel`, undefined],
  ] as const) {
    expect((await call(method, path, body, headers)).status).toBe(403);
    expect(lines.at(-1)).toMatchObject({ msg: 'access', caller: 'token share', action: 'refused' });
  }
  expect((await call('GET', `/${made.id}`)).body.state).toBe('scheduled');
});

test('who may only read sees the list and changes nothing; an entry that is not there is not found', async () => {
  const token = await createToken({ database: postgres.database.pool, name: 'reader', rights: ['read'] });
  const headers = { authorization: `Bearer ${token}` };
  expect((await call('POST', '/search', {}, headers)).status).toBe(200);
  expect((await call('POST', '', entry, headers)).status).toBe(403);
  for (const id of ['0', 'x', '999999', '99999999999999999999']) {
    expect((await call('GET', `/${id}`)).status).toBe(404);
    expect((await call('POST', `/${id}/cancel`)).status).toBe(404);
  }
});

test('one account or token makes so many entries within a day; others make theirs', async () => {
  const token = await createToken({ database: postgres.database.pool, name: 'gateway', rights: ['store'] });
  const attributes = { PatientName: 'A', PatientID: 'P', Modality: 'CT', ScheduledProcedureStepStartDate: '20261128' };
  const make = (headers?: object) => call('POST', '', attributes, headers);
  const gateway = { authorization: `Bearer ${token}` };
  for (let made = 0; made < stepsPerDay; made++) expect((await make(gateway)).status).toBe(201);
  expect(await make(gateway)).toMatchObject({
    status: 429,
    body: { code: 'tooManyRequests', reason: `one account or token makes ${stepsPerDay} entries within a day` },
  });
  expect((await make()).status).toBe(201);
});
