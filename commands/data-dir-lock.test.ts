import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chown, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { isDataDirLocked, lockDataDir } from './data-dir-lock.ts';
import { runCommand } from './test-command-line.ts';

const run = promisify(execFile);

/** Of the system's list of users, the one who owns nothing; and one who is not on it. */
const nobody = 65534;
const unnamed = 2_000_054;

describe.skipIf(process.getuid?.() !== 0)('a DATA_DIR that another user has run Lightbox on (as root)', () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'lightbox-lock-'));
    await mkdir(join(dataDir, 'logs'), { mode: 0o700 });
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  const give = (uid: number, gid: number) =>
    Promise.all([dataDir, join(dataDir, 'logs')].map((path) => chown(path, uid, gid)));
  /** Locks it in a process of its own, and writes "locked". */
  const lockElsewhere = (before: string) => [
    process.execPath,
    '--input-type=module',
    '--eval',
    `${before}; await (await import('./commands/data-dir-lock.ts')).lockDataDir(${JSON.stringify(dataDir)}); console.log('locked');`,
  ];
  const cwd = fileURLToPath(new URL('..', import.meta.url));

  test('is refused to root, with a command that works for a user without a name too', async () => {
    await give(unnamed, unnamed + 1);
    const { message } = (await lockDataDir(dataDir).catch((error: unknown) => error)) as Error;
    const [, asUser = ''] =
      /^DATA_DIR \S+ is used by user 2000054, .* as that user: (.*) env DATA_DIR=\S+ …$/.exec(message) ?? [];
    expect(asUser).not.toBe('');
    const [program = '', ...args] = asUser.split(' ');
    expect((await run(program, [...args, ...lockElsewhere('')], { cwd })).stdout).toBe('locked\n');
    expect(await readdir(dataDir)).toEqual(['logs']);
  });

  test('is left to root where all that is made belongs to that user, as on a share', async () => {
    await give(nobody, nobody);
    // No such share can be mounted here; this root makes what is nobody's everywhere.
    const [program = '', ...args] = lockElsewhere(`process.seteuid(${nobody})`);
    expect((await run(program, args, { cwd })).stdout).toBe('locked\n');
    expect(await readdir(dataDir)).toEqual(['logs']);
  });

  test('is not pulled to by root, whose report would be closed to the next pull', async () => {
    await give(nobody, nobody);
    const settings = { DATA_DIR: dataDir, DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' };
    const { status, err } = await runCommand(settings, 'pull', 'OLD@127.0.0.1:1');
    expect([status, err]).toEqual([
      1,
      expect.stringMatching(/^DATA_DIR \S+ is used by user nobody, .*: runuser -u nobody -- env /),
    ]);
  });
});

test.skipIf(process.platform !== 'linux')('a DATA_DIR is in use also while its holder lets nobody in', async () => {
  await using opened = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), 'lightbox-lock-'));
  opened.defer(() => rm(dataDir, { recursive: true }));
  expect(await isDataDirLocked(dataDir)).toBe(false);
  const { dev, ino } = await stat(dataDir, { bigint: true });
  const digest = createHash('sha256').update(`${dev}:${ino}`).digest('hex');
  const path = `\0lightbox-${digest.slice(0, 32)}`;
  const holder = spawn(process.execPath, [
    '--eval',
    `require('node:net').createServer().listen({ path: ${JSON.stringify(path)}, backlog: 1 }, () => {
       require('node:fs').writeSync(1, 'listening');
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
     });`,
  ]);
  opened.defer(() => void holder.kill('SIGKILL'));
  await once(holder.stdout, 'data');
  let waiting = true;
  while (waiting) {
    const socket = opened.adopt(connect(path), (one) => void one.destroy());
    waiting = await new Promise((resolve) =>
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false)),
    );
  }
  expect(await isDataDirLocked(dataDir)).toBe(true);
  await expect(lockDataDir(dataDir)).rejects.toThrow(`DATA_DIR ${dataDir} is in use by process unknown`);
});
