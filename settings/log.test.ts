import { expect, test } from 'vitest';
import { startTestDatabase } from '#tests/test-database.ts';

import { errorFields } from './log.ts';

test('of what PostgreSQL reports no value is said, but what it lacks', async () => {
  await using postgres = await startTestDatabase();
  const fieldsOf = async (statement: string) =>
    errorFields(
      await postgres.database.pool.query(statement).then(
        () => undefined,
        (thrown: unknown) => thrown,
      ),
    );
  const withValue = await fieldsOf(`SELECT 'Nguyen Van An'::integer`);
  expect(withValue).toMatchObject({ sqlState: '22P02' });
  expect(JSON.stringify(withValue)).not.toContain('Nguyen');
  const fullDisk = `DO $$ BEGIN RAISE 'could not extend file' USING ERRCODE = 'disk_full'; END $$`;
  expect(await fieldsOf(fullDisk)).toMatchObject({ sqlState: '53100', message: 'could not extend file' });
});
