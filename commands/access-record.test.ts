import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
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
  using record = new AccessRecord(settings);
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
