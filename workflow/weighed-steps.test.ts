/** How much was said of performed steps, before any of it is read. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '#index/database.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import { changePerformedStep, createPerformedStep, performedOfStudy, performedStepBytes } from './performed-steps.ts';

let postgres: TestDatabase;
beforeAll(async () => {
  postgres = await startTestDatabase();
});
afterAll(() => postgres[Symbol.asyncDispose]());

const sopInstanceUID = '2.25.1';
const StudyInstanceUID = '2.25.2';
/** Of attributes that PostgreSQL keeps apart from their row, and cannot make much smaller. */
const saying = (bytes: number) => ({
  '00400280': { vr: 'LT', Value: [randomBytes(bytes / 2).toString('hex')] },
});

async function begin(attributes = saying(100_000)): Promise<void> {
  const named = [{ StudyInstanceUID, ScheduledProcedureStepID: '' }];
  await postgres.database.pool.query('DELETE FROM site.performed_step');
  await createPerformedStep(postgres.database, { sopInstanceUID, attributes, named, callingAETitle: 'CT1' });
}

test('it is as long as their JSON, also when more was said', async () => {
  await begin();
  expect(await performedStepBytes(postgres.database, sopInstanceUID)).toBeGreaterThan(100_000);
  await changePerformedStep(postgres.database, sopInstanceUID, () => ({
    attributes: saying(300_000),
    state: 'in progress',
    isWrongEntry: false,
  }));
  const [step] = await performedOfStudy(postgres.database, StudyInstanceUID, 1);
  expect(step?.bytes).toBeGreaterThan(300_000);
  expect(step?.bytes).toBeLessThan(300_100);
});

test('none of it is unpacked to be weighed', async () => {
  await begin();
  // One connection, whose own count of pages is asked for in between.
  const pool = new pg.Pool({ ...postgres.database.pool.options, max: 1 });
  try {
    const database = { pool } as unknown as Database;
    const pagesRead = async () => {
      await pool.query('SELECT pg_stat_force_next_flush()');
      const { rows } = await pool.query<{ pages: number }>(
        `SELECT (toast_blks_read + toast_blks_hit)::integer AS pages FROM pg_statio_user_tables WHERE relname = 'performed_step'`,
      );
      return rows[0]!.pages;
    };
    const before = await pagesRead();
    await performedOfStudy(database, StudyInstanceUID, 100);
    await performedStepBytes(database, sopInstanceUID);
    expect(await pagesRead()).toBe(before);
  } finally {
    await pool.end();
  }
});
