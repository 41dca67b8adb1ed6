import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import { postponeNotification, type AvailabilityNotification } from './availability.ts';
import { storableJson, storableText } from './storable.ts';

let postgres: TestDatabase;
beforeAll(async () => {
  postgres = await startTestDatabase();
});
afterAll(() => postgres[Symbol.asyncDispose]());

/** Letters, U+0000, and halves of characters. */
const strange = fc
  .array(fc.constantFrom('a', 'ễ', '\0', '\\', '"', '\ud83d', '\ude00', '😀'), { maxLength: 12 })
  .map((signs) => signs.join(''));

test('PostgreSQL takes whatever is made storable, as text and in JSON, and gives back the same', async () => {
  await fc.assert(
    fc.asyncProperty(strange, fc.nat({ max: 12 }), async (text, most) => {
      const { rows } = await postgres.database.pool.query<{ text: string; json: unknown }>(
        'SELECT $1::text AS text, $2::jsonb AS json',
        [storableText(text, most), storableJson({ said: [text] }, most)],
      );
      expect(rows).toEqual([{ text: storableText(text, most), json: { said: [storableText(text, most)] } }]);
      expect(storableText(text, most).length).toBeLessThanOrEqual(most);
    }),
    { numRuns: 50 },
  );
});

test('nothing else of a text is changed', () => {
  expect(storableText('Nguyễn\0 \ud83d😀')).toBe('Nguyễn \ufffd😀');
  expect(storableText('ab😀', 3)).toBe('ab\ufffd');
});

test('a device that was not told of instances is tried again, whatever it answered', async () => {
  const device = { id: 1, generation: 1 } as AvailabilityNotification;
  expect(await postponeNotification(postgres.database, device, 'status A700: no\0space')).toBe(true);
});
