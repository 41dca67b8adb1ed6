import { expect, test } from 'vitest';
import { framesIn, framesOn } from './cine.ts';

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

test('each frame of a film stands for its own time, and what is left of it is for the next', () => {
  const film = { count: 3, swings: false, timeOf: (index: number) => [100, 20, 30][index]! };
  const at = (elapsedMs: number) => framesIn(elapsedMs, { at: 0, backwards: false }, film);
  expect(at(99)).toMatchObject({ at: 0, tookMs: 0 });
  expect(at(100)).toMatchObject({ at: 1, tookMs: 100 });
  expect(at(119)).toMatchObject({ at: 1, tookMs: 100 });
  expect(at(125)).toMatchObject({ at: 2, tookMs: 120 });
  expect(at(260)).toMatchObject({ at: 1, tookMs: 250 });
  const back = framesIn(50, { at: 2, backwards: false }, { ...film, swings: true });
  expect(back).toMatchObject({ at: 0, backwards: false, tookMs: 50 });
});
