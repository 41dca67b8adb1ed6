import { expect, test } from 'vitest';
import { startTestDatabase } from '#tests/test-database.ts';

import { problemOf } from './answer-problem.ts';

test('a database whose disk is full is said as that, with what can be tried later', async () => {
  await using postgres = await startTestDatabase();
  const fullDisk = `DO $$ BEGIN RAISE 'could not extend file' USING ERRCODE = 'disk_full'; END $$`;
  const thrown = await postgres.database.pool.query(fullDisk).then(
    () => undefined,
    (error: unknown) => error,
  );
  const { code, httpStatus, message, retryAfterSeconds, cause } = problemOf(thrown);
  expect({ code, httpStatus, message, retryAfterSeconds }).toEqual({
    code: 'outOfResources',
    httpStatus: 503,
    message: 'the disk of the database is full',
    retryAfterSeconds: 30,
  });
  expect(cause).toBe(thrown);
});
