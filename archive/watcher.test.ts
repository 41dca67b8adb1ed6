import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Programs } from '#index/programs.ts';
import { watcher } from './watcher.ts';

test('who looks again and again never has more than one question open that PostgreSQL leaves unanswered', async () => {
  let [database, healthLooks, asked]: ['ok' | 'failed', number, number] = ['ok', 0, 0];
  let answers = Promise.withResolvers<Programs>();
  const look = watcher({
    async health() {
      healthLooks++;
      return { database };
    },
    programs() {
      asked++;
      return answers.promise;
    },
  });
  const first = look();
  await expect.poll(() => asked).toBe(1);
  const second = look(); // while it hangs, and before the health has noticed
  await setImmediate();
  expect([healthLooks, asked]).toEqual([2, 1]);

  answers.reject(new Error('Connection terminated'));
  await Promise.all([first, second]);
  database = 'failed';
  await look();
  expect([healthLooks, asked]).toEqual([3, 1]);

  database = 'ok';
  answers = Promise.withResolvers();
  answers.resolve({ running: [], workerAwaySince: null });
  await look();
  expect([healthLooks, asked]).toEqual([4, 2]);
});
