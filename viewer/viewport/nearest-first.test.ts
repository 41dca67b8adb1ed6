import { expect, test } from 'vitest';
import { nearestFirst } from './nearest-first.ts';

test('the nearest image comes first, at equal distance the one in the direction of scrolling', () => {
  expect([...nearestFirst(2, 6, 1, 6)]).toEqual([3, 1, 4, 0, 5]);
  expect([...nearestFirst(2, 6, -1, 6)]).toEqual([1, 3, 0, 4, 5]);
});

test('every other image comes once, wherever one begins', () => {
  expect([...nearestFirst(0, 5, 1, 5)].toSorted()).toEqual([1, 2, 3, 4]);
  expect([...nearestFirst(4, 5, 1, 5)].toSorted()).toEqual([0, 1, 2, 3]);
  expect([...nearestFirst(0, 1, 1, 1)]).toEqual([]);
});

test('no more come than there is room for', () => {
  expect([...nearestFirst(2, 6, 1, 3)]).toEqual([3, 1, 4]);
  expect([...nearestFirst(2, 6, 1, 0.5)]).toEqual([]);
});
