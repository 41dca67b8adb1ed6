import { createServer, type AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { programCaller } from '#access/caller.ts';
import { openDevices } from '#access/devices.ts';
import { createToken } from '#access/tokens.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import { limits } from '#settings/limits.ts';
import { readSettings } from '#settings/settings.ts';
import type { DimseDoorOptions } from '../dimse-door.ts';
import { openTestDoor } from '../test-dimse-door.ts';
import { admin, ask, postJson, startTestArchive, type TestArchive } from '../http/test-archive.ts';
import { deviceResources } from './devices.ts';

let postgres: TestDatabase;
let archive: TestArchive;
const opened: AsyncDisposable[] = [];
beforeAll(async () => {
  postgres = await startTestDatabase();
  const dimse = { aeTitle: 'LIGHTBOX', port: 11112, outgoing: readSettings({}).dimse.outgoing };
  const api = deviceResources({ database: postgres.database, log: pino({ level: 'silent' }), dimse });
  archive = await startTestArchive({ postgres, api });
});
beforeEach(() => postgres.database.pool.query('TRUNCATE site.device CASCADE'));
afterEach(async () => {
  for (const one of opened.splice(0)) await one[Symbol.asyncDispose]();
});
afterAll(async () => {
  await archive[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

const ct = {
  aeTitle: 'CT1',
  host: '10.0.0.5',
  port: 104,
  state: 'approved',
  defaultIssuer: '',
  onOtherBytes: 'keep-first',
};

/** What the addresses answer, as far as the tests look into it. */
interface Body extends Record<string, unknown> {
  id: number;
  outcome: string;
  devices: { id: number; asked: unknown }[];
}

async function call(method: string, path: string, body?: unknown): Promise<{ status: number; body: Body }> {
  const headers = { ...admin, ...(body !== undefined && { 'content-type': 'application/json' }) };
  const text = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await ask(archive.port, path, { method, headers, ...text });
  return { status: answer.status, body: JSON.parse(answer.body || '{}') as Body };
}
const registry = async () => (await call('GET', '/api/devices')).body;

test('a caller that was refused waits with what it asked for, is let in by one approval, and waits again when removed', async () => {
  const devices = openDevices({ database: postgres.database.pool, trustLoopback: false });
  const mr = { callingAETitle: 'MR1', address: '10.0.0.9' };
  const abstractSyntaxes = [
    '1.2.840.10008.1.1',
    '1.2.840.10008.5.1.4.1.1.4',
    '1.2.840.10008.5.1.4.1.2.2.1',
    '1.2.840.10008.5.1.4.1.2.2.2',
    '<img onerror>',
  ];
  expect(await devices.admit({ ...mr, abstractSyntaxes })).toBeUndefined();
  const { devices: waiting, here } = await registry();
  expect(here).toEqual({ aeTitle: 'LIGHTBOX', port: 11112, tlsPort: null });
  expect(waiting).toMatchObject([{ aeTitle: 'MR1', host: '10.0.0.9', port: null, state: 'waiting' }]);
  expect(waiting[0]!.asked).toEqual({
    services: ['verification', 'storage', 'query', 'retrieve'],
    storageClasses: 1,
    storage: ['MR Image Storage'],
  });

  const { id } = waiting[0]!;
  expect(await call('POST', `/api/devices/${id}/approve`)).toMatchObject({ status: 200, body: { state: 'approved' } });
  const again = openDevices({ database: postgres.database.pool, trustLoopback: false });
  expect(await again.admit(mr)).toMatchObject({ name: 'MR1', device: id });

  expect((await call('DELETE', `/api/devices/${id}`)).status).toBe(204);
  expect((await registry()).devices).toEqual([]);
  const afterwards = openDevices({ database: postgres.database.pool, trustLoopback: false });
  expect(await afterwards.admit(mr)).toBeUndefined();
  expect((await registry()).devices).toMatchObject([{ aeTitle: 'MR1', state: 'waiting' }]);
});

test('callers that gave way to later ones are told, with how many are kept', async () => {
  expect(await registry()).toMatchObject({ givenWay: null });
  const devices = openDevices({ database: postgres.database.pool, trustLoopback: false });
  for (let n = 0; n < limits.access.waitingDevicesPerAddress + 2; n++)
    await devices.admit({ callingAETitle: `CT${n}`, address: '10.0.0.9' });
  expect(await registry()).toMatchObject({
    givenWay: { entries: 2, since: expect.any(String) },
    waitingAtMost: { inAll: 200, ofAddress: 20 },
  });
});

test('what somebody else has entered of a device since it was read is not written over; its own calls are no change', async () => {
  const { body: read } = await call('POST', '/api/devices', ct);
  const change = (more: object, version: unknown) =>
    call('PUT', `/api/devices/${read.id}`, { ...ct, ...more, version });
  await postgres.database.pool.query('UPDATE site.device SET last_seen_at = now(), associations = associations + 1');
  const { status, body: corrected } = await change({ room: 'P1' }, read['version']);
  expect([status, corrected['room']]).toEqual([200, 'P1']);
  const late = await change({ port: 11_113 }, read['version']);
  expect(late).toMatchObject({ status: 409, body: { code: 'changedMeanwhile' } });
  expect((await registry())['devices']).toMatchObject([{ room: 'P1', port: ct.port }]);
  expect((await change({ room: 'P1', port: 11_113 }, corrected['version'])).status).toBe(200);
});

test('a device is added and changed, and what the standard or the network does not allow is refused by name', async () => {
  const { status, body: added } = await call('POST', '/api/devices', ct);
  expect([status, added['aeTitle'], added['storedInstances']]).toEqual([201, 'CT1', 0]);
  const changed = { ...ct, port: null, host: '10.1.0.0/16', onOtherBytes: 'replace', defaultIssuer: 'BVDK' };
  expect(await call('PUT', `/api/devices/${added.id}`, changed)).toMatchObject({ status: 200, body: changed });

  const more = {
    tls: true,
    tlsSubject: 'ct1.bv.local',
    tlsFingerprint: 'AB:'.repeat(31) + 'cd',
    userIdentity: 'required',
    services: ['store', 'mpps'],
    characterSet: '\\ISO 2022 IR 149',
    room: 'Phòng 3',
    description: 'Máy CT mới',
  };
  expect(await call('PUT', `/api/devices/${added.id}`, { ...changed, ...more })).toMatchObject({
    status: 200,
    body: { ...changed, ...more, tlsFingerprint: 'ab'.repeat(31) + 'cd' },
  });

  const refused = async (wrong: object) => (await call('POST', '/api/devices', { ...ct, ...wrong })).body;
  expect(await refused({ aeTitle: 'SEVENTEEN LETTERS' })).toMatchObject({ status: 400, reason: /^aeTitle: / });
  expect(await refused({ aeTitle: '   ' })).toMatchObject({ status: 400, reason: /^aeTitle: / });
  expect(await refused({ aeTitle: 'MÁY' })).toMatchObject({ status: 400 });
  expect(await refused({ host: '10.0.0' })).toMatchObject({ status: 400, reason: /^host: / });
  expect(await refused({ host: '10.0.0.0/33' })).toMatchObject({ status: 400 });
  expect(await refused({ host: 'a b' })).toMatchObject({ status: 400 });
  expect(await refused({ port: 0 })).toMatchObject({ status: 400, reason: /^port: / });
  expect(await refused({ state: 'admitted' })).toMatchObject({ status: 400 });
  expect(await refused({ unknown: 1 })).toMatchObject({ status: 400 });
  expect(await refused({ services: ['everything'] })).toMatchObject({ status: 400 });
  expect(await refused({ characterSet: 'ISO_IR 999' })).toMatchObject({ status: 400, reason: /^characterSet: / });
  expect(await refused({ tlsFingerprint: 'ab:cd' })).toMatchObject({ status: 400, reason: /^tlsFingerprint: / });
  for (const host of ['ct1', 'ct-1.bv.local', '::1', 'fd00::/8'])
    expect(await call('POST', '/api/devices', { ...ct, host })).toMatchObject({ status: 201 });
});

test('one AE title at one host is registered once', async () => {
  await call('POST', '/api/devices', ct);
  expect(await call('POST', '/api/devices', ct)).toMatchObject({ status: 409, body: { code: 'alreadyThere' } });
  const { body: other } = await call('POST', '/api/devices', { ...ct, aeTitle: 'CT2' });
  expect((await call('PUT', `/api/devices/${other.id}`, ct)).status).toBe(409);
});

test('a device that is not there is not found, whatever is asked of it', async () => {
  for (const id of ['1', '0', 'x', '99999999999999'])
    for (const [method, what, body] of [
      ['PUT', '', ct],
      ['DELETE', ''],
      ['POST', '/approve'],
      ['POST', '/test'],
    ] as const)
      expect((await call(method, `/api/devices/${id}${what}`, body)).status).toBe(404);
});

test('the registry is for administrators', async () => {
  const token = await createToken({ database: postgres.database.pool, name: 'reader', rights: ['read', 'store'] });
  const headers = { authorization: `Bearer ${token}` };
  expect((await ask(archive.port, '/api/devices', { headers })).status).toBe(403);
  expect((await postJson(archive.port, '/api/devices', ct, headers)).status).toBe(403);
});

/** A DICOM application that takes or refuses everybody. */
async function openPeer(admit: DimseDoorOptions['admit']): Promise<number> {
  const door = await openTestDoor({ aeTitle: 'PEER', admit });
  opened.push(door);
  return door.port;
}

async function tested(entry: object): Promise<string> {
  const { body: device } = await call('POST', '/api/devices', { ...ct, aeTitle: 'PEER', host: '127.0.0.1', ...entry });
  const { status, body } = await call('POST', `/api/devices/${device.id}/test`);
  await call('DELETE', `/api/devices/${device.id}`);
  expect(status).toBe(200);
  return body.outcome;
}

test('a test says whether a device answers, and otherwise what is to be done', async () => {
  const friendly = await openPeer(async ({ callingAETitle }) => {
    expect(callingAETitle).toBe('LIGHTBOX');
    return { caller: programCaller(callingAETitle) };
  });
  expect(await tested({ port: friendly })).toBe('answered');
  expect(await tested({ port: friendly, aeTitle: 'OTHER' })).toBe('calledAETitleNotRecognized');
  const strict = await openPeer(async () => ({ reject: 'calling AE title not recognized' }));
  expect(await tested({ port: strict })).toBe('callingAETitleNotRecognized');
  const busy = await openPeer(async () => ({ reject: 'local limit exceeded' }));
  expect(await tested({ port: busy })).toBe('rejected');
  expect(await tested({ port: null })).toBe('noAddress');
  expect(await tested({ host: '127.0.0.0/8' })).toBe('noAddress');
  expect(await tested({ host: 'no-such-host.invalid' })).toBe('unknownHost');
});

test('a port where nothing listens, and one where no DICOM application does, are told apart', async () => {
  const server = createServer((socket) => socket.resume().end('220 smtp\r\n'));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  expect(await tested({ port })).toBe('hungUp');
  await new Promise((closed) => server.close(closed));
  expect(await tested({ port })).toBe('connectionRefused');
});

test('a device that takes the connection and then says nothing is told from one that is away, and from one that hangs up', async () => {
  await using silent = createServer((socket) => socket.on('error', () => {}).resume());
  await new Promise<void>((listening) => silent.listen(0, '127.0.0.1', listening));
  expect(await tested({ port: (silent.address() as AddressInfo).port })).toBe('silent');
});
