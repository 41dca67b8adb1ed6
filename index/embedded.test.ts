import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { giveCluster } from '#tests/cluster-template.ts';

import { openDatabase } from './database.ts';
import { EmbeddedPostgres, type EmbeddedState } from './embedded.ts';
import { runningPrograms } from './programs.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-embedded-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function answer(postgres: EmbeddedPostgres, statement: string): Promise<unknown> {
  await using database = openDatabase(postgres.url, { max: 1, applicationName: 'test' });
  return (await database.pool.query(statement)).rows[0];
}

test('it serves below a directory that is closed to everybody but us', async () => {
  const dataDir = join(directory, 'a b', 'dữ liệu');
  await using postgres = await EmbeddedPostgres.start({ dataDir, onLog: () => {} });
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  expect(await answer(postgres, 'SHOW data_directory')).toEqual({ data_directory: join(dataDir, 'postgres') });
});

test('it serves on a port of this machine where the path is too long for a socket', async () => {
  const dataDir = join(directory, 'a-long-name-'.repeat(9));
  await giveCluster(dataDir);
  await using postgres = await EmbeddedPostgres.start({ dataDir, onLog: () => {} });
  expect(postgres.url).toMatch(/@127\.0\.0\.1:\d+\/lightbox$/);
  expect(await answer(postgres, 'SHOW listen_addresses')).toEqual({ listen_addresses: '127.0.0.1' });
  // What calls there is on the machine of the database all the same.
  await using worker = openDatabase(postgres.url, { max: 1, applicationName: 'lightbox worker' });
  await worker.pool.query('SELECT');
  expect(await runningPrograms(worker)).toEqual([{ name: 'worker', address: null }]);
});

test('files that an interrupted first start left behind are made anew', async () => {
  await mkdir(join(directory, 'postgres.new', 'cluster', 'base'), { recursive: true });
  await using postgres = await EmbeddedPostgres.start({ dataDir: directory, onLog: () => {} });
  expect(await answer(postgres, 'SELECT 1 AS one')).toEqual({ one: 1 });
  await expect(stat(join(directory, 'postgres.new'))).rejects.toThrow('ENOENT');
});

test('files without their password are refused, not overwritten', async () => {
  await giveCluster(directory);
  await rm(join(directory, 'postgres-password'));
  await expect(EmbeddedPostgres.start({ dataDir: directory, onLog: () => {} })).rejects.toThrow(
    'postgres-password, the password',
  );
});

test('a start that is given up leaves no server', async () => {
  const stop = new AbortController();
  await giveCluster(directory);
  let pid = 0;
  const started = EmbeddedPostgres.start({
    dataDir: directory,
    signal: stop.signal,
    onLog: () => {},
    onState: (state) => {
      pid = state.pid ?? pid;
      if (state.state === 'starting') stop.abort();
    },
  });
  await expect(started).rejects.toThrow('aborted');
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});

test('no statement and no value of one is in its log', async () => {
  const lines: string[] = [];
  await giveCluster(directory);
  await using postgres = await EmbeddedPostgres.start({ dataDir: directory, onLog: (line) => lines.push(line) });
  await using database = openDatabase(postgres.url, { max: 1, applicationName: 'test' });
  await database.pool.query('CREATE TABLE patient (name text UNIQUE)');
  await database.pool.query('INSERT INTO patient VALUES ($1)', ['NGUYEN^VAN AN']);
  await expect(database.pool.query('INSERT INTO patient VALUES ($1)', ['NGUYEN^VAN AN'])).rejects.toThrow(
    'duplicate key',
  );
  await database.close();
  await postgres.stop();
  expect(lines.join('\n')).toContain('duplicate key');
  expect(lines.join('\n')).not.toContain('NGUYEN');
});

test('a lock file that names a stranger, who was given the number meanwhile, is no server: he is left alone', async () => {
  await giveCluster(directory);
  const stranger = spawn('sleep', ['600']);
  try {
    await writeFile(join(directory, 'postgres', 'postmaster.pid'), `${stranger.pid}\n${join(directory, 'postgres')}\n`);
    await using postgres = await EmbeddedPostgres.start({ dataDir: directory, onLog: () => {} });
    expect(await answer(postgres, 'SELECT 1 AS one')).toEqual({ one: 1 });
    expect([stranger.exitCode, stranger.signalCode]).toEqual([null, null]);
  } finally {
    stranger.kill('SIGKILL');
  }
});

test('a server that serves other files than ours is refused before it is asked anything', async () => {
  const other = join(directory, 'other');
  const own = join(directory, 'own');
  for (const dataDir of [other, own]) await giveCluster(dataDir);
  const cluster = join(other, 'postgres');
  await appendFile(join(own, 'postgres', 'postgresql.conf'), `\ndata_directory = '${cluster}'\n`);
  const starting = EmbeddedPostgres.start({ dataDir: own, onLog: () => {} });
  await expect(starting).rejects.toThrow(`another PostgreSQL answers in place of ours: it serves ${cluster}`);
});

const mounted = (path: string) => spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=150m', 'tmpfs', path]).status === 0;

test.skipIf(process.getuid?.() !== 0)(
  'a disk that is full ends it, which is said with the reason, and it serves again by itself when there is room (as root)',
  async (context) => {
    const disk = join(directory, 'disk');
    await mkdir(disk);
    if (!mounted(disk)) context.skip('this machine lets nobody mount (as root)');
    try {
      const dataDir = join(disk, 'data');
      await giveCluster(dataDir);
      const states: EmbeddedState[] = [];
      const onState = (state: EmbeddedState) => void states.push(state);
      await using postgres = await EmbeddedPostgres.start({ dataDir, onLog: () => {}, onState });
      const filler = join(disk, 'filler');
      {
        // Where nothing is left, nobody is let in any more.
        await using database = openDatabase(postgres.url, { max: 1, applicationName: 'test' });
        await database.pool.query('SELECT');
        spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=64k']);
        const nextSegment = `SELECT pg_logical_emit_message(true, '', 'x'), pg_switch_wal()`;
        for (let at = 0; at < 20; at++) await database.pool.query(nextSegment).catch(() => {});
      }
      const reasons = () => states.filter(({ state }) => state === 'restarting').map(({ reason }) => reason);
      await expect
        .poll(reasons, { timeout: 60_000 })
        .toContainEqual(expect.stringContaining('No space left on device'));
      await rm(filler);
      await expect.poll(() => states.at(-1)?.state, { timeout: 60_000 }).toBe('running');
      expect(await answer(postgres, 'SELECT 1 AS one')).toEqual({ one: 1 });
    } finally {
      execFileSync('umount', ['-l', disk]);
    }
  },
);
