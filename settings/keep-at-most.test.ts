import { expect, test } from 'vitest';
import { keepAtMost } from './keep-at-most.ts';

test('what was put in first goes, and no more than has to', () => {
  const map = new Map([1, 2, 3, 4].map((key) => [key, `${key}`]));
  keepAtMost(map, 4);
  expect([...map.keys()]).toEqual([1, 2, 3, 4]);
  map.delete(1);
  map.set(1, 'anew');
  keepAtMost(map, 2);
  expect([...map.keys()]).toEqual([4, 1]);
  const set = new Set('abc');
  keepAtMost(set, 0);
  expect(set.size).toBe(0);
});
