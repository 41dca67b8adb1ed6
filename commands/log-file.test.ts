import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { LogFile } from './log-file.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'lightbox-log-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

test('a log that cannot be written to is said with DATA_DIR, before anything runs', async () => {
  await writeFile(join(dataDir, 'logs'), '');
  expect(() => new LogFile(dataDir, 'archive')).toThrow(
    `DATA_DIR is "${dataDir}"; expected a directory with logs of the user who starts Lightbox (`,
  );
});

const isMounted = () => spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', dataDir]).status === 0;

test.skipIf(process.getuid?.() !== 0)(
  'a line that a full disk cut off spoils no other one, and what is written later is kept (as root)',
  async (context) => {
    if (!isMounted()) context.skip('this machine lets nobody mount (as root)');
    try {
      const log = new LogFile(dataDir, 'archive');
      const filler = join(dataDir, 'filler');
      await writeFile(filler, Buffer.alloc(32 * 1024));
      const line = 'x'.repeat(1_000);
      for (let number = 0; number < 60; number++) log.write(line);
      await rm(filler);
      log.write('there is room again');
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
