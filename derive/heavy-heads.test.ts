import { afterEach, expect, test, vi } from 'vitest';
import { endOfTurn } from '#dicom/file/turn.ts';
import { limits } from '#settings/limits.ts';

import { beginHolding, NoRoomInMemory, weightOf } from './heavy-heads.ts';

afterEach(() => void vi.useRealTimers());

const most = limits.dataset.heldBytes;
const explicit = '1.2.840.10008.1.2.1';
const deflated = '1.2.840.10008.1.2.1.99';
const stored = { length: 5_000_000, pixel_offset: 1_000_000, pixel_length: 3_900_000, frames: null };

test('what counts is what stands around the pixels, and of a deflated one what it may become', () => {
  expect(weightOf(stored, explicit)).toBe(1_100_000);
  expect(weightOf({ ...stored, pixel_offset: null, pixel_length: null }, explicit)).toBe(5_000_000);
  expect(weightOf({ ...stored, pixel_offset: 2_000, pixel_length: 4_990_000 }, explicit)).toBe(0);
  expect(weightOf({ ...stored, length: 50_000, pixel_offset: 2_000, pixel_length: 48_000 }, deflated)).toBeGreaterThan(
    most,
  );
});

test('small ones are held together, as many as a large one weighs; who comes later does not overtake', async () => {
  const begun: string[] = [];
  const hold = async (name: string, weight: number): Promise<() => void> => {
    const end = await beginHolding(weight);
    begun.push(name);
    return end;
  };
  const turns = async () => {
    for (let turn = 0; turn < 5; turn++) await endOfTurn();
  };
  const first = await hold('first', most / 2);
  const second = await hold('second', most / 2);
  const large = hold('large', 10 * most);
  const small = hold('small', 1);
  await turns();
  expect(begun).toEqual(['first', 'second']);
  first();
  await turns();
  expect(begun).toEqual(['first', 'second']);
  second();
  const endLarge = await large;
  await turns();
  expect(begun).toEqual(['first', 'second', 'large']);
  // What weighs nothing waits for nobody.
  (await beginHolding(0))();
  endLarge();
  (await small)();
  (await hold('all again', most))();
});

test('whoever holds one for long counts no more; who waits too long is told so, and holds up nobody', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { heldMs, roomWaitMs } = limits.dataset;
  const slow = await beginHolding(most);
  const second = beginHolding(most);
  const third = beginHolding(most).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(heldMs);
  const endSecond = await second;
  // That the first ends at last gives no room twice.
  slow();
  const last = beginHolding(1);
  await vi.advanceTimersByTimeAsync(roomWaitMs - heldMs);
  expect(await third).toBeInstanceOf(NoRoomInMemory);
  endSecond();
  (await last)();
});
