import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureAdministrator } from '#access/account-registry.ts';
import { openAccounts } from '#access/accounts.ts';
import { openCredentials } from '#access/credentials.ts';
import { openDevices } from '#access/devices.ts';
import { openTokens } from '#access/tokens.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';

import { type Ran, runCommand } from './test-command-line.ts';

let postgres: TestDatabase;
let dataDir: string;
beforeAll(async () => {
  postgres = await startTestDatabase();
  dataDir = await mkdtemp(join(tmpdir(), 'lightbox-commands-'));
});
afterAll(async () => {
  await postgres[Symbol.asyncDispose]();
  await rm(dataDir, { recursive: true, force: true });
});
const pool = () => postgres.database.pool;

/** Runs `lightbox …` against the test's database. */
const lightbox = (...args: string[]): Promise<Ran> =>
  runCommand({ DATABASE_URL: postgres.url, DATA_DIR: dataDir }, ...args);

test('token create prints the token and nothing else, once, and the token works', async () => {
  const made = await lightbox('token', 'create', 'his', '--rights', 'read');
  expect([made.status, made.out]).toEqual([0, expect.stringMatching(/^lightbox_[\w-]{43}\n$/)]);
  const caller = await openTokens({ database: pool() }).find(made.out.trim());
  expect(caller).toMatchObject({ name: 'his', rights: new Set(['read']) });
  const again = await lightbox('token', 'create', 'his');
  expect([again.status, again.out, again.err]).toEqual([
    1,
    '',
    'There is a token "his" already; choose another name.\n',
  ]);
});

test('what nobody reads to its end is done to its end all the same', async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const script = fileURLToPath(new URL('../lightbox.ts', import.meta.url));
  const env = { PATH: process.env['PATH'], DATABASE_URL: postgres.url, DATA_DIR: dataDir };
  // The reader is gone before the first line is written.
  const line = `{ "$0" "$1" token create unread; echo "status $?" >&2; } | true`;
  execFile('sh', ['-c', line, process.execPath, script], { env, timeout: 30_000 }, (_error, _out, err) => resolve(err));
  expect(await promise).toMatch(/^Token "unread" may [^\n]+\nstatus 0\n$/);
  expect((await lightbox('token', 'create', 'unread')).status).toBe(1);
});

test('what is no command is named, with what was probably meant', async () => {
  const ends = 'lightbox --help lists them.\n';
  for (const [words, hint] of [
    [['verfiy'], ' Is "lightbox verify" meant?'],
    [['mend'], ' Is "lightbox send" meant?'],
    [['acount', 'list'], ' Is "lightbox account list" meant?'],
    [['token', 'delete'], ' Is "lightbox token create" meant?'],
    [['help', 'importt'], ' Is "lightbox import" meant?'],
    [['backup'], ''],
  ] as const) {
    const named = words.filter((word) => word !== 'help').join(' ');
    expect(await lightbox(...words)).toEqual({ status: 2, out: '', err: `"${named}" is no command.${hint} ${ends}` });
  }
  const half = await lightbox('device');
  expect([half.status, half.out]).toEqual([2, '']);
  expect(half.err).toMatch(/^"device" is only the beginning of a command:\n {2}lightbox device add AET@host:port\n/);
});

test('help is of all commands, of those of one kind, or of one, however it is asked for', async () => {
  const commandsIn = async (...args: string[]): Promise<string[]> => {
    const { status, out, err } = await lightbox(...args);
    expect([args, status, err]).toEqual([args, 0, '']);
    return [...out.matchAll(/^ {2}lightbox (\S+(?: (?:add|list))?)/gm)].map(([, name]) => name!);
  };
  for (const args of [[], ['help'], ['--help'], ['-h']])
    expect(await commandsIn(...args)).toEqual(expect.arrayContaining(['start', 'device add', 'compose-secrets']));
  for (const args of [
    ['help', 'device'],
    ['device', '--help'],
  ])
    expect(await commandsIn(...args)).toEqual(['device add', 'device list']);
  for (const args of [
    ['help', 'verify'],
    ['verify', '--help'],
    ['verify', '-h'],
    ['--help', 'verify'],
  ])
    expect(await commandsIn(...args)).toEqual(['verify']);
  expect((await lightbox('--version')).out).toMatch(/^lightbox \d+\.\d+\.\d+\n$/);
});

test('token create without a name, or with a right that is none, says how it is written', async () => {
  for (const args of [[], ['a', 'b'], ['a', '--rights', 'all'], ['a', '--nonsense']]) {
    const { status, err } = await lightbox('token', 'create', ...args);
    expect([status, err]).toEqual([2, expect.stringContaining('lightbox token create NAME [--rights')]);
  }
});

test('account reset prints a new password that works, and the old one does not', async () => {
  await ensureAdministrator({ database: pool(), password: 'the old one' });
  const reset = await lightbox('account', 'reset', 'admin');
  const credentials = openCredentials({ accounts: openAccounts({ database: pool() }) });
  expect(await credentials.verify('admin', reset.out.trim(), '10.0.0.1')).toBeDefined();
  expect(await credentials.verify('admin', 'the old one', '10.0.0.1')).toBeUndefined();
  expect(await lightbox('account', 'reset', 'nobody')).toEqual({
    status: 1,
    out: '',
    err: 'There is no account "nobody".\n',
  });
});

test('account add makes an account of its own rights, list shows it, and remove ends it, but never the last that manages', async () => {
  await ensureAdministrator({ database: pool(), password: 'the old one' });
  const made = await lightbox('account', 'add', 'Bs Đặng Huệ');
  expect([made.status, made.out]).toEqual([0, expect.stringMatching(/^\S{12,}\n$/)]);
  const credentials = openCredentials({ accounts: openAccounts({ database: pool() }) });
  const account = await credentials.verify('bs đẶng huệ', made.out.trim(), '10.0.0.1');
  expect(account).toMatchObject({ name: 'Bs Đặng Huệ', rights: new Set(['read']) });
  expect(await lightbox('account', 'add', 'BS ĐẶNG HUỆ')).toEqual({
    status: 1,
    out: '',
    err: 'There is an account "BS ĐẶNG HUỆ" already; choose another name.\n',
  });
  const reset = await lightbox('account', 'reset', 'BS ĐẶNG HUỆ');
  expect(reset.status).toBe(0);
  expect((await lightbox('account', 'list')).out).toBe(
    ['Account      Rights', 'admin        store, read, manage', 'Bs Đặng Huệ  read', ''].join('\n'),
  );
  expect(await lightbox('account', 'rights', 'bs đặng huệ', 'read,store')).toMatchObject({
    status: 0,
    out: 'Account "bs đặng huệ" may read, store from now on.\n',
  });
  const anew = openCredentials({ accounts: openAccounts({ database: pool() }) });
  expect(await anew.verify('bs đặng huệ', reset.out.trim(), '10.0.0.1')).toMatchObject({
    rights: new Set(['read', 'store']),
  });
  expect(await lightbox('account', 'rights', 'nobody', 'read')).toMatchObject({ status: 1 });
  expect(await lightbox('account', 'rights', 'admin', 'read')).toEqual({
    status: 1,
    out: '',
    err: '"admin" is the last account that may manage Lightbox; make another one first.\n',
  });
  for (const wrong of [['admin'], ['admin', 'all'], ['admin', 'read', 'store']])
    expect((await lightbox('account', 'rights', ...wrong)).status).toBe(2);
  expect((await lightbox('account', 'remove', 'bs đặng huệ')).status).toBe(0);
  const removed = openCredentials({ accounts: openAccounts({ database: pool() }) });
  expect(await removed.verify('bs đặng huệ', reset.out.trim(), '10.0.0.1')).toBeUndefined();
  expect(await lightbox('account', 'remove', 'bs đặng huệ')).toMatchObject({ status: 1 });
  expect(await lightbox('account', 'remove', 'admin')).toEqual({
    status: 1,
    out: '',
    err: '"admin" is the last account that may manage Lightbox; make another one first.\n',
  });
  for (const wrong of [[], ['a', 'b'], ['a:b'], ['a', '--rights', 'all']])
    expect((await lightbox('account', 'add', ...wrong)).status).toBe(2);
});

test('device add makes a caller and a destination, and changes none that is there', async () => {
  expect((await lightbox('device', 'add', 'CT1@10.0.0.5:104')).status).toBe(0);
  const devices = openDevices({ database: pool(), trustLoopback: false });
  expect(await devices.admit({ callingAETitle: 'CT1', address: '10.0.0.5' })).toBeDefined();
  expect(await devices.moveDestination('CT1', {})).toMatchObject({ aeTitle: 'CT1', host: '10.0.0.5', port: 104 });
  expect((await lightbox('device', 'add', 'CT1@10.0.0.5:105')).err).toBe(
    'The registry has CT1 at 10.0.0.5 already; nothing was changed. Its port is changed on the page Devices.\n',
  );
  for (const wrong of ['CT1', 'CT1@host', 'A@h:1,B@h:2', ''])
    expect((await lightbox('device', 'add', wrong)).status).toBe(2);
});

test('device list shows who waits first, where each listens, and when it was last in contact by the clocks of the site', async () => {
  await pool().query('TRUNCATE site.device CASCADE');
  const none = await lightbox('device', 'list');
  expect([none.status, none.out.split('\n')]).toEqual([0, ['AE title  Host and port  TLS  State  Last contact', '']]);
  await pool().query(`INSERT INTO site.device (ae_title, host, port, state, tls, last_seen_at) VALUES
    ('CT1', '10.0.0.5', 104, 'approved', false, '2026-11-28T18:05:00Z'),
    ('PACS_OF_PROVINCE', 'fd00::7', 2762, 'approved', true, NULL),
    ('NETWORK', '10.1.0.0/16', NULL, 'refused', false, NULL),
    ('NEW', '10.0.0.9', NULL, 'waiting', false, '2026-11-29T11:00:00Z')`);
  // 18:05 UTC is the next day in Vietnam.
  expect((await lightbox('device', 'list')).out).toBe(
    [
      'AE title          Host and port   TLS  State     Last contact',
      'NEW               10.0.0.9        no   waiting   2026-11-29 18:00',
      'CT1               10.0.0.5:104    no   approved  2026-11-29 01:05',
      'NETWORK           10.1.0.0/16     no   refused   never',
      'PACS_OF_PROVINCE  [fd00::7]:2762  yes  approved  never',
      '',
    ].join('\n'),
  );
  expect(await lightbox('device', 'list', 'CT1')).toMatchObject({ status: 2, out: '' });
});
