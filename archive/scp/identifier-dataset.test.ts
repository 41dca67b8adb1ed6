import { deflateRawSync } from 'node:zlib';
import { afterEach, expect, test, vi } from 'vitest';
import { beginHolding, NoRoomInMemory } from '#derive/heavy-heads.ts';
import { uid } from '#dicom/data/uid.ts';
import type { Request } from '#dicom/dimse/service.ts';
import { endOfTurn } from '#dicom/file/turn.ts';
import { limits } from '#settings/limits.ts';
import { explicit } from '#tests/dataset-bytes.ts';
import { withIdentifierDataset } from './identifier-dataset.ts';
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
