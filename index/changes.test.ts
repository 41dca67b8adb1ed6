import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import { recentChanges } from './changes.ts';

const studies = 60_000;

let postgres: TestDatabase;
beforeAll(async () => {
  postgres = await startTestDatabase();
  const { pool } = postgres.database;
  await pool.query(
    `INSERT INTO index.patient (issuer, patient_id, patient_name, patient_birth_date, patient_sex, patient_name_folded, patient_name_words)
     VALUES ('', '', '', '', '', '', '')`,
  );
  const { rows } = await pool.query<{ column_name: string; data_type: string }>(
    `SELECT column_name, data_type FROM information_schema.columns
     WHERE table_schema = 'index' AND table_name = 'study' AND is_nullable = 'NO' AND column_default IS NULL
       AND is_identity = 'NO' AND column_name NOT IN ('patient', 'study_instance_uid', 'changed_at')`,
  );
  const values = rows.map(({ data_type: type }) => (type === 'text' ? `''` : type === 'boolean' ? 'false' : '0'));
  await pool.query(
    `INSERT INTO index.study (patient, study_instance_uid, changed_at, ${rows.map((row) => row.column_name).join(', ')})
     SELECT (SELECT id FROM index.patient), '1.2.' || n, now() - make_interval(mins => $1 - n), ${values.join(', ')}
     FROM generate_series(1, $1) AS n`,
    [studies],
  );
  await pool.query('VACUUM ANALYZE index.study');
});
afterAll(() => postgres[Symbol.asyncDispose]());

test('what changed lately is found, the latest first, and not more than is asked for', async () => {
  const { pool } = postgres.database;
  await pool.query(`UPDATE index.study SET changed_at = now() WHERE study_instance_uid = '1.2.7'`);
  const latest = [expect.objectContaining({ StudyInstanceUID: '1.2.7' }), { StudyInstanceUID: `1.2.${studies}` }];
  const hour = await recentChanges(postgres.database, 3_600, 100);
  expect(hour.slice(0, 2)).toMatchObject(latest);
  expect(hour).toHaveLength(61);
  expect(await recentChanges(postgres.database, 3_600, 2)).toHaveLength(2);
});

test('what changed before the clock was set back by a day does not hide what changes now', async () => {
  const { pool } = postgres.database;
  await pool.query(
    `UPDATE index.study SET changed_at = changed_at + interval '1 day' WHERE changed_at > now() - interval '1 hour'`,
  );
  await pool.query(`UPDATE index.study SET changed_at = now() WHERE study_instance_uid = '1.2.8'`);
  expect(await recentChanges(postgres.database, 20, 2)).toMatchObject([{ StudyInstanceUID: '1.2.8' }]);
});

test('among many studies it is asked without reading all of them, however often', async () => {
  const { pool } = postgres.database;
  const client = await pool.connect();
  try {
    await client.query(
      `PREPARE asked (integer, integer) AS SELECT study_instance_uid FROM index.study
       WHERE changed_at BETWEEN now() - make_interval(secs => $1) AND now() + make_interval(secs => $1) ORDER BY changed_at DESC LIMIT $2`,
    );
    let plan = '';
    // After five times PostgreSQL may choose a plan that serves all values.
    for (let time = 0; time < 8; time++) {
      const { rows } = await client.query<{ 'QUERY PLAN': string }>('EXPLAIN EXECUTE asked (20, 201)');
      plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    }
    expect(plan).toContain('study_changed');
  } finally {
    client.release(true);
  }
});
