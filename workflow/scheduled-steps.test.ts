import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type Database } from '#index/database.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import { recentlyScheduled, scheduleStep } from './scheduled-steps.ts';

let postgres: TestDatabase;
let database: Database;
beforeAll(async () => {
  postgres = await startTestDatabase();
  // One connection: it knows the statements by their names.
  database = openDatabase(postgres.url, { max: 1, applicationName: 'test' });
});
afterAll(async () => {
  await database[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

test('what changed lately of a worklist of years is found by when it changed, whenever it was scheduled for', async () => {
  await database.pool.query(`
    INSERT INTO site.scheduled_step (attributes, study_instance_uid, scheduled_procedure_step_id, accession_number, patient_id,
      patient_name_words, modality, station_ae_titles, start_date, start_time, changed_by, changed_at)
    SELECT '{}', '1.2.' || at, at, '', at, '', 'CT', '{}', '20200102', '', 'test', now() - make_interval(hours => at)
    FROM generate_series(1, 20000) AS at`);
  await database.pool.query('ANALYZE site.scheduled_step');
  expect(await recentlyScheduled(database, 10, 100)).toEqual([]);
  const { rows: changed } = await database.pool.query<{ id: number }>(
    `UPDATE site.scheduled_step SET changed_at = now() WHERE patient_id = '777' RETURNING id`,
  );
  expect(await recentlyScheduled(database, 10, 100)).toMatchObject(changed);
  const { rows } = await database.pool.query<Record<string, string>>('EXPLAIN EXECUTE "recently-scheduled" (10, 100)');
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
  expect(plan).toContain('scheduled_step_changed');
  expect(plan).not.toContain('Seq Scan');
});

test('an entry is scheduled without what PostgreSQL does not take of its texts', async () => {
  const said = { PatientName: 'Nguyễn^\ud83d', RequestedProcedureComments: 'no\0contrast' };
  const { id, attributes } = await scheduleStep(database, said, 'test');
  expect(attributes).toMatchObject({ PatientName: 'Nguyễn^\ufffd', RequestedProcedureComments: 'nocontrast' });
  await database.pool.query('DELETE FROM site.scheduled_step WHERE id = $1', [id]);
});
