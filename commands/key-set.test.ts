import { expect, test } from 'vitest';
import { objectKey } from '#storage/keys.ts';

import { KeySet } from './key-set.ts';

test('it has the keys that were added and no others, and takes no harm from one too many', () => {
  const keys = Array.from({ length: 2_000 }, () => objectKey('i', new Date()));
  const set = new KeySet(999);
  for (const key of keys.slice(0, 1_000)) set.add(key);
  expect(keys.slice(0, 999).every((key) => set.has(key))).toBe(true);
  expect(keys.slice(1_000).some((key) => set.has(key))).toBe(false);
  expect(set.has('i/2026/01/05/08/not-one-of-ours')).toBe(false);
});
