import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { EmbeddedPostgres } from '#index/embedded.ts';
import { readSettings } from '#settings/settings.ts';

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
