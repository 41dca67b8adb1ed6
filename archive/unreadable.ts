/** What lies in one instance alone, so that others of the same answer are given without it: PS3.18 Section 10.4.3 calls that 206. */
import { Problem } from '#archive/problems.ts';
import type { RetrievedInstance } from '#archive/retrieve.ts';
import type { Log } from '#settings/log.ts';
import { isUnreadable } from '#storage/storage.ts';
import type { StorageFailed } from '#storage/storage.ts';

export function unreadable(cause: StorageFailed): Problem {
  return new Problem('objectUnreadable', 'a stored object cannot be read', { cause });
}

/**
 * Why the instance is left out; of an object that is damaged or gone the administrator reads in the log, because nobody fails.
 * @returns undefined where it fails for another reason, and all of the answer with it
 */
export function reasonToLeaveOut(error: unknown, { row }: RetrievedInstance, log: Log): Problem | undefined {
  if (isUnreadable(error)) {
    log.error({ SOPInstanceUID: row.sop_instance_uid, err: error }, 'an instance is left out of an answer');
    return unreadable(error);
  }
  const isOfTheInstance =
    error instanceof Problem && (error.code === 'notAcceptable' || error.code === 'noSuchInstance');
  return isOfTheInstance ? error : undefined;
}
