/** What lies in one instance alone, so that others of the same answer are given without it: PS3.18 Section 10.4.3 calls that 206. */
import { keepAtMost } from '#settings/keep-at-most.ts';
import type { Log } from '#settings/log.ts';
import { isUnreadable, NoSuchObject, ObjectTooShort, StorageFailed } from '#storage/storage.ts';
import type { Storage } from '#storage/storage.ts';
import { Problem } from './problems.ts';
import type { RetrievedInstance } from './retrieve.ts';

export function unreadable(cause: StorageFailed): Problem {
  return new Problem('objectUnreadable', 'a stored object cannot be read', { cause });
}

/**
 * Why the instance is left out; of an object that is damaged or gone the administrator reads in the log, because nobody fails.
 * @returns undefined where it fails for another reason, and all of the answer with it
 */
export function reasonToLeaveOut(error: unknown, { row }: RetrievedInstance, log: Log): Problem | undefined {
  if (isUnreadable(error)) return leftOut(error, row, log);
  const isOfTheInstance =
    error instanceof Problem && (error.code === 'notAcceptable' || error.code === 'noSuchInstance');
  return isOfTheInstance ? error : undefined;
}

function leftOut(error: StorageFailed, row: RetrievedInstance['row'], log: Log): Problem {
  log.error({ SOPInstanceUID: row.sop_instance_uid, err: error }, 'an instance is left out of an answer');
  return unreadable(error);
}

/** Objects whose loss came out when the status of an answer had been said, by their key, and the part that could not be read. */
const foundLate = new Map<string, StorageFailed['at']>();
/** They are looked at again before an answer begins: no more than that takes a moment. */
const mostFoundLate = 1_000;
const lookedAtAtOnce = 8;
/** Where a disk takes longer, the others of a large answer are not looked at: it has waited long enough to begin. */
const lookedAtMs = 500;

/**
 * An answer that has begun cannot say any more that something is left out, and is broken off. Whoever asks again gets what
 * there is: what was lost then is looked at first (`lostBefore`).
 */
export function rememberLost(error: unknown, { row }: RetrievedInstance): void {
  const cause = error instanceof Problem ? error.cause : error;
  // Also of a server that is there and gives a part of one object to nobody: whether that passes is seen the next time.
  if (!isUnreadable(cause) && !(cause instanceof StorageFailed && cause.at)) return;
  foundLate.set(row.key, cause.at);
  keepAtMost(foundLate, mostFoundLate);
}

/**
 * Those of an answer that are lost or cut, as far as their lengths tell, or broke an earlier one off and still cannot be read; and
 * why they are left out. The status cannot say it later (PS3.18 Section 10.4.3), and a part that says it would be no instance.
 */
export async function lostBefore(
  instances: readonly RetrievedInstance[],
  { storage, log }: { readonly storage: Storage; readonly log: Log },
): Promise<Map<RetrievedInstance, Problem>> {
  const lost = new Map<RetrievedInstance, Problem>();
  const until = performance.now() + (storage.tellsLengthsAtOnce ? lookedAtMs : 0);
  const looking = instances.values();
  const look = async (): Promise<void> => {
    for (const instance of looking) {
      const wasLost = foundLate.has(instance.row.key);
      if (!wasLost && performance.now() >= until) continue;
      try {
        await (wasLost ? readAgain(instance, storage) : haveAll(instance, storage));
      } catch (error) {
        const why = reasonToLeaveOut(error, instance, log) ?? (wasLost ? stillLost(error, instance, log) : undefined);
        if (!why) throw error;
        lost.set(instance, why);
      }
    }
  };
  await Promise.all(Array.from({ length: lookedAtAtOnce }, look));
  return lost;
}

/** What could not be read, else its last byte; and not from memory. @throws StorageFailed where that still holds */
async function readAgain({ row: { key, offset, length } }: RetrievedInstance, storage: Storage): Promise<void> {
  const part = foundLate.get(key) ?? { offset: offset + length - 1, length: 1 };
  for await (const _ of storage.readStream(key, part));
  foundLate.delete(key);
}

/** @throws NoSuchObject, ObjectTooShort */
async function haveAll({ row: { key, offset, length } }: RetrievedInstance, storage: Storage): Promise<void> {
  const there = await storage.length(key);
  if (there === undefined) throw new NoSuchObject(`no object ${key}`);
  if (there < offset + length) throw new ObjectTooShort(`object ${key} ends at byte ${there}`);
}

/** Of one that nobody could read before: where the server is away, the others are not to be had either, and say so. */
function stillLost(error: unknown, { row }: RetrievedInstance, log: Log): Problem | undefined {
  return error instanceof StorageFailed ? leftOut(error, row, log) : undefined;
}
