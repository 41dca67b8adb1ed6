import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { recordAccess } from './record.ts';

test.skipIf(process.platform === 'win32')(
  'the command of the documents finds who has had a study, alone or with others',
  async () => {
    const document = await readFile(new URL('../docs/operations.md', import.meta.url), 'utf8');
    const [command] = /^ +grep .*access\.log.*$/m.exec(document) as RegExpExecArray;
    const directory = await mkdtemp(join(tmpdir(), 'lightbox-record-'));
    try {
      let lines = '';
      const log = pino({}, { write: (line: string) => (lines += line) });
      const got = (name: string, StudyInstanceUID: string) =>
        recordAccess(log, { caller: { kind: 'device', name, address: '' }, action: 'retrieve', StudyInstanceUID });
      got('alone', '1.2.3');
      got('first', '1.2.3\\4.5.6');
      got('between', '7.8\\1.2.3\\4.5.6');
      got('last', '4.5.6\\1.2.3');
      for (const other of ['1.2.3.4', '1.2', '9.1.2.3', '4.5.6\\1.2.3.4', '9.1.2.3\\4.5.6']) got('nobody', other);
      await writeFile(join(directory, 'access.log'), lines);
      const { stdout } = spawnSync('sh', ['-c', command], { cwd: directory, encoding: 'utf8' });
      const found = stdout.trimEnd().split('\n');
      expect(found.map((line) => (JSON.parse(line) as { caller: string }).caller)).toEqual(
        ['alone', 'first', 'between', 'last'].map((name) => `device ${name}`),
      );
    } finally {
      await rm(directory, { recursive: true });
    }
  },
);
