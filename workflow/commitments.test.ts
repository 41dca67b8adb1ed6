import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import { addCommitment, commitmentPostponed } from './commitments.ts';

let postgres: TestDatabase;
beforeAll(async () => {
  postgres = await startTestDatabase();
});
afterAll(() => postgres[Symbol.asyncDispose]());

test('a request that comes on several associations at once is one', async () => {
  const { database } = postgres;
  const request = { transactionUID: '2.25.2', callingAETitle: 'CT2', requested: [] };
  const add = () => addCommitment(database, request, { leaseSeconds: 1, duplicateReason: 0 });
  // Keeps each from its row until both have looked for one.
  const holder = await database.pool.connect();
  await holder.query('BEGIN; LOCK TABLE site.commitment IN SHARE MODE');
  const adding = [add(), add()];
  const waiting = async () => {
    const { rows } = await database.pool.query<{ n: number }>(
      `SELECT count(*)::integer AS n FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return rows[0]!.n;
  };
  await expect.poll(waiting).toBe(2);
  await holder.query('COMMIT');
  holder.release();
  const added = await Promise.all(adding);
  expect(added.filter((each) => each !== undefined)).toHaveLength(1);
});

test('why a report was not taken is kept, whatever the device said', async () => {
  const { database } = postgres;
  const request = { transactionUID: '2.25.1', callingAETitle: 'CT1', requested: [] };
  const { id } = (await addCommitment(database, request, { leaseSeconds: 1, duplicateReason: 0 }))!;
  const failure = { code: 'answeredFailure', reason: 'no\0space', comment: '\ud83d' } as const;
  await commitmentPostponed(database, id, { failure, seconds: 60 });
  const { rows } = await database.pool.query('SELECT error, attempts FROM site.commitment WHERE id = $1', [id]);
  expect(rows).toEqual([{ error: { code: 'answeredFailure', reason: 'nospace', comment: '\ufffd' }, attempts: 1 }]);
});
