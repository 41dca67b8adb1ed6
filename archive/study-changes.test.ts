import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Caller } from '#access/caller.ts';
import { uid } from '#dicom/data/uid.ts';
import type { Database } from '#index/database.ts';
import { smallInstance } from '#tests/dataset-bytes.ts';
import { startTestDicomweb, type TestDicomweb } from './dicomweb/test-dicomweb.ts';
import { type Listening, openStudyChanges } from './study-changes.ts';

let dicomweb: TestDicomweb;
beforeAll(async () => {
  dicomweb = await startTestDicomweb();
});
afterAll(() => dicomweb[Symbol.asyncDispose]());

const listenerOf = (heard: string[]): Listening => ({
  studies: (changed) => void heard.push(...(changed === 'many' ? ['many'] : changed)),
  steps() {},
  sends() {},
  worklist() {},
});

test('a caller is told of what changes in its own studies only, and of a study of which nothing is left to see', async () => {
  const { database } = dicomweb.postgres;
  const changes = openStudyChanges({ database, log: pino({ level: 'silent' }) });
  const hear = async (studies: Caller['scope']['studies']) => {
    const heard: string[] = [];
    const caller: Caller = { kind: 'account', name: 'a', rights: new Set(['read']), scope: { studies } };
    const stop = await changes.listen(caller, listenerOf(heard));
    return { heard, stop };
  };
  const [all, own] = [await hear('all'), await hear([uid('9.1')])];
  await dicomweb.stow(smallInstance({ study: '9.2', series: '9.2.1', instance: '9.2.1.1' }));
  await expect.poll(() => all.heard).toContain('9.2');
  await dicomweb.stow(smallInstance({ study: '9.1', series: '9.1.1', instance: '9.1.1.1' }));
  await expect.poll(() => own.heard).toContain('9.1');
  all.heard.splice(0);
  await database.pool.query(
    `UPDATE index.study SET is_empty = true, changed_at = now() WHERE study_instance_uid = '9.2'`,
  );
  await expect.poll(() => all.heard).toContain('9.2');
  expect(new Set(own.heard)).toEqual(new Set(['9.1']));
  all.stop();
  own.stop();
});

test('of two who begin to listen together, each hears what is stored while the other one begins', async () => {
  const { database } = dicomweb.postgres;
  const stored = Promise.withResolvers<void>();
  let looks = 0;
  // A busy database: whoever is the second to ask what changed gets a connection only after the store.
  const query = async (...[asked]: [unknown]) => {
    if ((asked as { name?: string }).name === 'recent-changes' && ++looks === 2) await stored.promise;
    return database.pool.query(asked as string);
  };
  const busy = { ...database, pool: { query } } as unknown as Database;
  const changes = openStudyChanges({ database: busy, log: pino({ level: 'silent' }) });
  const caller: Caller = { kind: 'account', name: 'a', rights: new Set(['read']), scope: { studies: 'all' } };
  const heard: string[][] = [[], []];
  const begun = heard.map((own) => changes.listen(caller, listenerOf(own)));
  await begun[0];
  await dicomweb.stow(smallInstance({ study: '9.3', series: '9.3.1', instance: '9.3.1.1' }));
  stored.resolve();
  for (const own of heard) await expect.poll(() => own, { timeout: 5_000 }).toContain('9.3');
  for (const stop of await Promise.all(begun)) stop();
});
