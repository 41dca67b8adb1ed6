/** When a study is complete by what its performed steps say they made (index/functions/completeness.sql). */
import { describe, expect, test } from 'vitest';
import { completePerformedStep, completePerformedStudies } from '#index/completeness.ts';
import { completedStudies } from '#tests/completed-studies.ts';
import { changePerformedStep, createPerformedStep } from './performed-steps.ts';
import type { PerformedState } from './performed-steps.ts';

const { database, store, minutesPass, quiet, taken } = completedStudies();
/** As the worker does once a second. */
const sweep = () => completePerformedStudies(database(), 100);

/** N-CREATE. */
async function perform(sopInstanceUID: string, StudyInstanceUID: string): Promise<void> {
  const named = [{ StudyInstanceUID, ScheduledProcedureStepID: '' }];
  await createPerformedStep(database(), { sopInstanceUID, attributes: {}, named, callingAETitle: 'CT1' });
}

/** N-SET of the final state, and what the archive does then at once. */
async function end(sopInstanceUID: string, state: PerformedState, instances: readonly string[]): Promise<void> {
  const images = instances.map((uid) => ({ '00081155': { vr: 'UI', Value: [uid] } }));
  const series = { '00081140': { vr: 'SQ', Value: images } };
  const attributes = { '00400340': { vr: 'SQ', Value: [series] } };
  const changed = await changePerformedStep(database(), sopInstanceUID, () => ({
    attributes,
    state,
    isWrongEntry: false,
  }));
  await completePerformedStep(database(), changed!.step.id);
}

describe('a study for which steps are performed', () => {
  test('is complete when the last instance comes that its step made, however late, and once', async () => {
    await perform('2.25.1', '2.1');
    await store('2.1');
    await end('2.25.1', 'completed', ['2.1.1.1', '2.1.1.2']);
    expect([await sweep(), await taken()]).toEqual([0, []]);
    await minutesPass(3);
    await quiet();
    expect(await taken()).toEqual(['2.1 quiet']);
    await store('2.1', 2);
    expect([await sweep(), await taken()]).toEqual([1, ['2.1 mpps']]);
    // What the step did not name is for the quiet time.
    await store('2.1', 3);
    expect([await sweep(), await taken()]).toEqual([0, []]);
  });

  test('waits for all of its steps, and for what each of them made', async () => {
    await perform('2.25.1', '2.2');
    await perform('2.25.2', '2.2');
    await store('2.2');
    await end('2.25.1', 'completed', ['2.2.1.1']);
    expect([await sweep(), await taken()]).toEqual([0, []]);
    await end('2.25.2', 'discontinued', ['2.2.1.2']);
    expect([await sweep(), await taken()]).toEqual([0, []]);
    await store('2.2', 2);
    expect([await sweep(), await taken()]).toEqual([1, ['2.2 mpps']]);
  });

  test('is complete when the last step ends with nothing, and not by steps that name nothing', async () => {
    await perform('2.25.1', '2.3');
    await perform('2.25.2', '2.3');
    await store('2.3');
    await end('2.25.1', 'completed', ['2.3.1.1']);
    await end('2.25.2', 'discontinued', []);
    expect(await taken()).toEqual(['2.3 mpps']);
    await perform('2.25.3', '2.4');
    await store('2.4');
    await end('2.25.3', 'completed', []);
    expect([await sweep(), await taken()]).toEqual([0, []]);
  });

  test('of which something never comes is looked at for a day', async () => {
    await perform('2.25.1', '2.5');
    await end('2.25.1', 'completed', ['2.5.1.1', '2.5.1.2']);
    await store('2.5');
    await database().pool.query(`UPDATE site.performed_step SET changed_at = now() - interval '25 hours'`);
    await store('2.5', 2);
    expect([await sweep(), await taken()]).toEqual([0, []]);
  });

  test('is completed once by several workers at once, while instances come', async () => {
    const studies = Array.from({ length: 20 }, (_, at) => `2.6.${at}`);
    for (const [at, study] of studies.entries()) {
      await perform(`2.25.${at}`, study);
      await end(`2.25.${at}`, 'completed', [`${study}.1.1`, `${study}.1.2`]);
      await store(study);
    }
    let isOver = false;
    const sweeping = Array.from({ length: 3 }, async () => {
      while (!isOver) await sweep();
    });
    await Promise.all(studies.map((study) => store(study, 2)));
    isOver = true;
    await Promise.all(sweeping);
    await sweep();
    expect((await taken()).sort()).toEqual(studies.map((study) => `${study} mpps`).sort());
  });
});

test('what the worker looks at each second is found by an index of what is awaited, among all that was ever performed', async () => {
  const { pool } = database();
  await pool.query(
    `INSERT INTO site.performed_step (sop_instance_uid, state, attributes, study_instance_uids, calling_ae_title, instances, is_awaited)
     SELECT '2.25.' || n, 'completed', '{}', ARRAY['3.' || n], 'CT1', ARRAY['3.1.1.' || n], n > 19990 FROM generate_series(1, 20000) AS n;
     ANALYZE site.performed_step`,
  );
  const { rows } = await pool.query<{ 'QUERY PLAN': string }>(
    `EXPLAIN SELECT p.id FROM site.performed_step p
     WHERE p.is_awaited AND p.changed_at > now() - interval '1 day'
       AND EXISTS (SELECT FROM index.study s WHERE s.study_instance_uid = ANY (p.study_instance_uids) AND NOT s.is_complete)
       AND NOT index.lacks(p.instances)
     ORDER BY p.changed_at DESC LIMIT 100 FOR UPDATE SKIP LOCKED`,
  );
  expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toContain('performed_step_awaited');
});
