import { expect, test } from 'vitest';
import { Turns } from './turns.ts';

const portionMs = 5;

function busy(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

test('work is done at once while a turn has room, and its result is there at once', () => {
  expect(new Turns(portionMs).take(() => 7)).toBe(7);
});

test('what is too much for one turn is done in later ones, in order, and others come in between', async () => {
  const turns = new Turns(portionMs);
  const done: (number | 'other')[] = [];
  const works = Array.from({ length: 6 }, (_, at) =>
    turns.take(() => {
      busy(portionMs);
      done.push(at);
    }),
  );
  expect(done).toEqual([0]);
  const other = (): void => {
    done.push('other');
    if (done.length < 11) setImmediate(other);
  };
  setImmediate(other);
  await Promise.all(works);
  expect(done.filter((each) => each !== 'other')).toEqual([0, 1, 2, 3, 4, 5]);
  // Between any two portions the loop has gone round.
  expect(done.join(' ')).not.toMatch(/\d \d \d/);
});

test('work that waited tells what it throws, and what comes after it is done all the same', async () => {
  const turns = new Turns(portionMs);
  await turns.take(() => busy(portionMs));
  const failing = turns.take(() => {
    throw new Error('bad bytes');
  });
  const next = turns.take(() => 'done');
  await expect(failing).rejects.toThrow('bad bytes');
  expect(await next).toBe('done');
});

test('a promise that work gives is waited for, also by who waited for the turn', async () => {
  const turns = new Turns(portionMs);
  void turns.take(() => busy(portionMs));
  expect(await turns.take(async () => 'later')).toBe('later');
});

test('of what waits, each peer has a piece done in its turn, however much another one has sent', async () => {
  const turns = new Turns(portionMs);
  const done: string[] = [];
  const send = (whose: string) =>
    turns.take(() => {
      busy(portionMs);
      done.push(whose);
    }, whose);
  await Promise.all(['many', 'many', 'many', 'many', 'one', 'other', 'one'].map(send));
  expect(done).toEqual(['many', 'many', 'one', 'other', 'many', 'one', 'many']);
});
