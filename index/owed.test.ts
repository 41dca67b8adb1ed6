import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';

import { beginOwed, registerJobs, settle, takeDue } from './owed.ts';

const job = { name: 'thumbnail', on: 'InstanceStored' };

let running: TestDatabase;
beforeAll(async () => {
  running = await startTestDatabase();
});
afterAll(() => running[Symbol.asyncDispose]());
beforeEach(async () => {
  await running.database.pool.query('TRUNCATE index.owed, index.job');
  await registerJobs(running.database, [job]);
});

/** What the ingest transaction does for each instance. */
async function instanceStored(series: number): Promise<void> {
  await running.database.pool.query(`SELECT index.owe('InstanceStored', $1)`, [series]);
}

/** Moves everything that has happened into the past. */
async function timePasses(time: string): Promise<void> {
  const columns = ['first_at', 'changed_at', 'tried_at'].map((column) => `${column} = ${column} - $1::interval`);
  await running.database.pool.query(`UPDATE index.owed SET ${columns.join(', ')}`, [time]);
}

const due = (): Promise<number[]> => takeDue(running.database, 'thumbnail', 100);
const begin = (series: number) => beginOwed(running.database, 'thumbnail', series);

test('a burst of 500 instances is one run, when it has been quiet for a second', async () => {
  for (let i = 0; i < 500; i++) await instanceStored(7);
  expect(await due()).toEqual([]);
  await timePasses('1 second');
  expect(await due()).toEqual([7]);
  expect(await due()).toEqual([]);
});

test('a burst that does not end is run after 10 seconds, and every 10 seconds from then on', async () => {
  await instanceStored(7);
  for (let second = 1; second <= 10; second++) {
    expect(await due()).toEqual([]);
    await timePasses('1 second');
    await instanceStored(7);
  }
  expect(await due()).toEqual([7]);
  await instanceStored(7);
  await timePasses('0.5 seconds');
  await instanceStored(7);
  expect(await due()).toEqual([]);
  await timePasses('9.5 seconds');
  await instanceStored(7);
  expect(await due()).toEqual([7]);
});

test('what a run has seen is owed no more, what came during the run still is', async () => {
  await instanceStored(7);
  await timePasses('1 second');
  await due();
  const first = await begin(7);
  await instanceStored(7);
  expect(await settle(running.database, first!)).toBe(false);
  await timePasses('1 second');
  expect(await due()).toEqual([7]);
  expect(await settle(running.database, (await begin(7))!)).toBe(true);
  expect(await begin(7)).toBeUndefined();
});

test('a run that was overtaken by another does not settle what is owed since', async () => {
  await instanceStored(7);
  const slow = await begin(7);
  expect(await settle(running.database, (await begin(7))!)).toBe(true);
  await instanceStored(7);
  // The generation is the same: it counts from the beginning again.
  expect((await begin(7))?.generation).toBe(slow?.generation);
  expect(await settle(running.database, slow!)).toBe(false);
});

test('what keeps failing waits twice as long each time, up to a day', async () => {
  await instanceStored(7);
  await timePasses('1 second');
  expect(await due()).toEqual([7]);
  for (const minutes of [2, 4, 8, 16]) {
    await begin(7);
    await timePasses(`${minutes * 60 - 1} seconds`);
    expect(await due()).toEqual([]);
    await timePasses('1 second');
    expect(await due()).toEqual([7]);
  }
  for (let i = 0; i < 20; i++) {
    await begin(7);
    await timePasses('1 day');
    expect(await due()).toEqual([7]);
  }
  await begin(7);
  await timePasses('23 hours');
  expect(await due()).toEqual([]);
});

test('what waits in the queue for days has not been tried: when it fails then, it is tried again after 2 minutes', async () => {
  await instanceStored(7);
  await timePasses('1 second');
  for (let i = 0; i < 20; i++) {
    expect(await due()).toEqual([7]);
    await timePasses('1 day');
  }
  expect(await due()).toEqual([7]);
  await begin(7);
  await timePasses('119 seconds');
  expect(await due()).toEqual([]);
  await timePasses('1 second');
  expect(await due()).toEqual([7]);
});

test('a new instance gives a series that keeps failing a new start', async () => {
  await instanceStored(7);
  for (let i = 0; i < 6; i++) {
    await timePasses('1 day');
    await due();
    await begin(7);
  }
  await instanceStored(7);
  await timePasses('1 second');
  expect(await due()).toEqual([7]);
  await timePasses('2 minutes');
  expect(await due()).toEqual([7]);
});

test('a clock that is set back by a day makes nothing wait', async () => {
  await instanceStored(7);
  await timePasses('-1 day');
  expect(await due()).toEqual([7]);
  await timePasses('-2 days');
  expect(await due()).toEqual([7]);
});

test('what was tried before the clock was set back by hours is tried again when it is due', async () => {
  await instanceStored(7);
  await timePasses('1 second');
  expect(await due()).toEqual([7]);
  await timePasses('-12 hours');
  expect(await due()).toEqual([7]);
  expect(await due()).toEqual([]);
});

test('the newest come first, so that a backlog does not hide what arrives now', async () => {
  for (const series of [1, 2, 3]) {
    await timePasses('10 seconds');
    await instanceStored(series);
  }
  await timePasses('1 second');
  expect(await takeDue(running.database, 'thumbnail', 2)).toEqual([3, 2]);
  expect(await due()).toEqual([1]);
});

test('two workers that look at once never take the same row', async () => {
  for (let series = 1; series <= 50; series++) await instanceStored(series);
  await timePasses('1 second');
  const taken = (await Promise.all([due(), due(), due()])).flat();
  expect(taken.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
});

test('a job that is gone is owed nothing, and what happens is not noted for it', async () => {
  await instanceStored(7);
  await registerJobs(running.database, [{ name: 'other', on: 'InstanceStored' }]);
  await instanceStored(8);
  const { rows } = await running.database.pool.query('SELECT job, key FROM index.owed');
  expect(rows).toEqual([{ job: 'other', key: 8 }]);
});

test('registering the same jobs again changes nothing and waits for nobody', async () => {
  const client = await running.database.pool.connect();
  try {
    await client.query('BEGIN');
    await client.query(`SELECT index.owe('InstanceStored', 7)`);
    await registerJobs(running.database, [job]);
    await client.query('COMMIT');
  } finally {
    client.release();
  }
  expect(await begin(7)).toBeDefined();
});
