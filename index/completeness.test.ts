import { expect, test } from 'vitest';
import { completedStudies } from '#tests/completed-studies.ts';
import {
  completeAsBefore,
  completeQuietStudies,
  listenToCompleted,
  studyComplete,
  takeCompleted,
} from './completeness.ts';

const { database, store, minutesPass, quiet, taken } = completedStudies();

test('a study is complete after a quiet time, incomplete with the next instance, and later complete once more', async () => {
  await store('1.1');
  expect(await quiet()).toBe(0);
  await minutesPass(3);
  expect([await quiet(), await quiet()]).toEqual([1, 0]);
  expect([await taken(), await taken()]).toEqual([['1.1 quiet'], []]);
  await store('1.1'); // a duplicate is nothing new
  await minutesPass(3);
  expect(await quiet()).toBe(0);
  await store('1.1', 2);
  expect(await quiet()).toBe(0);
  await minutesPass(3);
  expect([await quiet(), await taken()]).toEqual([1, ['1.1 quiet']]);
});

test('a clock that was set back by a day keeps no study waiting for a day', async () => {
  await store('1.1');
  await minutesPass(-24 * 60);
  expect(await quiet()).toBe(1);
});

test('a modality says that a study is complete when all it made is here, and is not contradicted by the quiet time', async () => {
  expect(await studyComplete(database(), '1.1', 'mpps')).toBe(false);
  await store('1.1');
  const instances = ['1.1.1.1', '1.1.1.2'];
  expect(await studyComplete(database(), '1.1', 'mpps', { instances })).toBe(false);
  await store('1.1', 2);
  expect(await studyComplete(database(), '1.1', 'mpps', { instances })).toBe(true);
  expect(await studyComplete(database(), '1.1', 'storage-commitment')).toBe(false);
  await minutesPass(3);
  expect([await quiet(), await taken()]).toEqual([0, ['1.1 mpps']]);
});

test('a study at which a modality is still at work is not complete, whatever else is said of it', async () => {
  await store('1.4');
  await database().pool.query(
    `INSERT INTO site.performed_step (sop_instance_uid, state, attributes, study_instance_uids, calling_ae_title)
     VALUES ('2.25.1', 'completed', '{}', '{1.4}', 'CT'), ('2.25.2', 'in progress', '{}', '{1.4}', 'CT')`,
  );
  const named = { instances: ['1.4.1.1'] };
  expect(await studyComplete(database(), '1.4', 'mpps', named)).toBe(false);
  await database().pool.query(
    `UPDATE site.performed_step SET state = 'discontinued' WHERE sop_instance_uid = '2.25.2'`,
  );
  expect(await studyComplete(database(), '1.4', 'mpps', named)).toBe(true);
});

test('each listener hears everything in order, from when it began to listen, and again what it failed to take', async () => {
  const studies = ['1.1', '1.2', '1.3'];
  for (const study of studies) await store(study);
  await studyComplete(database(), '1.1', 'mpps');
  await listenToCompleted(database(), 'late');
  await studyComplete(database(), '1.2', 'storage-commitment');
  await studyComplete(database(), '1.3', 'mpps');
  const failing = takeCompleted(database(), 'test', 2, async () => {
    throw new Error('the listener fails');
  });
  await expect(failing).rejects.toThrow('the listener fails');
  // PostgreSQL takes the transaction back when it has noticed that the connection is closed.
  await expect.poll(() => taken('test', 2)).toEqual(['1.1 mpps', '1.2 storage-commitment']);
  expect(await taken('test', 2)).toEqual(['1.3 mpps']);
  expect(await taken('late')).toEqual(['1.2 storage-commitment', '1.3 mpps']);
  expect(await taken('nobody')).toEqual([]);
});

test('while one process takes for a listener another one gets nothing, and goes on when the first is gone', async () => {
  await store('1.1');
  await studyComplete(database(), '1.1', 'mpps');
  const begun = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const first = takeCompleted(database(), 'test', 10, async () => {
    begun.resolve();
    await end.promise;
    throw new Error('killed');
  });
  await begun.promise;
  expect(await taken()).toEqual([]);
  end.resolve();
  await expect(first).rejects.toThrow('killed');
  // PostgreSQL lets go of it when it has noticed that the connection is closed.
  await expect.poll(() => taken()).toEqual(['1.1 mpps']);
});

test('a listener that looks and finds nothing new writes nothing: no disk is woken every second at rest', async () => {
  // What locks a row leaves its number in it, also after its end.
  const lockedBy = async (): Promise<string> =>
    (await database().pool.query('SELECT xmax::text FROM site.study_completed_consumer')).rows[0].xmax;
  expect([await taken(), await lockedBy()]).toEqual([[], '0']);
  await store('1.1');
  await studyComplete(database(), '1.1', 'mpps');
  expect(await taken()).toEqual(['1.1 mpps']);
  const before = await lockedBy();
  expect([await taken(), await lockedBy()]).toEqual([[], before]);
});

test('many that complete and store at once: a listener that always looks misses none', async () => {
  const studies = Array.from({ length: 60 }, (_, at) => `1.${at + 1}`);
  await Promise.all(studies.map((study) => store(study)));
  const heard: string[] = [];
  let isOver = false;
  const listening = (async () => {
    for (;;) {
      const last = isOver;
      const some = await taken('test', 7);
      heard.push(...some.map((one) => one.split(' ')[0] as string));
      if (last && some.length === 0) return;
    }
  })();
  await minutesPass(3);
  await Promise.all([
    ...studies.slice(0, 30).map((study) => studyComplete(database(), study, 'mpps')),
    ...studies.slice(40).map((study) => store(study, 2)),
    ...Array.from({ length: 4 }, () => completeQuietStudies(database(), 120, 20)),
  ]);
  await minutesPass(3);
  while ((await quiet()) > 0);
  isOver = true;
  await listening;
  expect(new Set(heard)).toEqual(new Set(studies));
  const { rows } = await database().pool.query('SELECT count(*)::integer AS count FROM site.study_completed');
  expect(heard).toHaveLength(rows[0].count);
});

test('in a rebuilt index what was complete is, what came since is not, and what was there before anybody watched is no news', async () => {
  await store('1.1');
  await store('1.2');
  await studyComplete(database(), '1.1', 'mpps');
  await studyComplete(database(), '1.2', 'mpps');
  await store('1.2', 2);
  await store('1.3'); // received, as all of these, before this database began
  await store('1.4');
  await database().pool.query(`UPDATE index.instance SET received_at = now() WHERE sop_instance_uid = '1.4.1.1'`);
  await database().pool.query('UPDATE index.study SET is_complete = false');
  await completeAsBefore(database());
  const { rows } = await database().pool.query(
    'SELECT study_instance_uid AS uid FROM index.study WHERE is_complete ORDER BY 1',
  );
  expect(rows.map(({ uid }) => uid)).toEqual(['1.1', '1.3']);
});
