import { expect, test } from 'vitest';
import { RecentRanges } from './recent-ranges.ts';

const MiB = 1024 * 1024;

test('what was asked for longest ago makes room for what comes, and what is very long is not kept', () => {
  const ranges = new RecentRanges();
  for (let at = 0; at < 8; at++) ranges.add(`i/${at}`, 0, Buffer.alloc(4 * MiB, at));
  expect(ranges.copy('i/0', 0, 4 * MiB)?.[0]).toBe(0);
  ranges.add('i/8', 0, Buffer.alloc(4 * MiB));
  ranges.add('i/9', 0, Buffer.alloc(4 * MiB + 1));
  expect([0, 1, 2, 8].map((at) => ranges.copy(`i/${at}`, 0, 4 * MiB) !== undefined)).toEqual([true, false, true, true]);
  expect(ranges.copy('i/9', 0, 4 * MiB + 1)).toBeUndefined();
});

test('other bytes of the object are another range', () => {
  const ranges = new RecentRanges();
  ranges.add('i/1', 10, Buffer.from('abc'));
  expect(ranges.copy('i/1', 10, 3)?.toString()).toBe('abc');
  expect(ranges.copy('i/1', 10, 2)).toBeUndefined();
  expect(ranges.copy('i/1', 11, 3)).toBeUndefined();
  ranges.forgetObject('i/1');
  expect(ranges.copy('i/1', 10, 3)).toBeUndefined();
});
