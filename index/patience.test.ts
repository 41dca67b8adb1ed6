import { expect, test } from 'vitest';
import { patiently } from './patience.ts';

test('what goes wrong before PostgreSQL is asked is thrown at once, and does not count as its being away', async () => {
  let tries = 0;
  const tooLong = new RangeError('Invalid string length');
  const failing = patiently(async () => {
    tries++;
    throw tooLong;
  });
  await expect(failing).rejects.toBe(tooLong);
  expect(tries).toBe(1);
});
