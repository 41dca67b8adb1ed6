import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

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
  using record = await AccessRecord.open(settings);
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

test('each Lightbox has a directory of its own, also where two have one host name, and keeps it', async () => {
  const shared = join(directory, 'shared');
  const open = async (name: string) => {
    const dataDir = join(directory, name);
    await mkdir(dataDir, { recursive: true });
    const settings = { dataDir, accessLogDir: shared, accessLogBytes };
    using record = await AccessRecord.open(settings);
    record.write(name, done);
  };
  for (const name of ['one', 'two', 'one']) await open(name);
  const own = await readdir(shared);
  expect(own).toEqual([1, 2].map(() => expect.stringMatching(`^${hostname()}-[0-9a-f]{8}$`) as unknown));
  const kept = await Promise.all(own.map((name) => readFile(join(shared, name, 'access.log'), 'utf8')));
  expect(kept.toSorted()).toEqual(['one\none\n', 'two\n']);
});
