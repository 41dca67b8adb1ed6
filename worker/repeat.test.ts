import { pino } from 'pino';
import { expect, test } from 'vitest';
import { repeat } from './repeat.ts';

test('what fails is tried again soon, however seldom it is looked after, and said once, and once that it works again', async () => {
  const lines: string[] = [];
  const log = pino({ base: null, timestamp: false }, { write: (line) => void lines.push(JSON.parse(line).msg) });
  let looks = 0;
  const look = async () => {
    if (++looks === 1) throw new Error('PostgreSQL is away');
    return false;
  };
  await using _repeated = repeat('heads', look, log, 5 * 60_000);
  await expect.poll(() => lines).toEqual(['heads: waits', 'heads: goes on']);
  expect(looks).toBe(2);
});

test('where there is more to do it goes on at once, until it is told to stop', async () => {
  let looks = 0;
  const done = Promise.withResolvers<void>();
  const look = async () => {
    if (++looks === 5) done.resolve();
    return looks < 5;
  };
  const repeated = repeat('heads', look, pino({ level: 'silent' }), 5 * 60_000);
  await done.promise;
  await repeated[Symbol.asyncDispose]();
  expect(looks).toBe(5);
});
