import { type ChildProcess, execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Addresses, FromProgram } from '#settings/process-channel.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import { ask, basic, postJson } from './http/test-archive.ts';

let postgres: TestDatabase;
let dataDir: string;
beforeAll(async () => {
  postgres = await startTestDatabase();
  dataDir = await mkdtemp(join(tmpdir(), 'lightbox-archive-'));
});
afterAll(async () => {
  await postgres[Symbol.asyncDispose]();
  await rm(dataDir, { recursive: true, force: true });
});
let child: ChildProcess;
afterEach(() => child.kill('SIGKILL'));

/** Starts the archive as the launcher does; resolves with what it said until it was ready or had failed. */
async function start(environment: Record<string, string> = {}) {
  child = fork(fileURLToPath(new URL('main.ts', import.meta.url)), [], {
    execArgv: [],
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: postgres.url,
      DATA_DIR: dataDir,
      HTTP_PORT: '0',
      DIMSE_PORT: '0',
      ...environment,
    },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const said: FromProgram[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<FromProgram[]>();
  child.on('message', (message) => {
    said.push(message as FromProgram);
    if (said.at(-1)!.type !== 'admin-password') resolve(said);
  });
  child.once('exit', (code) => reject(new Error(`ended with status ${code}`)));
  return promise;
}

const addressesIn = (said: FromProgram[]) => (said.at(-1) as { addresses: Addresses }).addresses;
const portOf = ({ http }: Addresses) => Number(new URL(http!).port);

interface Status {
  readonly alerts: readonly string[];
  readonly recordLostSince: string | null;
}

describe('the archive as a program', () => {
  test('says once what the password of the first account is, and lets that account in', async () => {
    await postgres.database.pool.query('TRUNCATE site.account CASCADE');
    const said = await start();
    expect(said.map(({ type }) => type)).toEqual(['admin-password', 'ready']);
    const { password } = said[0] as { password: string };
    const login = await postJson(portOf(addressesIn(said)), '/api/login', { name: 'admin', password });
    expect(login.status).toBe(200);
    child.send({ type: 'stop' });
    await once(child, 'exit');
    expect((await start()).map(({ type }) => type)).toEqual(['ready']);
  });

  test('opens both doors, and shows the processes of its group', async () => {
    await postgres.database.pool.query('TRUNCATE site.account CASCADE');
    const addresses = addressesIn(await start({ ADMIN_PASSWORD: 'quản trị viên' }));
    const admin = { authorization: basic('admin', 'quản trị viên') };
    const port = portOf(addresses);
    const told = {
      processes: [{ name: 'worker', pid: 7, state: 'running' }],
      recordLostSince: '2026-11-30T10:30:00.000Z',
    };
    child.send({ type: 'processes', ...told });
    await expect
      .poll(async () => JSON.parse((await ask(port, '/health/ready')).body) as unknown)
      .toMatchObject({ status: 'ready', ...told });
    const { alerts, recordLostSince } = JSON.parse((await ask(port, '/api/status', { headers: admin })).body) as Status;
    expect([alerts, recordLostSince]).toEqual([expect.arrayContaining(['recordLost']), told.recordLostSince]);
    expect((await ask(port, '/api/session', { headers: admin })).status).toBe(200);
    const [, title, dimsePort] = /^(.+)@127\.0\.0\.1:(\d+)$/.exec(addresses.dimse!)!;
    await promisify(execFile)('echoscu', ['-aec', title!, '127.0.0.1', dimsePort!], { timeout: 10_000 });
  });

  test('that a stranger calls refuses it, and shows it in the registry', async () => {
    const { dimse } = addressesIn(await start({ DIMSE_TRUST_LOOPBACK: '0', DEVICES: 'CT1@127.0.0.1:104' }));
    const port = dimse!.split(':').at(-1)!;
    const echo = (name: string) =>
      promisify(execFile)('echoscu', ['-aet', name, '-aec', 'LIGHTBOX', '127.0.0.1', port]);
    await echo('CT1');
    await expect(echo('CT2')).rejects.toThrow(/Calling AE Title Not Recognized/i);
    const { rows } = await postgres.database.pool.query(
      `SELECT ae_title, host FROM site.device WHERE state = 'waiting'`,
    );
    expect(rows).toEqual([{ ae_title: 'CT2', host: '127.0.0.1' }]);
  });

  test('ends with status 0 when it is told to stop, and at once when its launcher is gone', async () => {
    await start();
    child.send({ type: 'stop' });
    expect(await once(child, 'exit')).toEqual([0, null]);
    await start();
    child.disconnect();
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
  });

  test.for(['HTTP_PORT', 'DIMSE_PORT'])('that finds %s taken says so, and ends', async (variable) => {
    const other = net.createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const port = String((other.address() as AddressInfo).port);
    const [failed] = await start({ [variable]: port });
    expect(failed).toEqual({
      type: 'failed',
      busyPort: true,
      message: `${variable} is "${port}"; expected a free port on 127.0.0.1, but another program listens there.`,
    });
    await once(child, 'exit');
    other.close();
  });
});
