import { expect, test } from 'vitest';

import { counted, describeProgress, duration, Progress, size } from './progress.ts';

test('progress tells number, share, bytes, rate and the time that is left', () => {
  const done = { count: 1_200, bytes: 600_000_000 };
  expect(describeProgress('objects', done, { count: 4_800, bytes: 2_400_000_000 }, 30_000)).toBe(
    '1,200 of 4,800 objects (25 %), 600 MB, 40 objects/s, 20.0 MB/s, about 1 min 30 s left',
  );
});

test('progress without a total tells no share and no time, and with all done no time', () => {
  const done = { count: 10, bytes: 999 };
  expect(describeProgress('files', done, undefined, 1_000)).toBe('10 files, 999 bytes, 10 files/s, 999 bytes/s');
  expect(describeProgress('files', done, done, 1_000)).toBe(
    '10 of 10 files (100 %), 999 bytes, 10 files/s, 999 bytes/s',
  );
});

test('sizes, durations and counts are written as people say them', () => {
  expect([0, 999, 1_000, 1_500_000, 120e12].map(size)).toEqual(['0 bytes', '999 bytes', '1.0 kB', '1.5 MB', '120 TB']);
  expect([400, 9_960, 61_000, 3_660_000, 49 * 3_600_000].map(duration)).toEqual([
    '0.4 s',
    '10 s',
    '1 min 1 s',
    '1 h 1 min',
    '2 days 1 h',
  ]);
  expect([counted(1, 'study', 'studies'), counted(2_000, 'study', 'studies')]).toEqual(['1 study', '2,000 studies']);
});

test('on a terminal a finding clears the progress line and stands alone on standard output', () => {
  const written: string[] = [];
  const to = (name: string) => ({ isTTY: true, write: (text: string) => written.push(`${name} ${text}`) > 0 });
  {
    using progress = new Progress({ unit: 'files', show: to('shown'), print: to('printed') });
    progress.line('a finding');
  }
  expect(written).toEqual(['shown \r\u001b[K', 'printed a finding\n', 'shown \r\u001b[K']);
});
