/** Rules and sends: a whole archive, devices that listen, and the API as a program uses it. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { Right } from '#access/caller.ts';
import { addDevices } from '#access/devices.ts';
import { createToken } from '#access/tokens.ts';
import { fileHead } from '#dicom/file/file-meta.ts';
import { secondaryCapture, smallInstance } from '#tests/dataset-bytes.ts';
import { isInstalled } from '#tests/installed.ts';
import { startStorescp } from '#tests/storescp.ts';
import { Gate } from '#tests/tcp-gate.ts';
import { openDestination } from '../scp/test-destination.ts';
import { explicitLE } from '../scp/test-retrieval.ts';
import { type Found, type SendJson, sendsArchive } from './test-sends.ts';

const run = promisify(execFile);
const hasDcmtk = isInstalled('storescu');
const { archive, open, api, storeStudy, device, addRoute, becomeQuiet, sendsOf, waitFor, inState, addSend } =
  sendsArchive();

test('a study that is complete goes where a rule says, once, and what comes later follows alone', async () => {
  const to = await device();
  const { id } = await addRoute(to.id, { sourceAETitles: ['CT1'] });
  await storeStudy('1.1');
  await storeStudy('1.2', { modality: 'MR' });
  await storeStudy('1.3', { by: 'CT2' });
  await becomeQuiet();
  expect(await inState('1.1', 'done')).toMatchObject({ route: 'CT to archive', total: 3, sent: 3, cause: null });
  expect(to.received.map(({ sopInstanceUID }) => sopInstanceUID)).toEqual(['1.1.1.1', '1.1.1.2', '1.1.1.3']);
  await becomeQuiet();
  expect([await sendsOf('1.2'), await sendsOf('1.3')]).toEqual([[], []]);

  await storeStudy('1.1', { from: 4, to: 4 });
  await becomeQuiet();
  await expect.poll(() => to.received.length).toBe(4);
  expect(await inState('1.1', 'done')).toMatchObject({ total: 4, sent: 4 });
  expect(to.received.slice(3).map(({ sopInstanceUID }) => sopInstanceUID)).toEqual(['1.1.1.4']);
  expect((await api('DELETE', `/routes/${id}`)).status).toBe(204);
});

test('after the clock was set back by a day what comes to a study that was sent follows, and a rule of before holds', async () => {
  const to = await device();
  const { id } = await addRoute(to.id);
  const { pool } = archive().postgres.database;
  await storeStudy('1.4');
  await becomeQuiet();
  await inState('1.4', 'done');
  await pool.query(
    `UPDATE site.send SET study_changed_at = study_changed_at + interval '1 day' WHERE study_instance_uid = '1.4'`,
  );
  await storeStudy('1.4', { from: 4, to: 4 });
  await becomeQuiet();
  expect(await waitFor('1.4', ({ state, total }) => state === 'done' && total === 4)).toMatchObject({ sent: 4 });

  await pool.query(`UPDATE site.route SET since = since + interval '1 day' WHERE id = $1`, [id]);
  await storeStudy('1.5');
  await becomeQuiet();
  expect(await inState('1.5', 'done')).toMatchObject({ sent: 3 });
  expect(to.received).toHaveLength(7);
  await api('DELETE', `/routes/${id}`);
});

test('of two devices with one AE title the very one that was chosen gets what is sent', async () => {
  const one = await device();
  const other = open.use(await openDestination({ aeTitle: one.aeTitle }));
  const { pool } = archive().postgres.database;
  await addDevices({ database: pool, devices: [{ aeTitle: one.aeTitle, host: 'localhost', port: other.port }] });
  const { rows } = await pool.query<{ id: number }>(
    `SELECT id FROM site.device WHERE ae_title = $1 AND host = 'localhost'`,
    [one.aeTitle],
  );
  await storeStudy('1.9');
  await addSend('1.9', rows[0]!.id);
  await inState('1.9', 'done');
  expect([one.received.length, other.received.length]).toEqual([0, 3]);
});

test('no rule sends back to the device that a study came from, nor what was there before the rule', async () => {
  await storeStudy('2.1');
  const to = await device();
  const { id } = await addRoute(to.id);
  await storeStudy('2.2', { by: to.aeTitle });
  await storeStudy('2.3');
  await becomeQuiet();
  await inState('2.3', 'done');
  expect([await sendsOf('2.1'), await sendsOf('2.2')]).toEqual([[], []]);
  expect(new Set(to.received.map(({ sopInstanceUID }) => sopInstanceUID.slice(0, 3)))).toEqual(new Set(['2.3']));
  await api('DELETE', `/routes/${id}`);
});

test.skipIf(!hasDcmtk)(
  'of two devices with one AE title a rule means the one it names, and sends to the other',
  async () => {
    const { pool } = archive().postgres.database;
    const files = await mkdtemp(join(tmpdir(), 'lightbox-namesakes-'));
    open.defer(() => rm(files, { recursive: true, force: true }));
    /** DCMTK's storescu on a machine with this address. */
    const storeFrom = async (localAddress: string, study: string): Promise<void> => {
      await using gate = await Gate.before({ host: '127.0.0.1', port: archive().dimsePort, localAddress });
      const instance = `${study}.1.1`;
      const dataset = smallInstance({ study, series: `${study}.1`, instance, modality: 'CT' });
      const head = fileHead({
        MediaStorageSOPClassUID: secondaryCapture,
        MediaStorageSOPInstanceUID: instance,
        TransferSyntaxUID: explicitLE,
      });
      const file = join(files, `${instance}.dcm`);
      await writeFile(file, Buffer.concat([head, dataset]));
      await run('storescu', ['-aet', 'TWIN', '-aec', 'LIGHTBOX', '127.0.0.1', String(gate.port), file]);
    };
    const [one, other] = await Promise.all(
      ['127.0.0.1', '127.0.0.2'].map(async (host) => {
        const storescp = open.use(await startStorescp(['-aet', 'TWIN']));
        await addDevices({ database: pool, devices: [{ aeTitle: 'TWIN', host, port: storescp.port }] });
        const { rows } = await pool.query<{ id: number }>(
          `SELECT id FROM site.device WHERE ae_title = 'TWIN' AND host = $1`,
          [host],
        );
        return { ...storescp, id: rows[0]!.id };
      }),
    );
    const [toOne, toOther] = [
      await addRoute(one!.id, { name: 'other to one', sourceDevices: [other!.id] }),
      await addRoute(other!.id, { name: 'all to other', sourceAETitles: ['TWIN'] }),
    ];
    await storeFrom('127.0.0.1', '2.4');
    await storeFrom('127.0.0.2', '2.5');
    await becomeQuiet();
    expect(await inState('2.4', 'done')).toMatchObject({ route: 'all to other' });
    expect(await inState('2.5', 'done')).toMatchObject({ route: 'other to one' });
    const received = async ({ files: list }: { files: () => Promise<string[]> }) =>
      (await list()).map((name) => name.slice(3));
    expect([await received(one!), await received(other!)]).toEqual([['2.5.1.1'], ['2.4.1.1']]);

    // It is gone, and its namesake is not what the rule means.
    await pool.query('DELETE FROM site.device WHERE id = $1', [other!.id]);
    const { json } = await api<{ routes: { id: number; sourceDevices: number[] }[] }>('GET', '/routes');
    expect(json.routes.find(({ id }) => id === toOne.id)?.sourceDevices).toEqual([other!.id]);
    await storeFrom('127.0.0.1', '2.6');
    await becomeQuiet();
    expect(await sendsOf('2.6')).toEqual([]);
    for (const { id } of [toOne, toOther]) await api('DELETE', `/routes/${id}`);
  },
);

test('a send that breaks off says why, and goes on with what was not acknowledged', async () => {
  const to = await device({
    answer: (at, destination) => {
      if (at === 2) for (const exchange of destination.exchanges) exchange.abort('switched off');
      return { status: at === 3 ? 0xa700 : 0 };
    },
  });
  await storeStudy('3.1', { to: 5 });
  const { id } = await addSend('3.1', to.id);
  // The third is lost with its association, the fourth is refused.
  expect(await waitFor('3.1', ({ cause }) => cause !== null)).toMatchObject({
    state: 'waiting',
    total: 5,
    sent: 3,
    cause: {
      code: 'associationLost',
      reason: 'aborted by the peer: no reason given',
      instances: 1,
      others: 1,
    },
  });
  const before = to.received.length;
  expect((await api('POST', `/sends/${id}/repeat`)).status).toBe(200);
  expect(await inState('3.1', 'done')).toMatchObject({ total: 5, sent: 5, cause: null });
  expect(to.received.length - before).toBe(2);
});

test('a send that was done is repeated whole', async () => {
  const to = await device();
  await storeStudy('3.4', { to: 3 });
  const { id } = await addSend('3.4', to.id);
  await inState('3.4', 'done');
  expect((await api('POST', `/sends/${id}/repeat`)).json).toMatchObject({ state: 'waiting', sent: 0 });
  expect(await inState('3.4', 'done')).toMatchObject({ total: 3, sent: 3 });
  expect(to.received).toHaveLength(6);
});

test('each cause comes as a word with what fills it in', async () => {
  const away = await device();
  await away[Symbol.asyncDispose]();
  const full = await device({ answer: () => ({ status: 0xa700, errorComment: 'disk full' }) });
  const wary = await device({ answer: () => ({ status: 0x0124 }) });
  const puzzled = await device({ answer: () => ({ status: 0xc123 }) });
  const picky = await device({ knows: () => false });
  const odd = await device({ takes: () => false });
  const { pool } = archive().postgres.database;
  for (const [at, [to, cause]] of (
    [
      [away, { code: 'connectionRefused', reason: 'destination: connection closed (ECONNREFUSED)' }],
      [full, { code: 'outOfResources', status: 'A700', comment: 'disk full' }],
      [wary, { code: 'notAuthorized', status: '0124' }],
      [puzzled, { code: 'notUnderstood', status: 'C123' }],
      [picky, { code: 'sopClassNotTaken', sopClass: 'Secondary Capture Image Storage' }],
      [odd, { code: 'cannotReEncode', reason: 'peer has no syntax of ours for Secondary Capture Image Storage' }],
    ] as const
  ).entries()) {
    const study = `3.2.${at}`;
    await storeStudy(study, { to: 2 });
    await addSend(study, to.id);
    const send = await waitFor(study, (each) => each.cause !== null);
    expect(send).toMatchObject({ state: 'waiting', sent: 0, cause: { ...cause, instances: 2 } });
  }
  // Removed after it was asked for.
  await storeStudy('3.3', { to: 2 });
  await pool.query(`INSERT INTO site.send (destination, study_instance_uid, priority) VALUES ('GONE', '3.3', 'high')`);
  const gone = await waitFor('3.3', (each) => each.cause !== null);
  expect(gone).toMatchObject({ state: 'failed', cause: { code: 'noDestination' } });
});

test('a destination that is held still holds up nobody else, and what is cancelled there ends', async () => {
  const held = await device({ answer: () => new Promise<never>(() => {}) });
  const quick = await device();
  for (let number = 1; number <= 5; number++) {
    await storeStudy(`4.${number}`);
    await addSend(`4.${number}`, held.id);
  }
  await waitFor('4.1', ({ state }) => state === 'running');
  await waitFor('4.2', ({ state }) => state === 'running');
  await storeStudy('4.9');
  await addSend('4.9', quick.id);
  expect(await inState('4.9', 'done')).toMatchObject({ sent: 3 });
  const states = await Promise.all([1, 2, 3, 4, 5].map(async (number) => (await sendsOf(`4.${number}`))[0]?.state));
  expect(states).toEqual(['running', 'running', 'waiting', 'waiting', 'waiting']);

  for (let number = 1; number <= 5; number++) {
    const [send] = await sendsOf(`4.${number}`);
    expect((await api<SendJson>('POST', `/sends/${send!.id}/cancel`)).json).toMatchObject({ state: 'cancelled' });
  }
  await Promise.all(held.exchanges.map((exchange) => exchange.over));
  expect((await sendsOf('4.1'))[0]).toMatchObject({ state: 'cancelled', sent: 0 });
});

test('a send whose hours have not come waits for them, and has those to which its rule is changed', async () => {
  const to = await device();
  const { pool } = archive().postgres.database;
  const { rows } = await pool.query<{ from: string; until: string }>(
    `SELECT to_char(now() AT TIME ZONE 'Asia/Ho_Chi_Minh' + interval '2 hours', 'HH24:MI') AS from,
       to_char(now() AT TIME ZONE 'Asia/Ho_Chi_Minh' + interval '3 hours', 'HH24:MI') AS until`,
  );
  const { from, until } = rows[0]!;
  const { id } = await addRoute(to.id, { window: { from, until } });
  await storeStudy('6.1');
  await becomeQuiet();
  const quick = await device();
  await storeStudy('6.2', { modality: 'MR' });
  await addSend('6.2', quick.id);
  await inState('6.2', 'done');
  expect((await sendsOf('6.1'))[0]).toMatchObject({ state: 'waiting', sent: 0, window: { from, until } });
  // The same hours the other way round hold now.
  const window = { from: until, until: from };
  const changed = {
    name: 'CT',
    enabled: true,
    modalities: ['CT'],
    sourceAETitles: [],
    destination: to.id,
    priority: 'low',
  };
  expect((await api('PUT', `/routes/${id}`, { ...changed, window })).status).toBe(200);
  expect(await inState('6.1', 'done')).toMatchObject({ sent: 3, window, priority: 'low' });
  const night = { ...changed, window: { from, until } };
  expect((await api('PUT', `/routes/${id}`, night)).status).toBe(200);
  await storeStudy('6.3');
  await becomeQuiet();
  const [waiting] = await sendsOf('6.3');
  expect(waiting).toMatchObject({ state: 'waiting', window: { from, until } });
  // Whoever says "now" does not mean the night.
  await api('POST', `/sends/${waiting!.id}/repeat`);
  expect(await inState('6.3', 'done')).toMatchObject({ sent: 3, window: null });
  await api('DELETE', `/routes/${id}`);
});

test('what leaves is in the access record, with its destination', async () => {
  const to = await device();
  await storeStudy('7.1', { modality: 'MR' });
  const from = archive().lines.length;
  await addSend('7.1', to.id);
  await inState('7.1', 'done');
  expect(
    archive()
      .lines.slice(from)
      .filter(({ msg }) => msg === 'access'),
  ).toMatchObject(
    expect.arrayContaining([
      expect.objectContaining({
        action: 'retrieve',
        door: 'C-STORE',
        destination: to.aeTitle,
        StudyInstanceUID: '7.1',
        count: 3,
      }),
    ]),
  );
});

test('a rule or send that cannot be meant so is refused with the reason', async () => {
  const to = await device();
  const route = {
    name: 'x',
    enabled: true,
    modalities: [],
    sourceAETitles: [],
    destination: to.id,
    window: null,
    priority: 'low',
  };
  for (const [change, reason] of [
    [{ sourceDevices: [999_999] }, 'sourceDevices: device 999999 is not in the registry'],
    [{ destination: 999_999 }, 'destination: device 999999 cannot be sent to'],
    [{ window: { from: '25:00', until: '06:00' } }, 'window.from: a time of day such as 22:00'],
    [{ window: { from: '06:00', until: '06:00' } }, 'window: two different times'],
    [{ modalities: ['ct!'] }, 'modalities.0: a modality such as CT'],
    [{ more: 1 }, 'the body: has a member that is not known'],
  ] as const) {
    const { status, json } = await api<{ reason: string }>('POST', '/routes', { ...route, ...change });
    expect([status, json.reason]).toEqual([400, reason]);
  }
  expect((await api('POST', '/sends', { StudyInstanceUID: '9.9.9', device: to.id })).status).toBe(404);
  expect((await api('POST', '/sends', { StudyInstanceUID: '9.9.9', device: 2 ** 31 })).status).toBe(400);
  expect((await api('POST', '/sends/999999/cancel')).status).toBe(404);
  expect((await api('PUT', '/routes/999999', route)).status).toBe(404);
  expect((await api('GET', '/sends?state=lost')).status).toBe(400);
  const described = await api<{ paths: Record<string, unknown> }>('GET', '/openapi.json');
  expect(Object.keys(described.json.paths)).toEqual(
    expect.arrayContaining(['/api/routes', '/api/routes/{route}', '/api/sends', '/api/sends/{send}/repeat']),
  );
});

interface Rule {
  readonly id: number;
  readonly version: string;
  readonly destinationAETitle: string;
}

test('what somebody else has changed of a rule since it was read is not written over', async () => {
  const to = await device();
  const added = await addRoute(to.id);
  const { json } = await api<{ routes: Rule[] }>('GET', '/routes');
  const { id, destinationAETitle: _, ...read } = json.routes.find((route) => route.id === added.id)!;
  const change = (more: object) => api<Rule>('PUT', `/routes/${id}`, { ...read, ...more });
  const { json: changed } = await change({ priority: 'low' });
  expect(changed).toMatchObject({ priority: 'low' });
  expect(changed.version).not.toBe(read.version);
  expect(await change({ name: 'late' })).toMatchObject({ status: 409, json: { code: 'changedMeanwhile' } });
  expect(await change({ name: 'seen', version: changed.version })).toMatchObject({
    status: 200,
    json: { name: 'seen' },
  });
  // Of what is not there any more, and of a destination that has gone, it is that which is said.
  expect(await change({ destination: 999_999, version: undefined })).toMatchObject({ status: 400 });
  await api('DELETE', `/routes/${id}`);
  expect(await change({})).toMatchObject({ status: 404 });
});

test('what is sent is found by whose it is and where it goes, by those who may read', async () => {
  const to = await device();
  await storeStudy('1.80', { to: 1, patientName: 'ĐẶNG^THỊ HUỆ', patientID: 'BN-80' });
  await storeStudy('1.81', { to: 1, patientName: 'LÊ^VĂN HOÀ', patientID: 'BN-81' });
  for (const study of ['1.80', '1.81']) await addSend(study, to.id);
  for (const study of ['1.80', '1.81']) await inState(study, 'done');
  const { pool } = archive().postgres.database;
  const search = async (body: object, authorization?: string) => {
    const { status, json } = await api<Found>('POST', '/sends/search', body, authorization);
    return { status, found: json.sends?.map((send) => send.StudyInstanceUID), done: json.counts?.['done'] };
  };
  expect(await search({ text: 'hue dang' })).toEqual({ status: 200, found: ['1.80'], done: 1 });
  expect(await search({ text: 'bn-81' })).toEqual({ status: 200, found: ['1.81'], done: 1 });
  expect(await search({ text: `${to.aeTitle} hoa` })).toEqual({ status: 200, found: ['1.81'], done: 1 });
  expect((await search({ text: to.aeTitle })).found).toHaveLength(2);
  expect(await search({ text: 'hue', state: 'failed' })).toEqual({ status: 200, found: [], done: 1 });
  expect(await search({ text: '100%' })).toEqual({ status: 200, found: [], done: 0 });
  const searches = archive().lines.filter(({ action }) => action === 'search');
  expect(searches.at(-1)).toMatchObject({ door: 'API', matched: ['text'], count: 0 });
  expect(JSON.stringify(archive().lines)).not.toMatch(/hue|HUỆ/i);

  const { json } = await api<Found>('GET', '/sends?StudyInstanceUID=1.80');
  expect(json.sends).toMatchObject([{ PatientName: 'ĐẶNG^THỊ HUỆ', PatientID: 'BN-80', StudyDate: '20240115' }]);
  const token = async (name: string, rights: Right[]) =>
    `Bearer ${await createToken({ database: pool, name, rights })}`;
  const cannotRead = await token('sender', ['manage']);
  const { json: unnamed } = await api<Found>('GET', '/sends?StudyInstanceUID=1.80', undefined, cannotRead);
  expect(unnamed.sends).toMatchObject([
    { PatientName: null, PatientID: null, ModalitiesInStudy: ['CT'], state: 'done' },
  ]);
  expect((await search({ text: 'hue' }, cannotRead)).status).toBe(403);
  const scoped = await token('of one study', ['read', 'manage']);
  await pool.query(`UPDATE site.token SET studies = '{1.80}' WHERE name = 'of one study'`);
  expect((await api('GET', '/sends', undefined, scoped)).status).toBe(403);
});

test('a caller of certain studies sends none: the answer tells whose a study is', async () => {
  const to = await device();
  await storeStudy('1.82', { to: 1 });
  const { id } = await addSend('1.82', to.id);
  await inState('1.82', 'done');
  const { pool } = archive().postgres.database;
  const scoped = `Bearer ${await createToken({ database: pool, name: 'of another study', rights: ['read', 'manage'] })}`;
  await pool.query(`UPDATE site.token SET studies = '{1.9}' WHERE name = 'of another study'`);
  for (const [path, body] of [
    ['/sends', { StudyInstanceUID: '1.82', device: to.id }],
    [`/sends/${id}/repeat`, undefined],
    [`/sends/${id}/cancel`, undefined],
  ] as const)
    expect([path, (await api('POST', path, body, scoped)).status]).toEqual([path, 403]);
  expect(to.received).toHaveLength(1);
});
