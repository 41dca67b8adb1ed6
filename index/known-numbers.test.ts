import { expect, test } from 'vitest';

import { indexedInstance } from '#tests/indexed-instance.ts';
import { startTestDatabase } from '#tests/test-database.ts';
import { KnownNumbers } from './known-numbers.ts';

test('a SOP class, a transfer syntax and a source have the numbers that the database gives them, also after it was another one', async () => {
  await using running = await startTestDatabase();
  const { pool } = running.database;
  const numbers = new KnownNumbers(running.database);
  const record = indexedInstance({ SOPClassUID: '1.2.840.10008.5.1.4.1.1.2' });

  const [first] = await numbers.of([record]);
  const named = await pool.query(
    'SELECT (SELECT uid FROM index.known_uid WHERE id = $1), (SELECT uid AS syntax FROM index.known_uid WHERE id = $2), s.* FROM index.source s WHERE id = $3',
    [first?.sop_class, first?.transfer_syntax, first?.source],
  );
  expect(named.rows).toEqual([
    {
      uid: '1.2.840.10008.5.1.4.1.1.2',
      syntax: '1.2.840.10008.1.2.1',
      id: first?.source,
      door: 'C-STORE',
      calling_ae_title: 'TEST',
      address: '127.0.0.1',
    },
  ]);
  expect(first).not.toHaveProperty('door');

  await pool.query('UPDATE index.known_uid SET id = DEFAULT; UPDATE index.source SET id = DEFAULT');
  expect(await numbers.of([record, record])).toEqual([first, first]);
  numbers.forget();
  const [second] = await numbers.of([record]);
  expect(second?.sop_class).not.toBe(first?.sop_class);
  expect(second?.source).not.toBe(first?.source);
});
