/** Rules and sends: a whole archive, devices that listen, and the API as a program uses it. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { isWithin } from '#access/addresses.ts';
import type { Right } from '#access/caller.ts';
import { addDevices } from '#access/devices.ts';
import { createToken } from '#access/tokens.ts';
import { openDestination, type TestDestination } from '#archive/scp/test-destination.ts';
import { archiveAt, explicitLE } from '#archive/scp/test-retrieval.ts';
import { uid } from '#dicom/data/uid.ts';
import { connectExchange, store } from '#dicom/dimse/requests.ts';
import { fileHead } from '#dicom/file/file-meta.ts';
import { openDatabase } from '#index/database.ts';
import { Holder } from '#index/holder.ts';
import { completeQuietStudies } from '#index/completeness.ts';
import { routeCompletedStudies } from '#index/routed-studies.ts';
import { secondaryCapture, smallInstance, type SmallInstance } from '#tests/dataset-bytes.ts';
import { startStorescp } from '#tests/storescp.ts';
import { Gate } from '#tests/tcp-gate.ts';
import { startWholeArchive, type WholeArchive } from '#tests/whole-archive.ts';

const run = promisify(execFile);
const hasDcmtk = spawnSync('storescu', ['--version']).error === undefined;

let archive: WholeArchive;
const open = new AsyncDisposableStack();
beforeAll(async () => {
  archive = open.use(await startWholeArchive());
});
afterAll(() => open.disposeAsync());

interface SendJson {
  readonly id: number;
  readonly StudyInstanceUID: string;
  readonly route: string | null;
  readonly destination: string;
  readonly state: string;
  readonly cause: { readonly code: string } | null;
  readonly total: number | null;
  readonly sent: number;
}

interface Found {
  readonly sends: SendJson[];
  readonly counts: Record<string, number>;
}

async function api<T = unknown>(
  method: string,
  path: string,
  body?: unknown,
  authorization = archive.authorization,
): Promise<{ status: number; json: T }> {
  const response = await fetch(archive.dicomweb.replace(/dicom-web$/, `api${path}`), {
    method,
    headers: {
      authorization,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, json: (text === '' ? undefined : JSON.parse(text)) as T };
}

interface StoredStudy extends Pick<SmallInstance, 'patientName' | 'patientID'> {
  readonly from?: number;
  readonly to?: number;
  readonly modality?: string;
  readonly by?: string;
}

/** Stores instances `from` … `to` of a study as a device of that title would. */
async function storeStudy(
  study: string,
  { from = 1, to = 3, modality = 'CT', by = 'CT1', ...patient }: StoredStudy = {},
): Promise<void> {
  const exchange = await connectExchange({
    ...archiveAt(archive.dimsePort),
    callingAETitle: by,
    contexts: [{ abstractSyntax: secondaryCapture, transferSyntaxes: [explicitLE] }],
  });
  for (let number = from; number <= to; number++) {
    const instance = `${study}.1.${number}`;
    const dataset = smallInstance({ study, series: `${study}.1`, instance, modality, ...patient });
    const sent = { sopClassUID: uid(secondaryCapture), sopInstanceUID: uid(instance), transferSyntaxUID: explicitLE };
    expect((await store(exchange, { ...sent, dataset })).status).toBe(0);
  }
  await exchange.release();
}

let devices = 0;
/** A device that listens, in the registry. */
async function device(
  options: Omit<Parameters<typeof openDestination>[0], 'aeTitle'> = {},
): Promise<TestDestination & { id: number; aeTitle: string }> {
  const aeTitle = `DEST${++devices}`;
  const destination = open.use(await openDestination({ aeTitle, ...options }));
  const { pool } = archive.postgres.database;
  await addDevices({ database: pool, devices: [{ aeTitle, host: '127.0.0.1', port: destination.port }] });
  const { rows } = await pool.query<{ id: number }>('SELECT id FROM site.device WHERE ae_title = $1', [aeTitle]);
  return Object.assign(destination, { id: rows[0]!.id, aeTitle });
}

async function addRoute(destination: number, more: object = {}): Promise<{ id: number }> {
  const route = { name: 'CT to archive', enabled: true, modalities: ['CT'], sourceAETitles: [], priority: 'medium' };
  const { status, json } = await api<{ id: number }>('POST', '/routes', {
    ...route,
    destination,
    window: null,
    ...more,
  });
  expect(status).toBe(201);
  return json;
}

/** What happens when nothing has come for a while: nobody waits for two minutes here. */
async function becomeQuiet(): Promise<void> {
  const { database } = archive.postgres;
  await completeQuietStudies(database, 0, 500);
  await routeCompletedStudies(database, { days: 14, studies: 500, isAt: isWithin });
}

const sendsOf = async (study: string): Promise<SendJson[]> =>
  (await api<{ sends: SendJson[] }>('GET', `/sends?StudyInstanceUID=${study}`)).json.sends;

/** Awaits that the one send of a study is as it should be. @throws AssertionError with the send as it was last */
async function waitFor(study: string, isSo: (send: SendJson) => boolean): Promise<SendJson> {
  return vi.waitFor(
    async () => {
      const sends = await sendsOf(study);
      expect(sends).toEqual([expect.toSatisfy(isSo)]);
      return sends[0]!;
    },
    { timeout: 120_000, interval: 50 },
  );
}

const inState = (study: string, state: string): Promise<SendJson> => waitFor(study, (send) => send.state === state);

const addSend = async (study: string, to: number): Promise<SendJson> => {
  const { status, json } = await api<SendJson>('POST', '/sends', { StudyInstanceUID: study, device: to });
  expect(status).toBe(201);
  return json;
};

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
  const { pool } = archive.postgres.database;
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
  const { pool } = archive.postgres.database;
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
    const { pool } = archive.postgres.database;
    const files = await mkdtemp(join(tmpdir(), 'lightbox-namesakes-'));
    open.defer(() => rm(files, { recursive: true, force: true }));
    /** DCMTK's storescu on a machine with this address. */
    const storeFrom = async (localAddress: string, study: string): Promise<void> => {
      await using gate = await Gate.before({ host: '127.0.0.1', port: archive.dimsePort, localAddress });
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
      reason: 'aborted by the peer: source 0, reason 0',
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
  const { pool } = archive.postgres.database;
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

/** As an archive leaves a send that was killed with one instance acknowledged. @param until  the end of its lease, in SQL */
async function beganElsewhere(
  study: string,
  to: { readonly id: number; readonly aeTitle: string },
  { until, holder }: { readonly until: string; readonly holder: number | null },
): Promise<void> {
  await archive.postgres.database.pool.query(
    `WITH x AS (
       INSERT INTO site.send (device, destination, study_instance_uid, priority, state, run, holder, run_until, total, sent)
       VALUES ($1, $2, $3, 'high', 'running', gen_random_uuid(), $4, ${until}, 3, 1) RETURNING id)
     INSERT INTO site.sent_instance SELECT x.id, i.digest FROM x, index.instance i WHERE i.sop_instance_uid = $3 || '.1.2'`,
    [to.id, to.aeTitle, study, holder],
  );
}

test.each([
  { study: '5.1', until: `now() - interval '1 second'`, when: '' },
  { study: '5.10', until: `now() + interval '1 day'`, when: ', also when the clock was set back since' },
])('a run that nothing is heard of any more is taken over$when', async ({ study, until }) => {
  const to = await device();
  await storeStudy(study);
  await beganElsewhere(study, to, { until, holder: null });
  expect(await inState(study, 'done')).toMatchObject({ total: 3, sent: 3 });
  expect(to.received.map(({ sopInstanceUID }) => sopInstanceUID)).toEqual([`${study}.1.1`, `${study}.1.3`]);
});

test('what was put off before the clock was set back goes at once, and what waits for its next attempt goes then', async () => {
  const to = await device();
  const waits = async (study: string, due: string) => {
    await storeStudy(study);
    await archive.postgres.database.pool.query(
      `INSERT INTO site.send (device, destination, study_instance_uid, priority, due_at)
       VALUES ($1, $2, $3, 'high', now() + $4::interval)`,
      [to.id, to.aeTitle, study, due],
    );
  };
  await waits('5.8', '50 minutes');
  await waits('5.9', '7 hours');
  expect(await inState('5.9', 'done')).toMatchObject({ sent: 3 });
  expect(await sendsOf('5.8')).toMatchObject([{ state: 'waiting' }]);
});

test('a run is left to an archive that lives, and taken over as soon as its connection ends', async () => {
  const to = await device();
  const other = await device();
  for (const study of ['5.2', '5.3', '5.4']) await storeStudy(study);
  await using database = openDatabase(archive.postgres.url, { max: 1, applicationName: 'test' });
  const holder = new Holder(database.pool);
  await beganElsewhere('5.2', to, { until: `now() + interval '2 minutes'`, holder: await holder.held() });
  // Each is seen after it, and those of its destination count it as running.
  await addSend('5.3', to.id);
  await addSend('5.4', other.id);
  await inState('5.4', 'done');
  await inState('5.3', 'done');
  expect((await sendsOf('5.2'))[0]).toMatchObject({ state: 'running', sent: 1 });

  await holder[Symbol.asyncDispose]();
  expect(await inState('5.2', 'done')).toMatchObject({ total: 3, sent: 3 });
});

test('an archive whose connection broke holds its sends again before it takes more', async () => {
  const { pool } = archive.postgres.database;
  const to = await device({ answer: () => new Promise<never>(() => {}) });
  await storeStudy('5.5');
  const { id } = await addSend('5.5', to.id);
  await waitFor('5.5', ({ state }) => state === 'running');
  const held = `SELECT l.pid FROM pg_locks l JOIN site.send x ON l.objid::bigint = x.holder AND l.locktype = 'advisory' WHERE x.id = $1`;
  const [first] = (await pool.query<{ pid: number }>(held, [id])).rows;
  await pool.query('SELECT pg_terminate_backend($1)', [first!.pid]);
  const pids = async () => (await pool.query<{ pid: number }>(held, [id])).rows.map(({ pid }) => pid);
  await expect.poll(pids).toEqual([expect.not.toBeOneOf([first!.pid])]);
  expect((await api('POST', `/sends/${id}/cancel`)).status).toBe(200);
});

test('a send is begun while a study is being called complete', async () => {
  const to = await device();
  for (const study of ['5.6', '5.7']) await storeStudy(study);
  const client = await archive.postgres.database.pool.connect();
  try {
    await client.query('BEGIN');
    await client.query(`SELECT index.complete_known_study('5.6', 'mpps', '{}')`);
    await addSend('5.7', to.id);
    await inState('5.7', 'done');
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
});

test('a send whose hours have not come waits for them', async () => {
  const to = await device();
  const { pool } = archive.postgres.database;
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
  expect((await sendsOf('6.1'))[0]).toMatchObject({ state: 'waiting', sent: 0 });
  // The same hours the other way round hold now.
  await pool.query(
    'UPDATE site.send SET from_time = until_time, until_time = from_time WHERE study_instance_uid = $1',
    ['6.1'],
  );
  expect(await inState('6.1', 'done')).toMatchObject({ sent: 3 });
  await api('DELETE', `/routes/${id}`);
});

test('what leaves is in the access record, with its destination', async () => {
  const to = await device();
  await storeStudy('7.1', { modality: 'MR' });
  const from = archive.lines.length;
  await addSend('7.1', to.id);
  await inState('7.1', 'done');
  expect(archive.lines.slice(from).filter(({ msg }) => msg === 'access')).toMatchObject(
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

test('what is sent is found by whose it is and where it goes, by those who may read', async () => {
  const to = await device();
  await storeStudy('1.80', { to: 1, patientName: 'ĐẶNG^THỊ HUỆ', patientID: 'BN-80' });
  await storeStudy('1.81', { to: 1, patientName: 'LÊ^VĂN HOÀ', patientID: 'BN-81' });
  for (const study of ['1.80', '1.81']) await addSend(study, to.id);
  for (const study of ['1.80', '1.81']) await inState(study, 'done');
  const { pool } = archive.postgres.database;
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
  const searches = archive.lines.filter(({ action }) => action === 'search');
  expect(searches.at(-1)).toMatchObject({ door: 'API', matched: ['text'], count: 0 });
  expect(JSON.stringify(archive.lines)).not.toMatch(/hue|HUỆ/i);

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
