import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { isComplete, Report } from './report.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'lightbox-report-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

test('nothing that the other archive says steers a terminal, or makes a study whole that is not', async () => {
  const report = new Report(dataDir, 'OLD');
  const study = {
    StudyInstanceUID: '1.2\u001b[2J',
    StudyDate: '2024\t1\t1\n0101',
    there: 5,
    here: 1,
    cause: '1 not sent (1.2.3\u001b]0;title\u0007):\r\nC000',
  };
  await report.write('202401', [study]);
  const text = await readFile(join(report.directory, '202401.tsv'), 'utf8');
  // oxlint-disable-next-line no-control-regex -- these are what is sought
  expect(text).not.toMatch(/[\0-\x08\x0b-\x1f]/);
  const read = await report.read('202401');
  expect(read).toMatchObject([{ StudyDate: '2024 1 1 0101', there: 5, here: 1 }]);
  expect(read?.map(isComplete)).toEqual([false]);
  expect(await report.totals()).toMatchObject({ studies: 1, differences: 1 });
});

test('a month that cannot be read is not one that was not looked at yet', async () => {
  const report = new Report(dataDir, 'OLD');
  expect([await report.read('202401'), await report.totals()]).toMatchObject([undefined, { studies: 0 }]);
  await mkdir(join(report.directory, '202401.tsv'), { recursive: true });
  await expect(report.read('202401')).rejects.toThrow('EISDIR');
  await expect(report.totals()).rejects.toThrow('EISDIR');
});
