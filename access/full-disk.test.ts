import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from '#index/database.ts';
import { isDiskFull } from '#index/disk-room.ts';
import { EmbeddedPostgres } from '#index/embedded.ts';
import { giveCluster } from '#tests/cluster-template.ts';
import { fillDisk, mountDisk } from '#tests/full-disk.ts';
import { ensureAdministrator } from './account-registry.ts';
import { openAccounts } from './accounts.ts';
import { addDevices, openDevices } from './devices.ts';
import { openSessions } from './sessions.ts';
import { createToken, openTokens } from './tokens.ts';

const isRoot = process.platform === 'linux' && process.getuid?.() === 0;
/** More rows than find room in pages that are there already. */
const many = Array.from({ length: 100 }, (_, number) => number);

test.skipIf(!isRoot)(
  'who is known goes on while the disk of the database is full: browsers, programs and devices (as root)',
  async (context) => {
    await using opened = new AsyncDisposableStack();
    const directory = await mkdtemp(join(tmpdir(), 'lightbox-access-'));
    opened.defer(() => rm(directory, { recursive: true }));
    const disk = join(directory, 'disk');
    await mkdir(disk);
    opened.use(mountDisk(disk, 150, context));
    await giveCluster(disk);
    const postgres = opened.use(await EmbeddedPostgres.start({ dataDir: disk, onLog: () => {} }));
    const { pool } = opened.use(openDatabase(postgres.url, { max: 4, applicationName: 'test' }));
    // After it has cleaned its catalogs, the next connection has to write a file.
    await pool.query('ALTER SYSTEM SET autovacuum = off');
    await pool.query('SELECT pg_reload_conf()');
    await ensureAdministrator({ database: pool, password: 'the password' });
    const account = (await openAccounts({ database: pool }).find('admin'))!;
    const sessions = openSessions({ database: pool });
    const secrets: string[] = [];
    const tokens: string[] = [];
    for (const number of many) {
      secrets.push((await sessions.open(account, '10.0.0.5'))!);
      tokens.push((await createToken({ database: pool, name: `program ${number}`, rights: ['read'] }))!);
    }
    const called = many.map((number) => ({ aeTitle: `CT${number}`, host: '10.0.0.5', port: 104 }));
    await addDevices({ database: pool, devices: called });
    await pool.query(`UPDATE site.session SET last_seen_at = now() - interval '1 hour'`);
    // What somebody may still see is not cleared away, and its room is not used again.
    const onlooker = await pool.connect();
    opened.defer(() => onlooker.release(true));
    await onlooker.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1');
    // A log that has no room ends PostgreSQL: what follows fits into a new one.
    await pool.query('SELECT pg_switch_wal()');
    await pool.query('CHECKPOINT');
    await fillDisk(join(disk, 'of others'));
    for (const table of ['session', 'token', 'device']) {
      const column = table === 'token' ? 'last_used_at' : 'last_seen_at';
      const failure = await pool.query(`UPDATE site.${table} SET ${column} = now()`).catch((error: unknown) => error);
      expect([table, isDiskFull(failure)]).toEqual([table, true]);
    }

    for (const secret of secrets) expect(await sessions.find(secret)).toMatchObject({ name: 'admin' });
    const accounts = openAccounts({ database: pool });
    for (const _ of many) await accounts.noteSeen((await accounts.find('admin'))!);
    const known = openTokens({ database: pool });
    for (const token of tokens) expect(await known.find(token)).toMatchObject({ kind: 'token' });
    const devices = openDevices({ database: pool, trustLoopback: false });
    for (const { aeTitle } of called)
      expect(await devices.admit({ callingAETitle: aeTitle, address: '10.0.0.5' })).toMatchObject({ name: aeTitle });
    for (const number of many)
      expect(await devices.admit({ callingAETitle: `NEW${number}`, address: '10.0.0.6' })).toBeUndefined();
  },
);
