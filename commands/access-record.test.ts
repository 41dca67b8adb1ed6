import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fillDisk, mountDisk } from '#tests/full-disk.ts';

import { AccessRecord } from './access-record.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-record-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const accessLogBytes = 20 * 2 ** 20;
const done = { isRefusal: false };
const refused = { isRefusal: true };

test('who is refused, however often, pushes out no line that says who saw what', async () => {
  const settings = { dataDir: directory, accessLogDir: undefined, accessLogBytes };
  using record = await AccessRecord.open({ settings, print: () => {}, onLost: () => {} });
  record.write('somebody saw something', done);
  for (let at = 0; at < 80; at++) record.write('x'.repeat(2 ** 20), refused);
  record.write('somebody saw more', done);
  const logs = await readdir(join(directory, 'logs'));
  expect(logs.filter((name) => name.startsWith('access'))).toEqual(['access.log']);
  expect(logs.filter((name) => name.startsWith('refused'))).toHaveLength(6);
  expect(await readFile(join(directory, 'logs', 'access.log'), 'utf8')).toBe(
    'somebody saw something\nsomebody saw more\n',
  );
});

test.skipIf(process.getuid?.() !== 0)(
  'lines that are lost are told at once, and counted in the record when it can be written again (as root)',
  async (context) => {
    using _disk = mountDisk(directory, 1, context);
    const printed: string[] = [];
    const told: (Date | null)[] = [];
    const onLost = (since: Date | null) => void told.push(since);
    const settings = { dataDir: directory, accessLogDir: undefined, accessLogBytes };
    using record = await AccessRecord.open({ settings, print: (line) => void printed.push(line), onLost });
    record.write('first', done);
    const filler = join(directory, 'filler');
    await fillDisk(filler);
    const page = 'x'.repeat(4096);
    record.write(page, refused);
    expect([told, printed]).toEqual([[], []]);
    for (let at = 0; at < 3; at++) record.write(page, done);
    expect(told).toEqual([expect.any(Date)]);
    expect(printed).toEqual([expect.stringMatching(/^The access record cannot be written.*logs in DATA_DIR\.$/)]);
    await rm(filler);
    record.write('again', done);
    expect(told).toEqual([expect.any(Date), null]);
    expect(printed[1]).toMatch(/^The access record is written again; 3 of its lines since 20\S+Z are lost\.$/);
    const lines = (await readFile(join(directory, 'logs', 'access.log'), 'utf8')).trimEnd().split('\n');
    expect([lines[0], lines.at(-2)]).toEqual(['first', 'again']);
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ lost: 3, since: told[0]!.toISOString() });
  },
);

test.skipIf(process.getuid?.() !== 0)(
  'lines that were lost until the end are counted in the record, where it can be written by then (as root)',
  async (context) => {
    using _disk = mountDisk(directory, 1, context);
    const settings = { dataDir: directory, accessLogDir: undefined, accessLogBytes };
    const filler = join(directory, 'filler');
    {
      using record = await AccessRecord.open({ settings, print: () => {}, onLost: () => {} });
      await fillDisk(filler);
      for (let at = 0; at < 2; at++) record.write('x'.repeat(4096), done);
      await rm(filler);
    }
    const lines = (await readFile(join(directory, 'logs', 'access.log'), 'utf8')).trimEnd().split('\n');
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ lost: 2 });
  },
);

test.skipIf(process.getuid?.() !== 0)(
  'lines that were lost and find no room at the end either are counted for who started it (as root)',
  async (context) => {
    using _disk = mountDisk(directory, 1, context);
    const settings = { dataDir: directory, accessLogDir: undefined, accessLogBytes };
    const printed: string[] = [];
    {
      using record = await AccessRecord.open({ settings, print: (line) => void printed.push(line), onLost: () => {} });
      await fillDisk(join(directory, 'filler'));
      for (let at = 0; at < 3; at++) record.write('x'.repeat(4096), done);
    }
    expect(printed.at(-1)).toMatch(/^3 lines of the access record since 20\S+Z are lost, and there is no room/);
  },
);

test.skipIf(process.getuid?.() !== 0)(
  'a disk without room for the number of the record is said with DATA_DIR (as root)',
  async (context) => {
    using _disk = mountDisk(directory, 1, context);
    await fillDisk(join(directory, 'filler'));
    const settings = { dataDir: directory, accessLogDir: join(tmpdir(), 'no-record'), accessLogBytes };
    const opened = AccessRecord.open({ settings, print: () => {}, onLost: () => {} });
    await expect(opened).rejects.toThrow(/^DATA_DIR is .* expected one with room for the number .*\(ENOSPC/);
  },
);

test('each Lightbox has a directory of its own, also where two have one host name, and keeps it', async () => {
  const shared = join(directory, 'shared');
  const open = async (name: string) => {
    const dataDir = join(directory, name);
    await mkdir(dataDir, { recursive: true });
    const settings = { dataDir, accessLogDir: shared, accessLogBytes };
    using record = await AccessRecord.open({ settings, print: () => {}, onLost: () => {} });
    record.write(name, done);
  };
  for (const name of ['one', 'two', 'one']) await open(name);
  const own = await readdir(shared);
  expect(own).toEqual([1, 2].map(() => expect.stringMatching(`^${hostname()}-[0-9a-f]{8}$`) as unknown));
  const kept = await Promise.all(own.map((name) => readFile(join(shared, name, 'access.log'), 'utf8')));
  expect(kept.toSorted()).toEqual(['one\none\n', 'two\n']);
});

test('a number that cannot be read stops the start with DATA_DIR, and none takes its place', async () => {
  await mkdir(join(directory, 'record-number'));
  const shared = join(directory, 'shared');
  const settings = { dataDir: directory, accessLogDir: shared, accessLogBytes };
  const opened = AccessRecord.open({ settings, print: () => {}, onLost: () => {} });
  await expect(opened).rejects.toThrow(/^DATA_DIR is .* expected one of the user who starts Lightbox \(EISDIR/);
  await expect(readdir(shared)).rejects.toThrow('ENOENT');
});

test('a number that a person wrote is taken with its end of line, and what is none is not replaced', async () => {
  const shared = join(directory, 'shared');
  const settings = { dataDir: directory, accessLogDir: shared, accessLogBytes };
  const open = () => AccessRecord.open({ settings, print: () => {}, onLost: () => {} });
  const path = join(directory, 'record-number');
  await writeFile(path, '0123abcd\n');
  {
    using _record = await open();
  }
  expect(await readdir(shared)).toEqual([`${hostname()}-0123abcd`]);
  for (const none of ['0123', '']) {
    await writeFile(path, none);
    await expect(open()).rejects.toThrow(/^DATA_DIR is .* expected eight digits .* in its file record-number/);
    expect(await readFile(path, 'utf8')).toBe(none);
  }
});
