import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { LogFile, logsOf } from './log-file.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'lightbox-log-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

test('a log that cannot be written to is said with DATA_DIR, before anything runs', async () => {
  await writeFile(join(dataDir, 'logs'), '');
  expect(() => new LogFile(logsOf(dataDir), 'archive')).toThrow(
    `DATA_DIR is "${dataDir}"; expected a directory with logs of the user who starts Lightbox (`,
  );
});

test('a record that cannot be written to is said with the setting that names its place', async () => {
  await writeFile(join(dataDir, 'here'), '');
  const place = { setting: 'ACCESS_LOG_DIR', value: dataDir, within: 'here' } as const;
  expect(() => new LogFile(place, 'access')).toThrow(`ACCESS_LOG_DIR is "${dataDir}"; expected a directory with logs`);
});

/** Writes a log while no file can be opened, tells what the directory holds then, and writes more of it when files can be opened again. */
const withoutFiles = `
  import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
  import { join } from 'node:path';
  import { LogFile, logsOf } from './commands/log-file.ts';
  const log = new LogFile(logsOf(process.argv[1]), 'archive');
  const taken = [];
  try { for (;;) taken.push(openSync('/dev/null')); } catch {}
  for (let number = 0; number < 10; number++) log.write('without ' + number);
  for (const file of taken) closeSync(file);
  const directory = join(process.argv[1], 'logs');
  const ends = () => readdirSync(directory).sort().map((name) => [name, readFileSync(join(directory, name), 'utf8').slice(-20).trim()]);
  const before = ends();
  for (let number = 0; number < 11; number++) log.write('x'.repeat(2 ** 20));
  log.write('with');
  log.close();
  console.log(JSON.stringify({ before, after: ends() }));
`;

test.skipIf(process.platform === 'win32')(
  'a log that cannot be set aside goes on, loses none of the older ones, and is set aside later',
  async () => {
    const directory = join(dataDir, 'logs');
    await mkdir(directory);
    await writeFile(join(directory, 'archive.log'), Buffer.alloc(11 * 2 ** 20, 'x\n'));
    for (let number = 1; number <= 5; number++)
      await writeFile(join(directory, `archive.log.${number}`), `old ${number}`);
    const limited = ['-c', 'ulimit -n 64; exec "$0" "$@"', process.execPath, '--input-type=module'];
    const { stdout, stderr } = spawnSync('sh', [...limited, '--eval', withoutFiles, dataDir], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    const { before, after } = JSON.parse(stdout) as Record<'before' | 'after', [string, string][]>;
    const older = [1, 2, 3, 4, 5].map((number) => [`archive.log.${number}`, `old ${number}`]);
    const newest = [expect.stringMatching(/^archive\.log\.20\d{12}$/), expect.stringMatching(/^x+$/)];
    expect(before).toEqual([['archive.log', expect.stringMatching(/without 8\nwithout 9$/)], ...older]);
    expect(after).toEqual([
      ['archive.log', expect.stringMatching(/x\nwith$/)],
      ...older.slice(0, 2),
      newest,
      ...older.slice(2, 4),
    ]);
  },
);

/** What a directory holds, each with its first letter. */
async function beginnings(directory: string): Promise<[string, string | undefined][]> {
  const names = (await readdir(directory)).toSorted();
  return Promise.all(
    names.map(async (name) => [name, (await readFile(join(directory, name), 'latin1'))[0]] satisfies [string, unknown]),
  );
}

test('as much is kept as it is told, and what was set aside keeps its name, by which it is in order', async () => {
  const log = new LogFile(logsOf(dataDir), 'access', 30 * 2 ** 20);
  const names: string[][] = [];
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    for (let at = 0; at < 10; at++) log.write(name.repeat(2 ** 20));
    names.push((await readdir(join(dataDir, 'logs'))).toSorted());
  }
  log.write('f');
  log.close();
  expect(await beginnings(join(dataDir, 'logs'))).toEqual([
    ['access.log', 'f'],
    [expect.stringMatching(/^access\.log\.20\d{12}$/), 'd'],
    [expect.stringMatching(/^access\.log\.20\d{12}$/), 'e'],
  ]);
  expect(names[4]).toEqual(['access.log', names[3]![2], expect.any(String)]);
});

test('a line that comes after its end is written into no file that has the number of its own by then', async () => {
  const log = new LogFile(logsOf(dataDir), 'archive');
  log.close();
  const path = join(dataDir, 'of another');
  const file = openSync(path, 'a');
  expect(log.write('late')).toBe('it is closed');
  closeSync(file);
  expect(await readFile(path, 'utf8')).toBe('');
});

test('a clock that was set back puts nothing out of order', async () => {
  const directory = join(dataDir, 'logs');
  await mkdir(directory);
  await writeFile(join(directory, 'access.log.99990101000000'), 'before');
  const log = new LogFile(logsOf(dataDir), 'access');
  for (let at = 0; at < 11; at++) log.write('x'.repeat(2 ** 20));
  log.close();
  const kept = ['access.log', 'access.log.99990101000000', 'access.log.99990101000001'];
  expect((await readdir(directory)).toSorted()).toEqual(kept);
});

test('what was set aside when more was to be kept goes with the next one, the oldest first, and nothing else does', async () => {
  const directory = join(dataDir, 'logs');
  await mkdir(directory);
  const others = ['access.log.20.gz', 'access.log.old', 'archive.log.5'];
  // As they were named once: the lower the number, the newer.
  for (const name of [...others, 'access.log.1', 'access.log.2', 'access.log.12'])
    await writeFile(join(directory, name), name);
  const log = new LogFile(logsOf(dataDir), 'access', 30 * 2 ** 20);
  for (let at = 0; at < 11; at++) log.write('x'.repeat(2 ** 20));
  log.close();
  const [last, ...kept] = (await readdir(directory)).toSorted((one, other) => other.length - one.length);
  expect(last).toMatch(/^access\.log\.20\d{12}$/);
  expect(kept.toSorted()).toEqual(['access.log', 'access.log.1', ...others]);
});

const isMounted = () => spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', dataDir]).status === 0;

test.skipIf(process.getuid?.() !== 0)(
  'a line that a full disk cut off spoils no other one, and what is written later is kept (as root)',
  async (context) => {
    if (!isMounted()) context.skip('this machine lets nobody mount (as root)');
    try {
      const log = new LogFile(logsOf(dataDir), 'archive');
      const filler = join(dataDir, 'filler');
      await writeFile(filler, Buffer.alloc(32 * 1024));
      const line = 'x'.repeat(1_000);
      const trouble = Array.from({ length: 60 }, () => log.write(line));
      const [cut, ...lost] = trouble.slice(trouble.findIndex((each) => each !== undefined));
      expect(cut).toBe('no space left for the whole line');
      expect(lost.filter((each) => !each?.startsWith('ENOSPC'))).toEqual([]);
      await rm(filler);
      expect(log.write('there is room again')).toBeUndefined();
      log.close();
      const lines = (await readFile(log.path, 'utf8')).trimEnd().split('\n');
      expect(lines.at(-1)).toBe('there is room again');
      expect(lines.slice(0, -2).every((each) => each === line)).toBe(true);
      expect(line).toContain(lines.at(-2));
    } finally {
      spawnSync('umount', [dataDir]);
    }
  },
);
