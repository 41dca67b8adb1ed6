import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { EmbeddedPostgres } from '#index/embedded.ts';
import { readSettings } from '#settings/settings.ts';
import { giveCluster } from '#tests/cluster-template.ts';

import { lockDataDir } from './data-dir-lock.ts';
import { removeRunFile, writeRunFile } from './run-file.ts';
import { withDatabase } from './with-database.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'lightbox-command-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const countAccounts = () =>
  withDatabase(readSettings({ DATA_DIR: dataDir }), async ({ pool }) => {
    const { rows } = await pool.query<{ n: number }>('SELECT count(*) AS n FROM site.account');
    return rows[0]!.n;
  });

test('a command without a running Lightbox starts the database for itself, and nobody else can meanwhile', async () => {
  await giveCluster(dataDir);
  expect(await countAccounts()).toBe(0);
  await using _lock = await lockDataDir(dataDir);
  await expect(countAccounts()).rejects.toThrow(`DATA_DIR ${dataDir} is in use by process ${process.pid}`);
});

test('a command beside a running Lightbox joins its database', async () => {
  await using _lock = await lockDataDir(dataDir);
  await using postgres = await EmbeddedPostgres.start({ dataDir, onLog: () => {} });
  await writeRunFile(dataDir, { pid: process.pid, databaseUrl: postgres.url });
  expect(await countAccounts()).toBe(0);
  await removeRunFile(dataDir);
});

test('a command that is given another DATA_DIR than the start says so, and leaves nothing there', async () => {
  const expected =
    'expected the same as at the start of Lightbox (there is no database in it, and DATABASE_URL is not set).';
  await expect(countAccounts()).rejects.toThrow(`DATA_DIR is "${dataDir}"; ${expected}`);
  expect(await readdir(dataDir)).toEqual([]);
});

test('a database that does not answer is named by its setting, without the password', async () => {
  const settings = readSettings({ DATA_DIR: dataDir, DATABASE_URL: 'postgres://a:secret@127.0.0.1:1/x' });
  await expect(withDatabase(settings, async () => {})).rejects.toThrow(
    /^DATABASE_URL is "postgres:\/\/a:\*{4}@127\.0\.0\.1:1\/x"; expected a PostgreSQL that answers \(.*\)\.$/,
  );
});

test('an embedded database that does not answer is said to be one, and not a setting that nobody made', async () => {
  await using _lock = await lockDataDir(dataDir);
  await writeRunFile(dataDir, { pid: process.pid, databaseUrl: 'postgres://a:secret@127.0.0.1:1/x' });
  const { message } = (await countAccounts().catch((error: unknown) => error)) as Error;
  expect(message).toMatch(
    /^The embedded PostgreSQL does not answer \(.*\); try again in half a minute, and see \S+\/logs\/postgres\.log\.$/,
  );
  expect(message).not.toContain('secret');
});
