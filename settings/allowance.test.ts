import { expect, test } from 'vitest';
import { Allowance } from './allowance.ts';

test('of what one may have within a time all can be taken at once, and comes back evenly; what others take is their own', () => {
  let now = 0;
  const allowance = new Allowance(10, 1_000, () => now);
  expect(Array.from({ length: 12 }, () => allowance.take('a'))).toEqual([...Array(10).fill(true), false, false]);
  expect(allowance.take('b', 10)).toBe(true);
  now = 250;
  expect(allowance.take('a', 3)).toBe(false);
  expect(allowance.take('a', 2)).toBe(true);
  now = 5_000;
  expect(allowance.take('a', 11)).toBe(false);
  expect(allowance.take('a', 10)).toBe(true);
  expect(allowance.take('a')).toBe(false);
  allowance.giveBack('a');
  expect([allowance.take('a'), allowance.take('a')]).toEqual([true, false]);
});
