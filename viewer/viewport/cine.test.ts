import { expect, test } from 'vitest';
import { framesOn } from './cine.ts';

function played(swings: boolean, count: number, frames: number, steps: number): number[] {
  let place = { at: 0, backwards: false };
  return Array.from({ length: steps }, () => {
    place = framesOn(place, frames, { count, swings });
    return place.at;
  });
}

test('a film goes from its last frame to its first', () => {
  expect(played(false, 4, 1, 6)).toEqual([1, 2, 3, 0, 1, 2]);
  expect(played(false, 4, 3, 4)).toEqual([3, 2, 1, 0]);
});

test('one that swings goes back the way it came, however many frames are left out', () => {
  expect(played(true, 4, 1, 9)).toEqual([1, 2, 3, 2, 1, 0, 1, 2, 3]);
  const each = played(true, 4, 1, 60);
  for (const frames of [2, 3, 5, 7]) {
    expect(played(true, 4, frames, 8)).toEqual(each.filter((_, at) => (at + 1) % frames === 0).slice(0, 8));
  }
  expect(played(true, 2, 1, 3)).toEqual([1, 0, 1]);
});
