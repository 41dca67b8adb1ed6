/** Rejection notes beside the stores of others: they take their time, and nobody waits for them. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { indexedInstance } from '#tests/indexed-instance.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import type { InstanceRecord } from './instance-record.ts';
import { wrongCounts } from './verify.ts';
import { InstanceWriter } from './write.ts';

let running: TestDatabase;
beforeAll(async () => {
  running = await startTestDatabase();
});
afterAll(() => running[Symbol.asyncDispose]());

const image = (study: string, number: number) =>
  indexedInstance({ StudyInstanceUID: study, PatientID: 'P1', Modality: 'CT' }, number);

function note(study: string, sop_instance_uids: readonly string[]): InstanceRecord {
  const values = { StudyInstanceUID: study, SeriesInstanceUID: `${study}.900`, PatientID: 'P1', Modality: 'KO' };
  const rejection = { code: '113001' as const, studies: [{ study_instance_uid: study, sop_instance_uids }] };
  return { ...indexedInstance(values), rejection };
}

/** Holds the row of an instance, as somebody in the middle of replacing it does. */
async function hold(instance: string): Promise<{ letGo(): Promise<void> }> {
  const client = await running.database.pool.connect();
  await client.query('BEGIN');
  await client.query('SELECT FROM index.instance WHERE sop_instance_uid = $1 FOR UPDATE', [instance]);
  return {
    async letGo() {
      await client.query('ROLLBACK');
      client.release();
    },
  };
}

/** Writers that wait for a lock. */
async function waiting(): Promise<number> {
  const { rows } = await running.database.pool.query(
    `SELECT count(*) AS count FROM pg_stat_activity WHERE application_name = 'lightbox ingest' AND wait_event_type = 'Lock'`,
  );
  return rows[0].count;
}

async function shown(study: string): Promise<{ instances: number; states: string }> {
  const { rows } = await running.database.pool.query(
    `SELECT s.number_of_instances AS instances,
       (SELECT string_agg(i.state::text, '' ORDER BY i.sop_instance_uid) FROM index.series e JOIN index.instance i ON i.series = e.id
        WHERE e.study = s.id AND e.modality = 'CT') AS states
     FROM index.study s WHERE s.study_instance_uid = $1`,
    [study],
  );
  return rows[0];
}

test('stores go on while a note is at work, also in the study that it names, and are counted', async () => {
  await using writer = new InstanceWriter(running.url);
  for (const number of [1, 2, 3]) await writer.write(image('1.1', number));
  const held = await hold('1.1.1.1');
  const rejected = writer.write(note('1.1', ['1.1.1.1', '1.1.1.2', '1.1.1.5']));
  await expect.poll(waiting).toBe(1);

  // Each resolves although the note is not through; one of them is named by it.
  await writer.write(image('1.2', 1));
  for (const number of [4, 5]) await writer.write(image('1.1', number));
  expect(await shown('1.1')).toEqual({ instances: 5, states: '00000' });

  await held.letGo();
  expect(await rejected).toMatchObject({ outcome: 'stored', version: 1 });
  expect(await shown('1.1')).toEqual({ instances: 2, states: '22002' });
  expect(await wrongCounts(running.database)).toEqual([]);
});

test('a note that takes longer than stores may is waited for, and not sent again beside itself', async () => {
  await using writer = new InstanceWriter(running.url, { answerMs: 1_000 });
  await writer.write(image('1.3', 1));
  const held = await hold('1.3.1.1');
  const rejected = writer.write(note('1.3', ['1.3.1.1']));
  const waitsFor = `SELECT max(now() - query_start) > interval '1.5 seconds' AS long FROM pg_stat_activity
    WHERE application_name = 'lightbox ingest' AND wait_event_type = 'Lock'`;
  await expect.poll(async () => (await running.database.pool.query(waitsFor)).rows[0].long).toBe(true);
  expect(await waiting()).toBe(1);
  await held.letGo();
  expect(await rejected).toMatchObject({ outcome: 'stored', version: 1 });
  expect(await shown('1.3')).toEqual({ instances: 0, states: '2' });
});

test('a note that two archives are sent at once is written once, and the other copy is a duplicate', async () => {
  await using writer = new InstanceWriter(running.url);
  await using other = new InstanceWriter(running.url);
  for (const number of [1, 2, 3]) await writer.write(image('2.1', number));
  const held = await hold('2.1.1.1');
  const named = note('2.1', ['2.1.1.1', '2.1.1.2']);
  const written = [writer.write(named), other.write({ ...named, key: 'k/another' })];
  await expect.poll(waiting).toBe(2);
  await held.letGo();
  const outcomes = (await Promise.all(written)).map(({ outcome, instance }) => ({ outcome, instance }));
  expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['duplicate', 'stored']);
  expect(new Set(outcomes.map(({ instance }) => instance)).size).toBe(1);
  expect(await shown('2.1')).toEqual({ instances: 1, states: '220' });
  expect(await wrongCounts(running.database)).toEqual([]);
});

test('a note may name every instance in a study of its own', async () => {
  await using writer = new InstanceWriter(running.url);
  await writer.write(image('3.7', 1));
  const studies = Array.from({ length: 20_000 }, (_, at) => ({
    study_instance_uid: `3.${at}`,
    sop_instance_uids: [`3.${at}.1.1`],
  }));
  const named = { ...note('3.7', []), rejection: { code: '113039' as const, studies } };
  expect(await writer.write(named)).toMatchObject({ outcome: 'stored' });
  expect(await shown('3.7')).toEqual({ instances: 0, states: '2' });
  expect(await wrongCounts(running.database)).toEqual([]);
});
