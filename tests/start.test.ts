/**
 * Starting, killing and stopping: what `npm start` promises to whoever runs it. The launcher, PostgreSQL and their
 * supervision are the real ones; archive and worker are two programs of a few lines that do on request what a real one does
 * only by accident (crash, hang).
 */
import { chown, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';

import { openDatabase } from '#index/database.ts';
import type { ProcessState } from '#settings/process-channel.ts';

import { giveCluster } from './cluster-template.ts';
import { killAll, processesOf, runLightbox, startLightbox, until } from './running-lightbox.ts';

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
  await giveCluster(dataDir);
});
afterEach(async () => {
  await killAll(dataDir);
  await rm(dataDir, { recursive: true, force: true });
});

/** For a test whose start is the very first one, which makes PostgreSQL's files. */
async function emptied(): Promise<void> {
  await rm(dataDir, { recursive: true });
  await mkdir(dataDir, { mode: 0o700 });
}

async function processes(address: string): Promise<ProcessState[]> {
  const response = await fetch(address).catch(() => undefined);
  return response ? ((await response.json()) as ProcessState[]) : [];
}

async function pidOf(address: string, name: string): Promise<number> {
  const found = (await processes(address)).find((process) => process.name === name && process.state === 'running');
  return found?.pid ?? 0;
}

test('the access record lies where it is told to, apart from that of other machines', async () => {
  const record = join(dataDir, 'record');
  await using _lightbox = await startLightbox({ dataDir, entry, settings: { ACCESS_LOG_DIR: record } });
  const [own, ...others] = await readdir(record);
  expect([own, others]).toEqual([expect.stringMatching(`^${hostname()}-[0-9a-f]{8}$`), []]);
  expect((await readdir(join(record, own!))).toSorted()).toEqual(['access.log', 'refused.log']);
  expect(await readdir(join(dataDir, 'logs'))).not.toContain('access.log');
});

test.runIf(process.platform === 'linux')(
  'an access record that cannot be written is said to who started it, and to the archive',
  async () => {
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

test('the first start prints the address, the DICOM endpoint and the password; the next one prints no password', async () => {
  await emptied();
  const first = await startLightbox({ dataDir, entry, settings: { FIRST_TIME: '1' } });
  expect(first.address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  expect(first.dicom).toBe('LIGHTBOX@127.0.0.1:104');
  expect(first.password).toBe('made-for-you');
  await first.stop();
  await using second = await startLightbox({ dataDir, entry });
  expect(second.password).toBeUndefined();
});

test('the database is durable, has checksums, and its password is for the owner only', async () => {
  await emptied();
  await using lightbox = await startLightbox({ dataDir, entry });
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
});

test('a second start on one DATA_DIR is refused and names the process that uses it', async () => {
  await using lightbox = await startLightbox({ dataDir, entry });
  const second = await runLightbox({ dataDir, entry });
  expect(second.status).toBe(1);
  expect(second.output).toBe(
    `DATA_DIR ${dataDir} is in use by process ${lightbox.pid}; stop it or choose another DATA_DIR.`,
  );
  expect(await processes(lightbox.address)).not.toEqual([]);
});

test('two starts at once on one DATA_DIR: one runs, the other is refused', async () => {
  await emptied();
  const starts = await Promise.allSettled([startLightbox({ dataDir, entry }), startLightbox({ dataDir, entry })]);
  expect(starts.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(starts.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { message: expect.stringContaining('is in use by process') },
  });
});

test('it starts again after a kill -9 of everything', async () => {
  const killed = await startLightbox({ dataDir, entry });
  await killAll(dataDir);
  await killed.ended;
  await using again = await startLightbox({ dataDir, entry });
  expect((await fetch(`${again.address}query`)).status).toBe(200);
});

test('a PostgreSQL that outlived everything else is stopped before a new one starts', async () => {
  const killed = await startLightbox({ dataDir, entry });
  const orphan = await pidOf(killed.address, 'postgres');
  const names = new Map<number, string>();
  for (const pid of processesOf(dataDir))
    names.set(pid, (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'gone')).trim());
  // Its guard too and all at once, so that nothing is left to stop it.
  for (const [pid, name] of names) if (!['postgres', 'gone'].includes(name)) process.kill(pid, 'SIGKILL');
  await killed.ended;
  expect(processesOf(dataDir)).toContain(orphan);
  await using again = await startLightbox({ dataDir, entry });
  expect(processesOf(dataDir)).not.toContain(orphan);
  expect((await fetch(`${again.address}query`)).status).toBe(200);
});

test('a kill -9 of the launcher alone leaves no process, and a start right after it gets the same port', async () => {
  const killed = await startLightbox({ dataDir, entry });
  process.kill(killed.pid, 'SIGKILL');
  await killed.ended;
  const port = new URL(killed.address).port;
  await using again = await startLightbox({ dataDir, entry, settings: { HTTP_PORT: port } });
  expect(again.address).toBe(killed.address);
  process.kill(again.pid, 'SIGKILL');
  await until(async () => processesOf(dataDir).length === 0);
});

test('a port that is taken stops the start with the name of its variable', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  const refused = await runLightbox({ dataDir, entry, settings: { HTTP_PORT: String(port) } });
  server.close();
  expect(refused.status).toBe(1);
  const said = refused.output.split('\n').slice(-1);
  expect(said).toEqual([
    `HTTP_PORT is "${port}"; expected a free port on 127.0.0.1, but another program listens there.`,
  ]);
  expect(refused.output).not.toContain('    at ');
  expect(processesOf(dataDir)).toEqual([]);
});

test('a wrong setting stops the start with one line', async () => {
  const refused = await runLightbox({ dataDir, settings: { DATABASE_URL: 'mysql://root:secret@localhost/x' } });
  expect(refused).toEqual({
    status: 1,
    output: 'DATABASE_URL is "mysql://root:****@localhost/x"; expected postgres://user:password@host:port/database.',
  });
});

test('a DATA_DIR that is a file stops the start with one line', async () => {
  const file = join(dataDir, 'file');
  await writeFile(file, '');
  const { status, output } = await runLightbox({ dataDir: file, entry });
  expect([status, output]).toEqual([
    1,
    expect.stringMatching(/^DATA_DIR is ".*\/file"; expected a directory .*EEXIST.*$/),
  ]);
});

test('a DATA_DIR that no system makes stops the start with one line', async () => {
  const { status, output } = await runLightbox({ dataDir: '/proc/lightbox', entry });
  expect([status, output]).toEqual([1, expect.stringMatching(/^DATA_DIR is ".*"; expected a directory .*ENOENT.*$/)]);
});

test('a setting that is misspelt is told', async () => {
  await using lightbox = await startLightbox({ dataDir, entry, settings: { DIMSE_PROT: '104' } });
  expect(lightbox.output()).toContain('DIMSE_PROT is no setting. Is DIMSE_PORT meant?');
});

test('a database that does not answer stops the start with one line that hides the password', async () => {
  const refused = await runLightbox({
    dataDir,
    entry,
    settings: { DATABASE_URL: 'postgres://a:secret@127.0.0.1:1/x' },
  });
  expect(refused.status).toBe(1);
  expect(refused.output).toMatch(
    /^DATABASE_URL is "postgres:\/\/a:\*{4}@127\.0\.0\.1:1\/x"; expected a PostgreSQL that answers \(.*\)\.$/,
  );
});

test('a PostgreSQL that crashes is started again, and the archive goes on', async () => {
  await using lightbox = await startLightbox({ dataDir, entry });
  const crashed = await pidOf(lightbox.address, 'postgres');
  process.kill(crashed, 'SIGKILL');
  await until(async () => ![0, crashed].includes(await pidOf(lightbox.address, 'postgres')));
  await until(async () => (await fetch(`${lightbox.address}query`)).status === 200);
  expect(lightbox.output()).toContain('PostgreSQL ended by itself');
});

test('a program that crashes is started again, later when it crashes again', async () => {
  await using lightbox = await startLightbox({ dataDir, entry });
  for (const seconds of [0.5, 1, 2]) {
    const crashed = await pidOf(lightbox.address, 'worker');
    process.kill(crashed, 'SIGKILL');
    await until(async () => ![0, crashed].includes(await pidOf(lightbox.address, 'worker')));
    expect(lightbox.output()).toMatch(new RegExp(`worker: was ended by SIGKILL.*it is started again in ${seconds} s`));
  }
});

test('a program that cannot start at all stops the start with its last words', async () => {
  const refused = await runLightbox({ dataDir, entry, settings: { WORKER_IS_BROKEN: '1' } });
  expect(refused.status).toBe(1);
  expect(refused.output).toContain('worker ended with status 1 while it started');
  expect(processesOf(dataDir)).toEqual([]);
});

test.skipIf(process.platform === 'win32')(
  'a line that comes after the end is no trouble of the access record',
  async () => {
    const lightbox = await startLightbox({ dataDir, entry, settings: { SPEAKS_LATE: '1' } });
    expect((await lightbox.stop()).status).toBe(0);
    expect(lightbox.output()).not.toContain('The access record cannot be written');
  },
);

test('SIGTERM ends everything, also a program that never drains', async () => {
  const lightbox = await startLightbox({ dataDir, entry, settings: { NEVER_STOPS: '1' } });
  const { status } = await lightbox.stop();
  expect(status).toBe(0);
  expect(processesOf(dataDir)).toEqual([]);
  await expect(stat(join(dataDir, 'run.json'))).rejects.toThrow('ENOENT');
  await expect(stat(join(dataDir, 'postgres', 'postmaster.pid'))).rejects.toThrow('ENOENT');
});

test('the real archive and worker start, say that they are ready, name a DICOM port that is taken, and end with Ctrl-C', async () => {
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
  const other = await mkdtemp(join(tmpdir(), 'lightbox-start-'));
  const port = lightbox.dicom.split(':')[1]!;
  const refused = await runLightbox({ dataDir: other, settings: { DIMSE_PORT: port } });
  const noStore = { STORAGE_URL: 's3://key:hidden@127.0.0.1:1/images' };
  const withoutStore = await runLightbox({ dataDir: other, settings: noStore });
  await rm(other, { recursive: true });
  for (const [{ status, output }, says] of [
    [refused, `DIMSE_PORT is "${port}"; expected a free port`],
    [withoutStore, 'STORAGE_URL is "s3://key:****@127.0.0.1:1/images"; expected a store that can be opened'],
  ] as const) {
    expect([status, output]).toEqual([1, expect.stringContaining(says)]);
    expect(output).not.toContain('    at ');
  }
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
  await emptied();
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
