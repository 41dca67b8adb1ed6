/**
 * Starting, killing and stopping: what `npm start` promises to whoever runs it. The launcher, PostgreSQL and their
 * supervision are the real ones; archive and worker are two programs of a few lines that do on request what a real one does
 * only by accident (crash, hang).
 */
import { chown, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { openDatabase } from '#index/database.ts';
import type { ProcessState } from '#settings/process-channel.ts';

import { giveCluster } from './cluster-template.ts';
import {
  killAll,
  processesOf,
  runLightbox,
  type RunningLightbox,
  startLightbox,
  type StartOptions,
  until,
} from './running-lightbox.ts';
import { startTestDatabase } from './test-database.ts';

const source = (path: string) => JSON.stringify(new URL(`../${path}`, import.meta.url).href);

const archive = `
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { BusyPort, openProcessChannel } from ${source('settings/process-channel.ts')};
import { openDatabase } from ${source('index/database.ts')};
import { readSettings } from ${source('settings/settings.ts')};
const { http, databaseUrl } = readSettings(process.env);
const database = openDatabase(databaseUrl, { max: 1, applicationName: 'archive' });
const server = createServer(async (request, response) => {
  if (request.url === '/crash') process.exit(3);
  if (request.url === '/query') await database.pool.query('SELECT 1').catch(() => response.writeHead(503));
  if (request.url === '/read') console.log(JSON.stringify({ level: 30, msg: 'access', action: 'retrieve' }));
  response.end(JSON.stringify(request.url === '/read' ? channel.recordLostSince() : channel.processes()));
});
// Of something that outlives us: lines that come when our launcher has closed everything.
const speakLater = 'while [ -e "$0/run.json" ]; do sleep 0.05; done; for n in 1 2 3; do sleep 0.1; echo "$1"; done';
const channel = openProcessChannel(async () => {
  const line = JSON.stringify({ level: 30, msg: 'access', action: 'retrieve' });
  if (process.env.SPEAKS_LATE) spawn('sh', ['-c', speakLater, process.env.DATA_DIR, line], { stdio: ['ignore', 'inherit', 'ignore'] }).unref();
  if (process.env.NEVER_STOPS) await new Promise(() => {});
  server.closeAllConnections();
  server.close();
  await database.close();
});
server.once('error', () => channel.fail(new BusyPort('HTTP_PORT', http.host, http.port)));
server.listen(http.port, http.host, () => {
  if (process.env.FIRST_TIME) channel.adminPassword('made-for-you');
  channel.ready({ http: 'http://127.0.0.1:' + server.address().port + '/', dimse: 'LIGHTBOX@127.0.0.1:104' });
});
`;

const worker = `
import { openProcessChannel } from ${source('settings/process-channel.ts')};
if (process.env.WORKER_IS_BROKEN) throw new Error('the worker is broken');
const living = setInterval(() => {}, 60_000);
openProcessChannel(async () => clearInterval(living)).ready({});
`;

const start = `
import { launch } from ${source('commands/launcher.ts')};
import { readSettings } from ${source('settings/settings.ts')};
const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());
const scripts = { archive: import.meta.dirname + '/archive.ts', worker: import.meta.dirname + '/worker.ts' };
const print = (line) => console.log(line);
await launch({ settings: readSettings(process.env), environment: process.env, scripts, print, signal: stop.signal })
  .catch((error) => { if (!stop.signal.aborted) { console.error(error.message); process.exitCode = 1; } });
`;

let programs: string;
let dataDir: string;
let entry: string[];

beforeAll(async () => {
  programs = await mkdtemp(join(tmpdir(), 'lightbox-programs-'));
  await Promise.all(
    Object.entries({ archive, worker, start }).map(([name, text]) => writeFile(join(programs, `${name}.ts`), text)),
  );
  entry = [join(programs, 'start.ts')];
});
afterAll(() => rm(programs, { recursive: true, force: true }));

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'lightbox-start-'));
});
afterEach(async () => {
  await killAll(dataDir);
  await rm(dataDir, { recursive: true, force: true });
});

async function processes(address: string): Promise<ProcessState[]> {
  const response = await fetch(address).catch(() => undefined);
  return response ? ((await response.json()) as ProcessState[]) : [];
}

async function pidOf(address: string, name: string): Promise<number> {
  const found = (await processes(address)).find((process) => process.name === name && process.state === 'running');
  return found?.pid ?? 0;
}

describe('a Lightbox that runs', () => {
  let directory: string;
  let record: string;
  let lightbox: RunningLightbox;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'lightbox-start-'));
    record = join(directory, 'record');
    await giveCluster(directory);
    const settings = { ACCESS_LOG_DIR: record, DIMSE_PROT: '104' };
    lightbox = await startLightbox({ dataDir: directory, entry, settings });
  });
  afterAll(async () => {
    await lightbox[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  test('has the access record where it is told to, apart from that of other machines', async () => {
    const [own, ...others] = await readdir(record);
    expect([own, others]).toEqual([expect.stringMatching(`^${hostname()}-[0-9a-f]{8}$`), []]);
    expect((await readdir(join(record, own!))).toSorted()).toEqual(['access.log', 'refused.log']);
    expect(await readdir(join(directory, 'logs'))).not.toContain('access.log');
  });

  test('has told of a setting that is misspelt', () => {
    expect(lightbox.output()).toContain('DIMSE_PROT is no setting. Is DIMSE_PORT meant?');
  });

  test('lets no second one start on its DATA_DIR, which is told the process that uses it', async () => {
    const second = await runLightbox({ dataDir: directory, entry });
    expect(second.status).toBe(1);
    expect(second.output).toBe(
      `DATA_DIR ${directory} is in use by process ${lightbox.pid}; stop it or choose another DATA_DIR.`,
    );
    expect(await processes(lightbox.address)).not.toEqual([]);
  });

  test('starts a PostgreSQL that crashes again, and the archive goes on', async () => {
    const crashed = await pidOf(lightbox.address, 'postgres');
    process.kill(crashed, 'SIGKILL');
    await until(async () => ![0, crashed].includes(await pidOf(lightbox.address, 'postgres')));
    await until(async () => (await fetch(`${lightbox.address}query`)).status === 200);
    expect(lightbox.output()).toContain('PostgreSQL ended by itself');
  });

  test('starts a program that crashes again, later when it crashes again', async () => {
    for (const seconds of [0.5, 1, 2]) {
      const crashed = await pidOf(lightbox.address, 'worker');
      process.kill(crashed, 'SIGKILL');
      await until(async () => ![0, crashed].includes(await pidOf(lightbox.address, 'worker')));
      expect(lightbox.output()).toMatch(
        new RegExp(`worker: was ended by SIGKILL.*it is started again in ${seconds} s`),
      );
    }
  });
});

test.runIf(process.platform === 'linux')(
  'an access record that cannot be written is said to who started it, and to the archive',
  async () => {
    await giveCluster(dataDir);
    await mkdir(join(dataDir, 'logs'), { mode: 0o700 });
    await symlink('/dev/full', join(dataDir, 'logs', 'access.log'));
    await using lightbox = await startLightbox({ dataDir, entry });
    const read = async () => (await fetch(`${lightbox.address}read`)).json();
    await until(async () => typeof (await read()) === 'string');
    expect(lightbox.output()).toMatch(
      /The access record cannot be written, and lines of it are lost \(ENOSPC.*DATA_DIR\.$/m,
    );
  },
);

test('of two first starts at once one runs and prints the address, the DICOM endpoint and the password; the next start prints no password', async () => {
  const starting = { dataDir, entry, settings: { FIRST_TIME: '1' } };
  const starts = await Promise.allSettled([startLightbox(starting), startLightbox(starting)]);
  expect(starts.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(starts.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { message: expect.stringContaining('is in use by process') },
  });
  const first = starts.find(({ status }) => status === 'fulfilled') as PromiseFulfilledResult<RunningLightbox>;
  expect(first.value.address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  expect(first.value.dicom).toBe('LIGHTBOX@127.0.0.1:104');
  expect(first.value.password).toBe('made-for-you');
  await expectDurableDatabase(first.value);
  await first.value.stop();
  await using second = await startLightbox({ dataDir, entry });
  expect(second.password).toBeUndefined();
});

/** With checksums too, and with a password that is for the owner only. */
async function expectDurableDatabase(lightbox: RunningLightbox): Promise<void> {
  expect((await stat(join(dataDir, 'postgres-password'))).mode & 0o777).toBe(0o600);
  expect((await stat(join(dataDir, 'run.json'))).mode & 0o777).toBe(0o600);
  expect((await stat(join(dataDir, 'postgres'))).mode & 0o777).toBe(0o700);
  const run = JSON.parse(await readFile(join(dataDir, 'run.json'), 'utf8')) as { pid: number; databaseUrl: string };
  expect(run.pid).toBe(lightbox.pid);
  await using database = openDatabase(run.databaseUrl, { max: 1, applicationName: 'test' });
  const { rows } = await database.pool.query(`
    SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commits,
           current_setting('full_page_writes') AS pages, current_setting('data_checksums') AS checksums,
           current_setting('server_encoding') AS encoding, current_setting('listen_addresses') AS listens`);
  expect(rows).toEqual([{ fsync: 'on', commits: 'on', pages: 'on', checksums: 'on', encoding: 'UTF8', listens: '' }]);
  const wrong = run.databaseUrl.replace(/lightbox:[^@]+@/, 'lightbox:guess@');
  await using stranger = openDatabase(wrong, { max: 1, applicationName: 'test' });
  await expect(stranger.pool.query('SELECT 1')).rejects.toThrow('password authentication failed');
}

test('it starts again after a kill -9 of the launcher alone, of everything, and of everything but PostgreSQL', async () => {
  await giveCluster(dataDir);
  const first = await startLightbox({ dataDir, entry });
  process.kill(first.pid, 'SIGKILL');
  await first.ended;
  // What was left of it lets go of the port.
  const second = await startLightbox({ dataDir, entry, settings: { HTTP_PORT: new URL(first.address).port } });
  expect(second.address).toBe(first.address);

  await killAll(dataDir);
  await second.ended;
  const third = await startLightbox({ dataDir, entry });
  expect((await fetch(`${third.address}query`)).status).toBe(200);

  const orphan = await pidOf(third.address, 'postgres');
  const names = new Map<number, string>();
  for (const pid of processesOf(dataDir))
    names.set(pid, (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'gone')).trim());
  // Its guard too and all at once, so that nothing is left to stop it.
  for (const [pid, name] of names) if (!['postgres', 'gone'].includes(name)) process.kill(pid, 'SIGKILL');
  await third.ended;
  expect(processesOf(dataDir)).toContain(orphan);
  const last = await startLightbox({ dataDir, entry });
  expect(processesOf(dataDir)).not.toContain(orphan);
  expect((await fetch(`${last.address}query`)).status).toBe(200);

  process.kill(last.pid, 'SIGKILL');
  await until(async () => processesOf(dataDir).length === 0);
});

test('what is set wrongly stops the start with one line, which hides a password', async () => {
  const file = join(dataDir, 'file');
  await writeFile(file, '');
  const starts: [StartOptions, says: RegExp][] = [
    [
      { dataDir, settings: { DATABASE_URL: 'mysql://root:secret@localhost/x' } },
      /^DATABASE_URL is "mysql:\/\/root:\*{4}@localhost\/x"; expected postgres:\/\/user:password@host:port\/database\.$/,
    ],
    [
      { dataDir, entry, settings: { DATABASE_URL: 'postgres://a:secret@127.0.0.1:1/x' } },
      /^DATABASE_URL is "postgres:\/\/a:\*{4}@127\.0\.0\.1:1\/x"; expected a PostgreSQL that answers \(.*\)\.$/,
    ],
    [{ dataDir: file, entry }, /^DATA_DIR is ".*\/file"; expected a directory .*EEXIST.*$/],
    [{ dataDir: '/proc/lightbox', entry }, /^DATA_DIR is ".*"; expected a directory .*ENOENT.*$/],
  ];
  const ended = await Promise.all(starts.map(([options]) => runLightbox(options)));
  expect(ended).toEqual(starts.map(([, says]) => ({ status: 1, output: expect.stringMatching(says) })));
});

test('a program that cannot start at all stops the start with its last words', async () => {
  await giveCluster(dataDir);
  const refused = await runLightbox({ dataDir, entry, settings: { WORKER_IS_BROKEN: '1' } });
  expect(refused.status).toBe(1);
  expect(refused.output).toContain('worker ended with status 1 while it started');
  expect(processesOf(dataDir)).toEqual([]);
});

test.skipIf(process.platform === 'win32')(
  'a line that comes after the end is no trouble of the access record',
  async () => {
    await giveCluster(dataDir);
    const lightbox = await startLightbox({ dataDir, entry, settings: { SPEAKS_LATE: '1' } });
    expect((await lightbox.stop()).status).toBe(0);
    expect(lightbox.output()).not.toContain('The access record cannot be written');
  },
);

test('SIGTERM ends everything, also a program that never drains', async () => {
  await giveCluster(dataDir);
  const lightbox = await startLightbox({ dataDir, entry, settings: { NEVER_STOPS: '1' } });
  const { status } = await lightbox.stop();
  expect(status).toBe(0);
  expect(processesOf(dataDir)).toEqual([]);
  await expect(stat(join(dataDir, 'run.json'))).rejects.toThrow('ENOENT');
  await expect(stat(join(dataDir, 'postgres', 'postmaster.pid'))).rejects.toThrow('ENOENT');
});

test('the real archive and worker start, say that they are ready, refuse a DICOM port that is taken and a store that is not there, and end with Ctrl-C', async () => {
  await giveCluster(dataDir);
  await using lightbox = await startLightbox({ dataDir });
  expect(lightbox.dicom).toMatch(/^LIGHTBOX@127\.0\.0\.1:\d+$/);
  expect(lightbox.password).not.toBeUndefined();
  const health = await fetch(`${lightbox.address}health/ready`);
  expect(health.status).toBe(200);
  const told = ((await health.json()) as { processes: ProcessState[] }).processes;
  expect(told.map(({ name, state }) => `${name} ${state}`)).toEqual([
    'launcher running',
    'postgres running',
    'archive running',
    'worker running',
  ]);
  const archive = told.find(({ name }) => name === 'archive')!;
  // With libuv's four threads, four associations would wait for each other's sync.
  const given = ['UV_THREADPOOL_SIZE=16', 'MALLOC_MMAP_THRESHOLD_=262144', 'MALLOC_TRIM_THRESHOLD_=1048576'];
  const environment = await readFile(`/proc/${archive.pid}/environ`, 'latin1').catch(() => given.join('\0'));
  expect(environment.split('\0')).toEqual(expect.arrayContaining(given));
  await using another = await startTestDatabase();
  const port = lightbox.dicom.split(':')[1]!;
  const refusals = [
    [
      { DIMSE_PORT: port },
      `DIMSE_PORT is "${port}"; expected a free port on 127.0.0.1, but another program listens there.`,
    ],
    [
      { STORAGE_URL: 's3://key:hidden@127.0.0.1:1/images' },
      expect.stringMatching(
        /^STORAGE_URL is "s3:\/\/key:\*{4}@127\.0\.0\.1:1\/images"; expected a store that can be opened/,
      ),
    ],
  ] as const;
  await Promise.all(
    refusals.map(async ([wrong, says]) => {
      const other = await mkdtemp(join(tmpdir(), 'lightbox-start-'));
      const settings = { DATABASE_URL: another.url, ROLES: 'archive', ...wrong };
      const { status, output } = await runLightbox({ dataDir: other, settings });
      expect([status, output.split('\n').at(-1)]).toEqual([1, says]);
      expect(output).not.toContain('    at ');
      expect(processesOf(other)).toEqual([]);
      await rm(other, { recursive: true });
    }),
  );
  const authorization = `Basic ${btoa(`admin:${lightbox.password}`)}`;
  expect((await fetch(`${lightbox.address}dicom-web/studies`, { headers: { authorization } })).status).toBe(204);
  const nobody = { authorization: `Basic ${btoa('nobody:wrong')}` };
  expect((await fetch(`${lightbox.address}dicom-web/studies`, { headers: nobody })).status).toBe(401);
  process.kill(lightbox.pid, 'SIGINT');
  expect((await lightbox.ended).status).toBe(0);
  // Who saw what stands in a file of its own, which nothing else pushes out.
  const messages = async (name: string) =>
    (await readFile(join(dataDir, 'logs', name), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { msg: string; action?: string });
  expect(await messages('archive.log')).not.toContainEqual(expect.objectContaining({ msg: 'access' }));
  const record = await messages('access.log');
  expect(new Set(record.map(({ msg }) => msg))).toEqual(new Set(['access']));
  expect(record.map(({ action }) => action)).toContain('search');
  expect(record.map(({ action }) => action)).not.toContain('refused');
  expect((await messages('refused.log')).map(({ action }) => action)).toEqual(['refused']);
  expect(processesOf(dataDir)).toEqual([]);
});

test.runIf(process.getuid?.() === 0)('an ordinary user starts it too (as root)', async () => {
  const user = { uid: 65534, gid: 65534 };
  await Promise.all([dataDir, programs].map((path) => chown(path, user.uid, user.gid)));
  await using lightbox = await startLightbox({ dataDir, entry, user });
  expect((await fetch(`${lightbox.address}query`)).status).toBe(200);
  expect((await stat(join(dataDir, 'postgres'))).uid).toBe(user.uid);
  await lightbox.stop();
  // Root could write to all of it, and what root makes would be closed to that user.
  const { status, output } = await runLightbox({ dataDir, entry });
  expect([status, output]).toEqual([
    1,
    expect.stringMatching(/^DATA_DIR \S+ is used by user nobody, .*runuser -u nobody/),
  ]);
});
