import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { onBehalfOf, Waiting } from '#settings/on-behalf.ts';
import { lookEvery } from './look-every.ts';

const seldom = { what: 'heads', everyMs: 5 * 60_000, log: pino({ level: 'silent' }) };

test('what fails is tried again soon, however seldom it is looked after, and said once, and once that it works again', async () => {
  const lines: string[] = [];
  const log = pino({ base: null, timestamp: false }, { write: (line) => void lines.push(JSON.parse(line).msg) });
  let looks = 0;
  await using _looking = lookEvery({ ...seldom, log }, async () => {
    if (++looks <= 2) throw new Error('PostgreSQL is away');
    return false;
  });
  await expect.poll(() => lines).toEqual(['heads: waits', 'heads: goes on']);
  expect(looks).toBe(3);
});

test('where there is more to do it goes on at once, until it is told to stop', async () => {
  let looks = 0;
  const done = Promise.withResolvers<void>();
  const looking = lookEvery(seldom, async () => {
    if (++looks === 5) done.resolve();
    return looks < 5;
  });
  await done.promise;
  await looking[Symbol.asyncDispose]();
  looking.wake();
  expect(looks).toBe(5);
});

test('who is woken looks at once, and once more when that comes during a look', async () => {
  let looks = 0;
  const second = Promise.withResolvers<void>();
  await using looking = lookEvery(seldom, async () => {
    if (++looks === 2) await second.promise;
    return false;
  });
  await expect.poll(() => looks).toBe(1);
  looking.wake();
  expect(looks).toBe(2);
  looking.wake();
  looking.wake();
  second.resolve();
  await expect.poll(() => looks).toBe(3);
});

test('whoever wakes it, the looks that follow are on nobody’s behalf', async () => {
  const waiting = new Waiting<string>();
  let looks = 0;
  await using looking = lookEvery({ ...seldom, everyMs: 1 }, async () => {
    waiting.add(`look${++looks}`);
    return false;
  });
  await expect.poll(() => looks).toBeGreaterThan(0);
  const before = looks;
  onBehalfOf('a', () => looking.wake());
  await expect.poll(() => looks).toBeGreaterThan(before + 2);
  onBehalfOf('a', () => waiting.add('of a'));
  // Of two who wait each has a turn, however long the one has waited.
  expect([waiting.next(), waiting.next()]).toEqual(['look1', 'of a']);
});

test('closing waits for the look that is under way, after which there is none, however much there is to do', async () => {
  const ends = Promise.withResolvers<void>();
  let [looks, isOver] = [0, false];
  const looking = lookEvery(seldom, async () => {
    looks++;
    await ends.promise;
    isOver = true;
    return true;
  });
  const closed = looking[Symbol.asyncDispose]();
  ends.resolve();
  await closed;
  expect(isOver).toBe(true);
  await delay(0); // timers of one length run in the order in which they were set
  expect(looks).toBe(1);
});
