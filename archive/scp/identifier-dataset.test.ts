import { deflateRawSync } from 'node:zlib';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { beginHolding, NoRoomInMemory } from '#derive/heavy-heads.ts';
import { uid } from '#dicom/data/uid.ts';
import type { Request } from '#dicom/dimse/service.ts';
import { endOfTurn } from '#dicom/file/turn.ts';
import { limits } from '#settings/limits.ts';
import { onBehalfOf } from '#settings/on-behalf.ts';
import { explicit } from '#tests/dataset-bytes.ts';
import { type IdentifierLimits, withIdentifierDataset } from './identifier-dataset.ts';
import { refusalOf } from './refusal.ts';

afterEach(() => void vi.useRealTimers());

const { heldBytes, heldMs, heavyBytes, roomWaitMs } = limits.dataset;

/** Reads a data set of about so many bytes. @returns what was done with it, and how many elements it has */
async function read(bytes: number): Promise<number> {
  async function* arriving() {
    yield explicit(0x00431001, 'OB', Buffer.alloc(bytes));
  }
  const request = { dataset: arriving(), transferSyntax: uid('1.2.840.10008.1.2.1') } as unknown as Request;
  return withIdentifierDataset(request, limits.performedStep, undefined, async ({ elements }) => elements.size);
}

test('a deflated data set counts as it came, not by what it might be', async () => {
  const deflated = deflateRawSync(explicit(0x00431001, 'OB', Buffer.alloc(100)));
  const request = {
    dataset: (async function* () {
      yield deflated;
    })(),
    transferSyntax: uid('1.2.840.10008.1.2.1.99'),
  } as unknown as Request;
  const work = async (_: unknown, bytes: number) => bytes;
  expect(await withIdentifierDataset(request, limits.performedStep, undefined, work)).toBe(deflated.length);
});

test('what may be large is read when there is room in memory for it, and what is small at once', async () => {
  const letGo = await beginHolding(heldBytes);
  let isRead = false;
  const large = read(heavyBytes).then((count) => {
    isRead = true;
    return count;
  });
  expect(await read(100)).toBe(1);
  for (let turn = 0; turn < 200; turn++) await endOfTurn();
  expect(isRead).toBe(false);
  letGo();
  expect(await large).toBe(1);
});

test('what finds no room in time is refused, for a while', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  await beginHolding(heldBytes);
  const next = beginHolding(heldBytes);
  const refused = read(heavyBytes).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(heldMs);
  const letGo = await next;
  await vi.advanceTimersByTimeAsync(roomWaitMs - heldMs);
  const error = await refused;
  expect(error).toBeInstanceOf(NoRoomInMemory);
  expect(refusalOf(error)).toMatchObject({ status: 0x0213 });
  letGo();
});

describe('while it comes', () => {
  const { collectedBytes, collectedBytesPerCaller, uncountedBytes } = limits.dataset;
  const { identifierBytes } = limits.performedStep.change;

  /** A request of a caller, of which the first comes at once and the rest later. */
  function begin(caller: string, bytes = 2 * uncountedBytes, most: IdentifierLimits = limits.performedStep.change) {
    const rest = Promise.withResolvers<void>();
    let isTaken = false;
    async function* arriving() {
      const whole = explicit(0x00431001, 'OB', Buffer.alloc(bytes));
      yield whole.subarray(0, -1);
      isTaken = true;
      await rest.promise;
      yield whole.subarray(-1);
    }
    const request = { dataset: arriving(), transferSyntax: uid('1.2.840.10008.1.2.1') } as unknown as Request;
    const answer = onBehalfOf(caller, () =>
      withIdentifierDataset(request, most, undefined, async ({ elements }) => elements.size),
    ).catch((error: unknown) => refusalOf(error).status);
    return { end: rest.resolve, answer, isTaken: () => isTaken };
  }
  const passes = async () => {
    for (let turn = 0; turn < 20; turn++) await endOfTurn();
  };
  const most = (bytes: number) => Math.floor(bytes / identifierBytes);

  test('there is room for all of it first: of one caller for some, and the next one waits, but others do not', async () => {
    const own = Array.from({ length: most(collectedBytesPerCaller) + 1 }, () => begin('one'));
    const other = begin('other');
    const short = begin('one', 100);
    await passes();
    expect(own.map(({ isTaken }) => isTaken())).toEqual(own.map((_, at) => at < own.length - 1));
    expect([other.isTaken(), short.isTaken()]).toEqual([true, true]);
    own[0]!.end();
    expect(await own[0]!.answer).toBe(1);
    await passes();
    expect(own.at(-1)!.isTaken()).toBe(true);
    const all = [...own, other, short];
    for (const { end } of all) end();
    expect(await Promise.all(all.map(({ answer }) => answer))).toEqual(all.map(() => 1));
  });

  test('a long one has its turn, however many come behind it that are shorter', async () => {
    const shorter = { ...limits.performedStep, identifierBytes: identifierBytes / 4 };
    const long = Array.from({ length: most(collectedBytes) - 1 }, (_, at) => begin(`long ${at}`));
    const short = Array.from({ length: 4 }, (_, at) => begin(`short ${at}`, undefined, shorter));
    await passes();
    const next = begin('next');
    await passes();
    const later = begin('later', undefined, shorter);
    for (const each of short) {
      await passes();
      expect([next.isTaken(), later.isTaken()]).toEqual([false, false]);
      each.end();
      await each.answer;
    }
    await passes();
    expect([next.isTaken(), later.isTaken()]).toEqual([true, false]);
    const all = [...long, next, later];
    for (const { end } of all) end();
    expect(await Promise.all(all.map(({ answer }) => answer))).toEqual(all.map(() => 1));
  });

  const fill = (bytes?: number) => Array.from({ length: most(collectedBytes) }, (_, at) => begin(`slow ${at}`, bytes));

  test.each([
    ['little', 1, 2 * uncountedBytes],
    ['most', 0x0213, identifierBytes - 1024],
  ])(
    'who comes slowly leaves others what it has not used; where %s the next one is answered %i',
    async (_, answer, bytes) => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const slow = fill(bytes);
      await vi.waitUntil(() => slow.every(({ isTaken }) => isTaken()));
      const next = begin('next');
      next.end();
      await passes();
      expect(next.isTaken()).toBe(false);
      await vi.advanceTimersByTimeAsync(heldMs);
      await vi.advanceTimersByTimeAsync(roomWaitMs - heldMs);
      expect(await next.answer).toBe(answer);
      vi.useRealTimers();
      for (const { end } of slow) end();
      expect(await Promise.all(slow.map(({ answer: own }) => own))).toEqual(slow.map(() => 1));
    },
  );
});
