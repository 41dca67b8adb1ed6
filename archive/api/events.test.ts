import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { addAccount, changeRights, removeAccount, resetPassword } from '#access/account-registry.ts';
import { programCaller } from '#access/caller.ts';
import { createToken, revokeToken } from '#access/tokens.ts';
import { storeNumber } from '#index/objects.ts';
import { addRoute, changeRoute, removeRoute, type RouteEntry } from '#index/routes.ts';
import { addSend, cancelSend } from '#index/sends.ts';
import { limits } from '#settings/limits.ts';
import { ctSeries } from '#samples/ct.ts';
import { dicomFile } from '#samples/write.ts';
import { openStorage, type Storage } from '#storage/storage.ts';
import { openKeeper, type Keeper } from '#tests/keep-file.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import { changePerformedStep, createPerformedStep } from '#workflow/performed-steps.ts';
import { cancelStep, scheduleStep } from '#workflow/scheduled-steps.ts';
import { admin, ask, basic, postJson, startTestArchive, type TestArchive } from '../http/test-archive.ts';
import { openStudyChanges, type Changed } from '../study-changes.ts';
import { openEventStreams, type EventStreams } from './events.ts';

let directory: string;
let postgres: TestDatabase;
let storage: Storage;
let keeper: Keeper;
let alerts: string[] = [];
const archives: { archive: TestArchive; events: EventStreams }[] = [];
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-events-'));
  postgres = await startTestDatabase();
  storage = await openStorage(pathToFileURL(join(directory, 'objects')).href, { spoolDir: directory });
  keeper = openKeeper(postgres.url, storage, await storeNumber(postgres.database, 'file:test'));
  for (let at = 0; at < 2; at++) {
    const changes = openStudyChanges({ database: postgres.database, log: pino({ level: 'silent' }) });
    const events = openEventStreams({ changes, alerts: async () => alerts });
    archives.push({ archive: await startTestArchive({ postgres, api: [events.resource] }), events });
  }
});
afterEach(() => {
  for (const stream of streams.splice(0)) stream.close();
});
afterAll(async () => {
  for (const { archive } of archives) await archive[Symbol.asyncDispose]();
  await keeper[Symbol.asyncDispose]();
  await storage[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

interface Stream {
  readonly headers: http.IncomingHttpHeaders;
  /** The next event; `undefined` when the stream has ended. */
  next(): Promise<{ event: string; data: object } | undefined>;
  close(): void;
}
const streams: Stream[] = [];

/** Listens as a browser would, and waits until the archive says that it is heard. */
async function listen(port: number, headers: http.OutgoingHttpHeaders = admin): Promise<Stream> {
  const request = http.get({ host: '127.0.0.1', port, path: '/api/events', headers, agent: false });
  const response = await new Promise<http.IncomingMessage>((resolve, reject) =>
    request.once('response', resolve).once('error', reject),
  );
  const events = eventsOf(response.setEncoding('utf8'));
  const stream: Stream = {
    headers: response.headers,
    next: async () => (await events.next()).value ?? undefined,
    close: () => request.destroy(),
  };
  streams.push(stream);
  // What an earlier test has changed may be told before.
  let first = await stream.next();
  while (first && first.event !== 'listening') first = await stream.next();
  expect(first).toBeDefined();
  return stream;
}

async function* eventsOf(text: AsyncIterable<string>) {
  let rest = '';
  for await (const piece of text) {
    const blocks = (rest + piece).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = /^event: (.*)$/m.exec(block)?.[1];
      const data = /^data: (.*)$/m.exec(block)?.[1] ?? '';
      // Told to administrators at the beginning of each stream.
      if (event && data !== '{"alerts":[]}') yield { event, data: JSON.parse(data) as object };
    }
  }
}

let number = 0;
async function storeStudy(slices = 1): Promise<string> {
  let study = '';
  for (const { attributes } of ctSeries({ seed: 'events', number: number++, slices })) {
    await keeper.keep(dicomFile(attributes));
    study = String(attributes['StudyInstanceUID']);
  }
  return study;
}

test('a study that is stored is told to who listens at either of two archives, once', async () => {
  const [here, there] = [await listen(archives[0]!.archive.port), await listen(archives[1]!.archive.port)];
  expect(here.headers).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
  });
  const first = await storeStudy();
  expect(await here.next()).toEqual({ event: 'studies', data: { studies: [first] } });
  expect(await there.next()).toEqual({ event: 'studies', data: { studies: [first] } });
  const second = await storeStudy();
  expect(await here.next()).toEqual({ event: 'studies', data: { studies: [second] } });
});

test('what was there before anybody listens is no news, nor is to who comes later what others were told', async () => {
  // Its own: at an archive that others have just listened to, a look of theirs may still be under way.
  const changes = openStudyChanges({ database: postgres.database, log: pino({ level: 'silent' }) });
  await storeStudy();
  const listenTo = async () => {
    const told: Changed[] = [];
    const others = { steps() {}, sends() {}, worklist() {} };
    const stop = await changes.listen(programCaller('test'), { studies: (studies) => told.push(studies), ...others });
    return { told, stop };
  };
  const first = await listenTo();
  const news = await storeStudy();
  await expect.poll(() => first.told).toEqual([[news]]);
  const second = await listenTo();
  const more = await storeStudy();
  await expect.poll(() => [first.told, second.told]).toEqual([[[news], [more]], [[more]]]);
  for (const { stop } of [first, second]) stop();
});

test('a caller who may see some studies hears of those alone', async () => {
  const { pool } = postgres.database;
  const token = await createToken({ database: pool, name: 'share', rights: ['read'] });
  const [other, own] = [await storeStudy(), await storeStudy()];
  await pool.query(`UPDATE site.token SET studies = $1 WHERE name = 'share'`, [[own]]);
  const stream = await listen(archives[0]!.archive.port, { authorization: `Bearer ${token}` });
  await pool.query('UPDATE index.study SET changed_at = now() WHERE study_instance_uid = $1', [other]);
  await pool.query('UPDATE index.study SET changed_at = now() WHERE study_instance_uid = $1', [own]);
  expect(await stream.next()).toEqual({ event: 'studies', data: { studies: [own] } });
});

test('who is signed out meanwhile, or may read no longer, is told nothing more', async () => {
  const { pool } = postgres.database;
  const made = async (name: string) => (await addAccount({ database: pool, name, rights: ['read'] }))!;
  const [lan, mai] = [await made('Lan'), await made('Mai')];
  const { port } = archives[0]!.archive;
  const streamOf = async ({ account: { name }, password }: typeof lan) => {
    const { headers } = await postJson(port, '/api/login', { name, password });
    const cookie = headers['set-cookie']![0]!.split(';')[0]!;
    const isKnown = async () => (await ask(port, '/api/session', { headers: { cookie } })).status === 200;
    return { stream: await listen(port, { cookie }), isKnown };
  };
  const [ofLan, ofMai, ofAdmin] = [await streamOf(lan), await streamOf(mai), await listen(port)];
  // By commands, say: the archive hears nothing of it.
  await removeAccount({ database: pool, id: lan.account.id });
  await changeRights({ database: pool, id: mai.account.id, rights: ['store'] });
  for (const { isKnown } of [ofLan, ofMai])
    await expect.poll(isKnown, { timeout: 10 * limits.access.rowsRememberedMs }).toBe(false);
  const study = await storeStudy();
  expect(await ofAdmin.next()).toEqual({ event: 'studies', data: { studies: [study] } });
  expect([await ofLan.stream.next(), await ofMai.stream.next()]).toEqual([undefined, undefined]);
});

test('a stream ends when its account, its session or its token does, also where nothing else happens', async () => {
  const { pool } = postgres.database;
  const { port } = archives[0]!.archive;
  const made = async (name: string) => (await addAccount({ database: pool, name, rights: ['read'] }))!;
  const [an, binh, chi] = [await made('An'), await made('Bình'), await made('Chi')];
  const cookieOf = async ({ account: { name }, password }: typeof an) =>
    (await postJson(port, '/api/login', { name, password })).headers['set-cookie']![0]!.split(';')[0]!;
  const cookie = await cookieOf(chi);
  const token = await createToken({ database: pool, name: 'listens', rights: ['read'] });
  const ends = [
    await listen(port, { cookie: await cookieOf(an) }),
    await listen(port, { authorization: basic('Bình', binh.password) }),
    await listen(port, { cookie }),
    await listen(port, { authorization: `Bearer ${token}` }),
  ];
  const goesOn = await listen(port, { cookie: await cookieOf(chi) });
  await removeAccount({ database: pool, id: an.account.id });
  await resetPassword({ database: pool, id: binh.account.id });
  await postJson(port, '/api/logout', {}, { cookie });
  await revokeToken({ database: pool, name: 'listens' });
  expect(await Promise.all(ends.map((stream) => stream.next()))).toEqual(ends.map(() => undefined));
  const study = await storeStudy();
  expect(await goesOn.next()).toEqual({ event: 'studies', data: { studies: [study] } });
}, 15_000);

test('what modalities begin and end is told by step and study, to who may see one of its studies', async () => {
  const { database } = postgres;
  const token = await createToken({ database: database.pool, name: 'steps', rights: ['read'] });
  await database.pool.query(`UPDATE site.token SET studies = '{2.25.71}' WHERE name = 'steps'`);
  const everybody = await listen(archives[0]!.archive.port);
  const shared = await listen(archives[1]!.archive.port, { authorization: `Bearer ${token}` });
  const begin = (sopInstanceUID: string, StudyInstanceUID: string) =>
    createPerformedStep(database, {
      sopInstanceUID,
      attributes: {},
      named: [{ StudyInstanceUID, ScheduledProcedureStepID: '' }],
      callingAETitle: 'CT1',
    });
  const told = (SOPInstanceUID: string, state: string, study: string) => ({
    event: 'performed-steps',
    data: { steps: [{ SOPInstanceUID, state, studies: [study], changedAt: expect.any(String) }] },
  });
  await begin('2.25.81', '2.25.72');
  expect(await everybody.next()).toEqual(told('2.25.81', 'in progress', '2.25.72'));
  await begin('2.25.82', '2.25.71');
  expect(await everybody.next()).toEqual(told('2.25.82', 'in progress', '2.25.71'));
  expect(await shared.next()).toEqual(told('2.25.82', 'in progress', '2.25.71'));
  await changePerformedStep(database, '2.25.82', (attributes) => ({
    attributes,
    state: 'discontinued',
    isWrongEntry: false,
  }));
  expect(await shared.next()).toEqual(told('2.25.82', 'discontinued', '2.25.71'));
});

test('that something is sent is told to who may manage, that something is scheduled to who may see every study', async () => {
  const { pool } = postgres.database;
  const reader = await createToken({ database: pool, name: 'reader', rights: ['read'] });
  const shared = await createToken({ database: pool, name: 'one study', rights: ['read', 'manage'] });
  const study = await storeStudy();
  await pool.query(`UPDATE site.token SET studies = $1 WHERE name = 'one study'`, [[study]]);
  const [manages, reads, sees] = [
    await listen(archives[0]!.archive.port),
    await listen(archives[1]!.archive.port, { authorization: `Bearer ${reader}` }),
    await listen(archives[0]!.archive.port, { authorization: `Bearer ${shared}` }),
  ];
  const { id } = (
    await pool.query<{ id: number }>(
      `INSERT INTO site.device (ae_title, host, port, state) VALUES ('DEST', '127.0.0.1', 104, 'approved') RETURNING id`,
    )
  ).rows[0]!;
  const send = (await addSend(pool, { device: id, StudyInstanceUID: study, priority: 'high' }))!;
  expect(await manages.next()).toEqual({ event: 'sends', data: {} });
  await cancelSend(pool, send.id);
  expect(await manages.next()).toEqual({ event: 'sends', data: {} });
  const today = new Date().toISOString().slice(0, 10).replaceAll('-', '');
  const attributes = { PatientName: 'A', PatientID: '1', Modality: 'CT', ScheduledProcedureStepStartDate: today };
  const step = await scheduleStep(postgres.database, attributes, 'test');
  for (const each of [manages, reads]) expect(await each.next()).toEqual({ event: 'worklist', data: {} });
  await cancelStep(postgres.database, step.id, 'test');
  for (const each of [manages, reads]) expect(await each.next()).toEqual({ event: 'worklist', data: {} });
  // Also what should have been done long ago, and is put right now.
  await scheduleStep(postgres.database, { ...attributes, ScheduledProcedureStepStartDate: '20200102' }, 'test');
  for (const each of [manages, reads]) expect(await each.next()).toEqual({ event: 'worklist', data: {} });
  await pool.query('UPDATE index.study SET changed_at = now() WHERE study_instance_uid = $1', [study]);
  expect(await sees.next()).toEqual({ event: 'studies', data: { studies: [study] } });
});

test('that a rule is added, changed or removed is told to who may manage, whichever archive did it', async () => {
  const { pool } = postgres.database;
  const { rows } = await pool.query<{ id: number }>(
    `INSERT INTO site.device (ae_title, host, port, state) VALUES ('RULED', '127.0.0.1', 104, 'approved') RETURNING id`,
  );
  const entry: RouteEntry = {
    name: 'all',
    enabled: true,
    modalities: [],
    sourceAETitles: [],
    sourceDevices: [],
    destination: rows[0]!.id,
    window: null,
    priority: 'low',
  };
  const both = [await listen(archives[0]!.archive.port), await listen(archives[1]!.archive.port)];
  const told = async () => {
    for (const each of both) expect(await each.next()).toEqual({ event: 'sends', data: {} });
  };
  const { id } = await addRoute(pool, entry);
  await told();
  await changeRoute(pool, id, { ...entry, enabled: false });
  await told();
  await removeRoute(pool, id);
  await told();
});

test('who asks for the headers alone has them at once', async () => {
  const answer = await ask(archives[0]!.archive.port, '/api/events', { method: 'HEAD', headers: admin });
  expect([answer.status, answer.headers['content-type']]).toEqual([200, 'text/event-stream; charset=utf-8']);
});

test('one account takes no place of others: beyond its share it is told to come back', async () => {
  const { port } = archives[0]!.archive;
  const token = await createToken({ database: postgres.database.pool, name: 'other', rights: ['read'] });
  await Promise.all(Array.from({ length: limits.events.streamsPerAddress }, () => listen(port)));
  const refused = await ask(port, '/api/events', { headers: admin });
  expect([refused.status, Number(refused.headers['retry-after'])]).toEqual([429, 30]);
  expect(JSON.parse(refused.body)).toMatchObject({
    code: 'tooManyRequests',
    reason: expect.stringContaining('event streams'),
  });
  await listen(port, { authorization: `Bearer ${token}` });
  // The place of one that is closed is free again.
  streams.shift()!.close();
  await expect
    .poll(() =>
      listen(port).then(
        () => 'heard',
        () => 'refused',
      ),
    )
    .toBe('heard');
});

test('administrators are told what the status page warns of, others are not', async () => {
  const { port } = archives[0]!.archive;
  alerts = ['storageLow'];
  try {
    const administrator = await listen(port);
    expect(await administrator.next()).toEqual({ event: 'alerts', data: { alerts: ['storageLow'] } });
    const token = await createToken({ database: postgres.database.pool, name: 'reads', rights: ['read'] });
    const reader = await listen(port, { authorization: `Bearer ${token}` });
    const study = await storeStudy();
    for (const each of [administrator, reader])
      expect(await each.next()).toEqual({ event: 'studies', data: { studies: [study] } });
  } finally {
    alerts = [];
  }
});

test('nobody listens without a login', async () => {
  expect((await ask(archives[0]!.archive.port, '/api/events')).status).toBe(401);
});

test('a closing archive ends its streams, and does not wait for those who listen', async () => {
  const changes = openStudyChanges({ database: postgres.database, log: pino({ level: 'silent' }) });
  const events = openEventStreams({ changes, alerts: async () => alerts });
  const archive = await startTestArchive({ postgres, api: [events.resource] });
  const stream = await listen(archive.port);
  await events.close();
  expect(await stream.next()).toBeUndefined();
  await archive[Symbol.asyncDispose]();
});
