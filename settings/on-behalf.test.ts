import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { onBehalfOf, Waiting } from './on-behalf.ts';
import { Places } from './places.ts';

test('who has asked for little waits for one of each other caller, however much those have asked for', async () => {
  const places = new Places(1);
  const order: string[] = [];
  const gate = Promise.withResolvers<void>();
  const done: Promise<void>[] = [];
  const ask = (name: string, times: number): void =>
    onBehalfOf(name, () => {
      for (let at = 0; at < times; at++)
        done.push(
          places.take(async () => {
            await gate.promise;
            order.push(`${name}${at}`);
          }),
        );
    });
  ask('a', 4);
  ask('b', 2);
  ask('c', 1);
  gate.resolve();
  await Promise.all(done);
  expect(order).toEqual(['a0', 'a1', 'b0', 'c0', 'a2', 'b1', 'a3']);
});

test('it goes along with what is awaited', async () => {
  const waiting = new Waiting<string>();
  const later = async (name: string): Promise<void> => {
    await setImmediate();
    for (let at = 0; at < 3; at++) waiting.add(`${name}${at}`);
  };
  await Promise.all([onBehalfOf('a', () => later('a')), onBehalfOf('b', () => later('b'))]);
  expect(Array.from({ length: 7 }, () => waiting.next())).toEqual(['a0', 'b0', 'a1', 'b1', 'a2', 'b2', undefined]);
});

test('what has to wait longer is passed over, and what nobody waits for is taken out', () => {
  const waiting = new Waiting<number>();
  const own = [1, 2, 3];
  onBehalfOf('a', () => own.forEach((one) => waiting.add(one)));
  onBehalfOf('b', () => waiting.add(4));
  expect(waiting.next((one) => one % 2 === 0)).toBe(2);
  expect(waiting.delete(4)).toBe(true);
  expect(waiting.delete(4)).toBe(false);
  expect([waiting.size, waiting.next(), waiting.next(), waiting.next()]).toEqual([2, 1, 3, undefined]);
});
