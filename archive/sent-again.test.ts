import { open, rm, truncate } from 'node:fs/promises';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { Storage } from '#storage/storage.ts';
import { smallInstance } from '#tests/dataset-bytes.ts';
import { rejectionNote } from '#tests/rejection-note.ts';
import { openIngest, type Ingest, type Ingested } from './ingest.ts';
import { arrival, emptyIngest, modality } from './test-ingest.ts';

const empty = emptyIngest(['index.rejection', 'index.rejected']);
const { objects, pathOf } = empty;
let storage: Storage;
let ingest: Ingest;
/** Objects that were made durable. */
let committed = 0;

/** The very storage, and how often it was asked for durability. */
const counting = (): Storage =>
  new Proxy(storage, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (name !== 'begin') {
        return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value;
      }
      return async (key: string) => {
        const object = await target.begin(key);
        const commit = object.commit.bind(object);
        object.commit = () => {
          committed++;
          return commit();
        };
        return object;
      };
    },
  });

beforeAll(() => {
  ({ storage } = empty.parts());
  ingest = openIngest({ ...empty.parts(), storage: counting() });
});

beforeEach(async () => {
  await store(smallInstance({ instance: '9.9' })); // whoever sends something new is expected to go on so
  committed = 0;
});

const store = (dataset: Buffer, callingAETitle = 'CT1'): Promise<Ingested> =>
  ingest(arrival(dataset, { callingAETitle }), modality);

const rows = () =>
  empty.rows<{ id: number; key: string; version: number; state: number }>(
    'SELECT id, key, version, state FROM index.instance ORDER BY id',
  );

const slice = (number: number): Buffer => smallInstance({ instance: `9.9.${number}` });

/** Slices that are here, of which the sender has sent the first again: what follows is expected to be here. */
async function sendingAgain(...numbers: number[]): Promise<void> {
  for (const number of numbers) await store(slice(number));
  expect((await store(slice(numbers[0]!))).outcome).toBe('duplicate');
  committed = 0;
}

test('a study that is sent again is written once: for its first instance, which nobody expected', async () => {
  for (const number of [1, 2, 3]) await store(slice(number));
  const before = [await rows(), await objects()];
  committed = 0;
  const outcomes = [];
  for (const number of [1, 2, 3]) outcomes.push((await store(slice(number))).outcome);
  expect(outcomes).toEqual(['duplicate', 'duplicate', 'duplicate']);
  expect(committed).toBe(1);
  expect([await rows(), await objects()]).toEqual(before);
});

test('what is new among it is kept as ever, and found at once', async () => {
  await sendingAgain(1, 2);
  expect((await store(slice(3))).outcome).toBe('stored');
  expect([committed, (await rows()).length, (await objects()).length]).toEqual([1, 4, 4]);
  // Who sends something new is not expected to send old things.
  expect((await store(slice(2))).outcome).toBe('duplicate');
  expect(committed).toBe(2);
});

test('one sender says nothing about another', async () => {
  await sendingAgain(1, 2);
  expect((await store(slice(2), 'CT2')).outcome).toBe('duplicate');
  expect(committed).toBe(1);
});

test('an object that was cut, changed or lost meanwhile is healed', async () => {
  await sendingAgain(1, 2);
  const damage = [
    (file: string) => truncate(file, 1100),
    async (file: string) => {
      await using handle = await open(file, 'r+');
      await handle.write(Buffer.from([0xff]), 0, 1, 1500);
    },
    (file: string) => rm(file),
  ];
  for (const harm of damage) {
    const { key } = (await rows()).at(-1)!;
    await harm(pathOf(key));
    committed = 0;
    expect((await store(slice(2))).outcome).toBe('duplicate');
    expect(committed).toBeGreaterThan(0);
    const healed = (await rows()).at(-1)!;
    expect(healed.key).not.toBe(key);
    expect((await storage.readRange(healed.key, 1024, slice(2).length)).equals(slice(2))).toBe(true);
    expect(await objects()).toHaveLength(3);
  }
});

test('an index that does not answer is not waited for: what is sent again is settled by writing then', async () => {
  await sendingAgain(1, 2);
  const lock = await empty.parts().database.pool.connect();
  try {
    await lock.query('BEGIN; LOCK TABLE index.instance');
    const stored = store(slice(2));
    const waiting = async () => {
      const { rows } = await lock.query<{ name: string }>(
        `SELECT application_name AS name FROM pg_stat_activity
         WHERE wait_event_type = 'Lock' AND datname = current_database()`,
      );
      return rows.map(({ name }) => name);
    };
    await expect.poll(waiting, { timeout: 20_000 }).toContain('lightbox ingest');
    await lock.query('ROLLBACK');
    expect((await stored).outcome).toBe('duplicate');
    expect(committed).toBe(1);
  } finally {
    lock.release(true);
  }
});

test('other bytes under a known UID are a version, and that version sent again is settled by writing', async () => {
  await sendingAgain(1, 2);
  const other = smallInstance({ instance: '9.9.2', pixels: Buffer.alloc(256, 9) });
  expect((await store(other)).outcome).toBe('version');
  expect((await store(other)).outcome).toBe('duplicate');
  committed = 0;
  expect((await store(other)).outcome).toBe('duplicate');
  expect(committed).toBe(1);
  expect((await rows()).map(({ version, state }) => [version, state])).toEqual([
    [1, 0],
    [1, 0],
    [1, 0],
    [2, 1],
  ]);
});

test('what was rejected and comes again is wanted again, however much of its study was here', async () => {
  await sendingAgain(1, 2);
  // The retention of one slice has expired: whoever sends it again wants it kept again (IHE RAD TF-3 4.66.4.1.3).
  const rejects = { '1.2.3': [['1.2.3.4', '9.9.2']] as const };
  await store(rejectionNote({ code: '113039', instance: '9.8', rejects }), 'CT2');
  const current = async () => (await rows()).filter(({ state }) => state === 0).length;
  expect(await current()).toBe(2);
  expect((await store(slice(2))).outcome).not.toBe('duplicate');
  expect(await current()).toBe(3);
});
