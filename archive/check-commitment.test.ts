import { rename, truncate } from 'node:fs/promises';
import { beforeEach, expect, test } from 'vitest';
import { Places } from '#settings/places.ts';
import type { Storage } from '#storage/storage.ts';
import { secondaryCapture, smallInstance } from '#tests/dataset-bytes.ts';
import { checkReferences } from './check-commitment.ts';
import { failureReason } from './scp/commitment-report.ts';
import { arrival, emptyIngest, modality } from './test-ingest.ts';
import { openIngest } from './ingest.ts';

const empty = emptyIngest(['index.rejection', 'index.rejected']);
const { pathOf } = empty;
const instances = ['1.5.1', '1.5.2', '1.5.3'];
const [first = '', second = '', third = ''] = instances;
const otherClass = '1.2.840.10008.5.1.4.1.1.2';
let keys: Record<string, string>;

beforeEach(async () => {
  const ingest = openIngest(empty.parts());
  for (const instance of instances)
    await ingest(arrival(smallInstance({ instance }), { callingAETitle: 'CT1' }), modality);
  const rows = await empty.rows<{ uid: string; key: string }>(
    'SELECT sop_instance_uid AS uid, key FROM index.instance',
  );
  keys = Object.fromEntries(rows.map(({ uid, key }) => [uid, key]));
});

/** The very storage, which tells what is read, before it is. */
const telling = (onRead: (key: string) => void | Promise<void>): Storage =>
  new Proxy(empty.parts().storage, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (name === 'readRange')
        return async (key: string, ...rest: [number, number, Buffer]) => {
          await onRead(key);
          return target.readRange(key, ...rest);
        };
      return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value;
    },
  });

const check = (uids: readonly (readonly [string, string])[], storage: Storage, reading = new Places(1)) =>
  checkReferences(
    uids.map(([sopInstanceUID, sopClassUID]) => ({ sopInstanceUID, sopClassUID })),
    { ...empty.parts(), storage, reading },
    new AbortController().signal,
  );

test('an instance that is named a thousand times is read once, and each of its references answered as it came', async () => {
  await truncate(pathOf(keys[second]!), 900);
  const read: string[] = [];
  const each = [
    [first, secondaryCapture],
    [second, secondaryCapture],
    [first, otherClass],
    ['9.9.9', secondaryCapture],
  ] as const;
  const times = 1_000;
  const failed = await check(
    Array.from({ length: times }, () => each).flat(),
    telling((key) => void read.push(key)),
  );
  expect(read).toEqual([keys[first], keys[second]]);
  const { processingFailure, classInstanceConflict, noSuchInstance } = failureReason;
  expect(failed).toEqual(
    Array.from({ length: times }, (_, time) => [
      { at: time * 4 + 1, reason: processingFailure },
      { at: time * 4 + 2, reason: classInstanceConflict },
      { at: time * 4 + 3, reason: noSuchInstance },
    ]).flat(),
  );
});

test('an object that came to lie elsewhere while those before it were read is found there', async () => {
  const many = Array.from({ length: 40 }, (_, at) => `1.6.${at + 1}`);
  const ingest = openIngest(empty.parts());
  for (const instance of many) await ingest(arrival(smallInstance({ instance })), modality);
  const { database } = empty.parts();
  const last = many.at(-1) ?? '';
  const move = async (): Promise<void> => {
    const [row] = await empty.rows<{ key: string }>(
      `SELECT key FROM index.instance WHERE sop_instance_uid = '${last}' AND key NOT LIKE '%.moved'`,
    );
    if (!row) return;
    await rename(pathOf(row.key), pathOf(`${row.key}.moved`));
    await database.pool.query(`UPDATE index.instance SET key = key || '.moved' WHERE sop_instance_uid = '${last}'`);
  };
  expect(
    await check(
      many.map((uid) => [uid, secondaryCapture] as const),
      telling(move),
    ),
  ).toEqual([]);
});

test('a request that names one instance is not kept waiting by one that names many', async () => {
  const read: string[] = [];
  const reading = new Places(1);
  const storage = telling(async (key) => {
    read.push(key);
    // Held until the other request asks, too.
    while (key === keys[first] && reading.waiting === 0) await new Promise(setImmediate);
  });
  const long = check(
    [first, second].map((uid) => [uid, secondaryCapture] as const),
    storage,
    reading,
  );
  const short = check([[third, secondaryCapture]], storage, reading);
  expect(await Promise.all([long, short])).toEqual([[], []]);
  expect(read).toEqual([first, third, second].map((uid) => keys[uid]));
});
