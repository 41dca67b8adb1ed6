import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { limits } from '#settings/limits.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import { addDevices, openDevices } from './devices.ts';
import { givenWay } from './waiting-callers.ts';

let postgres: TestDatabase;
beforeAll(async () => {
  postgres = await startTestDatabase();
});
afterAll(() => postgres[Symbol.asyncDispose]());
beforeEach(() => pool().query('TRUNCATE site.device, site.given_way CASCADE'));
afterEach(() => void vi.useRealTimers());

const pool = () => postgres.database.pool;
const open = (trustLoopback = false) => openDevices({ database: pool(), trustLoopback });
const add = (aeTitle: string, host: string, port = 104) =>
  addDevices({ database: pool(), devices: [{ aeTitle, host, port }] });

async function registry() {
  const { rows } = await pool().query<{ ae_title: string; host: string; state: string }>(
    'SELECT ae_title, host, state FROM site.device ORDER BY id',
  );
  return rows.map((row) => `${row.ae_title}@${row.host} ${row.state}`);
}

describe('who called before is called back', () => {
  const network = (aeTitle: string, host: string, port: number) =>
    pool().query(`INSERT INTO site.device (ae_title, host, port, state) VALUES ($1, $2, $3, 'approved')`, [
      aeTitle,
      host,
      port,
    ]);
  const back = async (earlier: Parameters<ReturnType<typeof open>['callback']>[0]) => {
    const found = await open().callback(earlier);
    return found && `${found.host}:${found.port}`;
  };

  test('at its own entry, however many have its AE title', async () => {
    await add('CT1', '10.0.0.5', 105);
    await add('CT1', '10.0.0.6', 106);
    const { rows } = await pool().query<{ id: number }>('SELECT id FROM site.device ORDER BY id');
    const [first, second] = rows.map(({ id }) => id);
    expect(await back({ callingAETitle: 'CT1', device: first, address: '10.0.0.5' })).toBe('10.0.0.5:105');
    expect(await back({ callingAETitle: 'CT1', device: second })).toBe('10.0.0.6:106');
  });

  test('at the address that it called from, where its entry is of a network', async () => {
    await network('US1', '10.0.0.0/24', 107);
    const { rows } = await pool().query<{ id: number }>('SELECT id FROM site.device');
    const device = rows[0]!.id;
    expect(await back({ callingAETitle: 'US1', device, address: '10.0.0.7' })).toBe('10.0.0.7:107');
    expect(await back({ callingAETitle: 'US1', device })).toBeUndefined();
  });

  test('where its entry is gone, only if another one means its address', async () => {
    await add('CT1', '10.0.0.6', 106);
    expect(await back({ callingAETitle: 'CT1', address: '10.0.0.5' })).toBeUndefined();
    expect(await back({ callingAETitle: 'CT1', device: 999_999, address: '10.0.0.5' })).toBeUndefined();
    expect(await back({ callingAETitle: 'CT1', device: 999_999 })).toBeUndefined();
    expect(await back({ callingAETitle: 'CT1', address: '10.0.0.6' })).toBe('10.0.0.6:106');
  });

  test('where nobody noted its address, only if one device has its AE title', async () => {
    await add('CT1', '10.0.0.5', 105);
    expect(await back({ callingAETitle: 'CT1' })).toBe('10.0.0.5:105');
    await add('CT1', '10.0.0.6', 106);
    expect(await back({ callingAETitle: 'CT1' })).toBeUndefined();
  });
});

describe('a caller', () => {
  test('is admitted by its AE title and its address together', async () => {
    await add('CT1', '10.0.0.5');
    const devices = open();
    expect(await devices.admit({ callingAETitle: 'CT1', address: '::ffff:10.0.0.5' })).toMatchObject({
      kind: 'device',
      name: 'CT1',
      address: '10.0.0.5',
      onOtherBytes: 'keep-first',
      rights: new Set(['store', 'read']),
    });
    expect(await devices.admit({ callingAETitle: 'CT1', address: '10.0.0.6' })).toBeUndefined();
    expect(await devices.admit({ callingAETitle: 'CT2', address: '10.0.0.5' })).toBeUndefined();
    expect(await devices.admit({ callingAETitle: 'ct1', address: '10.0.0.5' })).toBeUndefined();
  });

  test('is admitted from anywhere in a network that is registered', async () => {
    await pool().query(`INSERT INTO site.device (ae_title, host, state) VALUES ('US', '10.7.0.0/16', 'approved')`);
    expect(await open().admit({ callingAETitle: 'US', address: '10.7.3.9' })).toBeDefined();
    expect(await open().admit({ callingAETitle: 'US', address: '10.8.3.9' })).toBeUndefined();
  });

  test('carries what the registry says of its Patient IDs and of other bytes', async () => {
    await pool().query(
      `INSERT INTO site.device (ae_title, host, state, default_issuer, on_other_bytes)
       VALUES ('CT1', '10.0.0.5', 'approved', 'BVDK', 'replace')`,
    );
    expect(await open().admit({ callingAETitle: 'CT1', address: '10.0.0.5' })).toMatchObject({
      defaultIssuer: 'BVDK',
      onOtherBytes: 'replace',
    });
  });

  test('whose entry names a certificate must show it', async () => {
    await pool().query(
      `INSERT INTO site.device (ae_title, host, state, tls_subject) VALUES ('CT1', '10.0.0.5', 'approved', 'CN=ct1')`,
    );
    const call = { callingAETitle: 'CT1', address: '10.0.0.5' };
    const shows = { tlsSubject: 'CN=ct1', tlsFingerprint: 'ab' };
    expect(await open().admit({ ...call, ...shows })).toMatchObject({ name: 'CT1' });
    expect(await open().admit({ ...call, ...shows, tlsSubject: 'CN=other' })).toMatchObject({ certificate: 'another' });
    expect(await open().admit({ ...call, tlsFingerprint: 'ab', tlsUntrusted: 'CERT_HAS_EXPIRED' })).toMatchObject({
      certificate: 'expired',
    });
    // From this machine, where others are trusted, as from elsewhere.
    for (const trusts of [false, true]) expect(await open(trusts).admit(call)).toMatchObject({ certificate: 'none' });
  });

  test('without its certificate is known and refused: nobody can approve it as a stranger, and it was not in contact', async () => {
    await pool().query(
      `INSERT INTO site.device (ae_title, host, state, tls_subject) VALUES ('CT1', '10.0.0.0/24', 'approved', 'CN=ct1')`,
    );
    expect(await open().admit({ callingAETitle: 'CT1', address: '10.0.0.5' })).toMatchObject({ certificate: 'none' });
    expect(await open().admit({ callingAETitle: 'CT1', address: '10.0.9.5' })).toBeUndefined();
    expect(await registry()).toEqual(['CT1@10.0.0.0/24 approved', 'CT1@10.0.9.5 waiting']);
    const { rows } = await pool().query('SELECT last_seen_at FROM site.device WHERE state = $1', ['approved']);
    expect(rows).toEqual([{ last_seen_at: null }]);
  });

  test('from this machine is trusted where that is set, and only there', async () => {
    const call = { callingAETitle: 'ANYONE', address: '127.0.0.1' };
    expect(await open(true).admit(call)).toMatchObject({ name: 'ANYONE' });
    expect(await open(false).admit(call)).toBeUndefined();
    expect(await open(true).admit({ ...call, address: '10.0.0.5' })).toBeUndefined();
  });

  test('that a person refused stays refused, from this machine too', async () => {
    await pool().query(`INSERT INTO site.device (ae_title, host, state) VALUES ('OLD', '127.0.0.1', 'refused')`);
    expect(await open(true).admit({ callingAETitle: 'OLD', address: '127.0.0.1' })).toBeUndefined();
    expect(await registry()).toEqual(['OLD@127.0.0.1 refused']);
  });

  test('that is approved is admitted within a second', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const devices = open();
    const call = { callingAETitle: 'CT1', address: '10.0.0.5' };
    expect(await devices.admit(call)).toBeUndefined();
    await pool().query(`UPDATE site.device SET state = 'approved'`);
    vi.advanceTimersByTime(1_000);
    expect(await devices.admit(call)).toBeDefined();
  });
});

describe('a stranger', () => {
  test('waits for approval, in one row however often it calls', async () => {
    const devices = open();
    for (let n = 0; n < 10; n++) await devices.admit({ callingAETitle: 'NEW', address: '10.0.0.9' });
    await open().admit({ callingAETitle: 'NEW', address: '10.0.0.9' });
    expect(await registry()).toEqual(['NEW@10.0.0.9 waiting']);
  });

  test('with an AE title that is none is refused and not kept', async () => {
    for (const callingAETitle of ['', '   ', 'A\\B', 'A\u0000B', 'Ä', 'X'.repeat(17)])
      expect(await open(true).admit({ callingAETitle, address: '127.0.0.1' })).toBeUndefined();
    expect(await registry()).toEqual([]);
  });

  test('who calls under many names fills no more than a part of the waiting room', async () => {
    const devices = open();
    await devices.admit({ callingAETitle: 'REAL', address: '10.0.0.9' });
    for (let n = 0; n < 50; n++) await devices.admit({ callingAETitle: `FAKE${n}`, address: '10.66.6.6' });
    const waiting = await registry();
    expect(waiting).toContain('REAL@10.0.0.9 waiting');
    expect(waiting).toHaveLength(1 + limits.access.waitingDevicesPerAddress);
  });

  test('who calls under ever new names costs no more than some writes a minute', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const { waitingNotedPerMinute, waitingDevicesPerAddress } = limits.access;
    const devices = open();
    for (let n = 0; n < 100; n++) await devices.admit({ callingAETitle: `FAKE${n}`, address: '10.66.6.6' });
    expect((await givenWay(pool()))?.entries).toBe(waitingNotedPerMinute - waitingDevicesPerAddress);
    await devices.admit({ callingAETitle: 'REAL', address: '10.0.0.9' });
    expect(await registry()).toContain('REAL@10.0.0.9 waiting');
  });

  test('is forgotten when 200 others came later; what a person decided is never forgotten', async () => {
    await add('CT1', '10.0.0.5');
    const devices = open();
    for (let n = 0; n < 205; n++) await devices.admit({ callingAETitle: 'NEW', address: `10.1.${n >> 3}.${n & 7}` });
    const rows = await registry();
    expect(rows.filter((row) => row.endsWith('waiting'))).toHaveLength(limits.access.waitingDevices);
    expect(rows[0]).toBe('CT1@10.0.0.5 approved');
    expect(rows).not.toContain('NEW@10.1.0.0 waiting');
  });

  test('that gave way is counted, since the first of them, until none has for some days', async () => {
    const tooMany = limits.access.waitingDevicesPerAddress + 3;
    const call = async (from: string) => {
      for (let n = 0; n < tooMany; n++) await open().admit({ callingAETitle: `NEW${n}`, address: from });
    };
    expect(await givenWay(pool())).toBeUndefined();
    await call('10.0.0.9');
    const first = await givenWay(pool());
    expect(first).toEqual({ entries: 3, since: expect.any(Date) });
    await call('10.0.0.10');
    expect(await givenWay(pool())).toEqual({ entries: 6, since: first!.since });

    await pool().query('UPDATE site.given_way SET last_at = last_at - make_interval(days => $1)', [
      limits.access.givenWayDays + 1,
    ]);
    expect(await givenWay(pool())).toBeUndefined();
    await call('10.0.0.11');
    const anew = await givenWay(pool());
    expect(anew!.entries).toBe(3);
    expect(anew!.since.getTime()).toBeGreaterThan(first!.since.getTime());

    // The clock is set back by a year.
    await pool().query(
      `UPDATE site.given_way SET since = since + interval '1 year', last_at = last_at + interval '1 year'`,
    );
    expect(await givenWay(pool())).toBeUndefined();
    await call('10.0.0.12');
    expect((await givenWay(pool()))!.entries).toBe(3);
    expect((await givenWay(pool()))!.since.getTime()).toBeLessThan(anew!.since.getTime() + 86_400_000);
  });
});

describe('devices that are named at the start', () => {
  test('that is named twice is where it was named first', async () => {
    const others = Array.from({ length: 100 }, (_, n) => ({ aeTitle: `CT${n % 3}`, host: '10.0.0.5', port: 200 - n }));
    expect(await addDevices({ database: pool(), devices: others })).toBe(3);
    const { rows } = await pool().query('SELECT ae_title, port FROM site.device ORDER BY ae_title');
    expect(rows).toEqual([0, 1, 2].map((n) => ({ ae_title: `CT${n}`, port: 200 - n })));
  });

  test('are added when missing, and otherwise left as a person made them', async () => {
    expect(await add('CT1', '10.0.0.5', 104)).toBe(1);
    await pool().query(`UPDATE site.device SET state = 'refused', port = 11112`);
    expect(await add('CT1', '10.0.0.5', 104)).toBe(0);
    const { rows } = await pool().query('SELECT state, port FROM site.device');
    expect(rows).toEqual([{ state: 'refused', port: 11112 }]);
  });

  test('are approved when they were waiting', async () => {
    await open().admit({ callingAETitle: 'CT1', address: '10.0.0.5' });
    expect(await add('CT1', '10.0.0.5', 104)).toBe(1);
    expect(await open().moveDestination('CT1', {})).toMatchObject({ aeTitle: 'CT1', host: '10.0.0.5', port: 104 });
  });

  test('are where C-MOVE sends to; a network or a device without a port is not', async () => {
    await add('WS1', 'localhost', 4242);
    await pool().query(
      `INSERT INTO site.device (ae_title, host, port, state)
       VALUES ('US', '10.7.0.0/16', 104, 'approved'), ('CR', '10.0.0.8', NULL, 'approved'), ('NO', '10.0.0.9', 104, 'refused')`,
    );
    const devices = open();
    expect(await devices.moveDestination('WS1 ', {})).toMatchObject({ aeTitle: 'WS1', host: 'localhost', port: 4242 });
    for (const other of ['US', 'CR', 'NO', 'NOBODY']) expect(await devices.moveDestination(other, {})).toBeUndefined();
  });
});

test('of several move destinations with one AE title the one that asks is meant, or the one on its machine, else the first', async () => {
  await add('WS1', '10.0.0.5', 105);
  await add('WS1', '10.0.0.6', 106);
  await pool().query(
    `INSERT INTO site.device (ae_title, host, port, state) VALUES ('WS1', '10.9.0.0/16', 109, 'approved')`,
  );
  const { rows } = await pool().query<{ id: number }>('SELECT id FROM site.device ORDER BY id');
  const meant = async (device: number | undefined, address?: string) => {
    const found = await open().moveDestination('WS1', { device, address });
    return found && `${found.host}:${found.port}`;
  };
  expect(await meant(rows[1]!.id, '10.0.0.6')).toBe('10.0.0.6:106');
  // Its viewer asks under another AE title than its receiver has.
  expect(await meant(999_999, '10.0.0.6')).toBe('10.0.0.6:106');
  expect(await meant(undefined, '10.9.3.4')).toBe('10.9.3.4:109');
  expect(await meant(undefined, '10.0.0.7')).toBe('10.0.0.5:105');
});
