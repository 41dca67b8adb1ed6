import { expect, test } from 'vitest';

import { inOrder } from './in-order.ts';

test('results come in the order of the things, however long each takes, and no more are begun than allowed', async () => {
  const gates = Array.from({ length: 6 }, () => Promise.withResolvers<void>());
  const begun: number[] = [];
  const results = inOrder(gates.keys(), 3, async (n) => {
    begun.push(n);
    await gates[n]!.promise;
    return n;
  });
  const first = results.next();
  for (const n of [2, 1, 0]) gates[n]!.resolve();
  expect((await first).value).toBe(0);
  expect(begun).toEqual([0, 1, 2]);
  for (const n of [5, 4, 3]) gates[n]!.resolve();
  const rest: number[] = [];
  for await (const result of results) rest.push(result);
  expect(rest).toEqual([1, 2, 3, 4, 5]);
});

test('what one throws comes at its turn', async () => {
  const results = inOrder([1, 2, 3], 3, async (n) => {
    if (n === 2) throw new Error('the second');
    return n;
  });
  expect((await results.next()).value).toBe(1);
  await expect(results.next()).rejects.toThrow('the second');
});

test('what the things throw comes after the results of those that came before', async () => {
  async function* breaking() {
    yield* [1, 2, 3];
    throw new Error('no more things');
  }
  const results = inOrder(breaking(), 8, async (n) => n);
  for (const n of [1, 2, 3]) expect((await results.next()).value).toBe(n);
  await expect(results.next()).rejects.toThrow('no more things');
});
