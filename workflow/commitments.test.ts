import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import { addCommitment, commitmentPostponed } from './commitments.ts';

let postgres: TestDatabase;
beforeAll(async () => {
  postgres = await startTestDatabase();
});
afterAll(() => postgres[Symbol.asyncDispose]());

test('why a report was not taken is kept, whatever the device said', async () => {
  const { database } = postgres;
  const request = { transactionUID: '2.25.1', callingAETitle: 'CT1', requested: [] };
  const { id } = (await addCommitment(database, request, { leaseSeconds: 1, duplicateReason: 0 }))!;
  const failure = { code: 'answeredFailure', reason: 'no\0space', comment: '\ud83d' } as const;
  await commitmentPostponed(database, id, { failure, seconds: 60 });
  const { rows } = await database.pool.query('SELECT error, attempts FROM site.commitment');
  expect(rows).toEqual([{ error: { code: 'answeredFailure', reason: 'nospace', comment: '\ufffd' }, attempts: 1 }]);
});
