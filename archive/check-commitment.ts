/** Whether we commit to instances (PS3.4 J.3.2): each object is read again, and compared with the digest of what arrived. */
import type { Database } from '#index/database.ts';
import { limits } from '#settings/limits.ts';
import type { Places } from '#settings/places.ts';
import type { Storage } from '#storage/storage.ts';
import { committedObjects } from '#workflow/commitments.ts';
import type { CommittedObject, FailedReference, Reference } from '#workflow/commitments.ts';
import { failureReason } from './scp/commitment-report.ts';
import { isIntact } from './stored-object.ts';

interface CheckParts {
  readonly database: Database;
  readonly storage: Storage;
  readonly store: number;
  /** To read an object, shared with the other requests: each waits for one object of another one, not for all of them. */
  readonly reading: Places;
}

/**
 * One object after the other, so that who stores and reads meanwhile hardly notices; an instance is looked at once,
 * however often it is named.
 * @returns in the order of the request
 * @throws StorageUnavailable, and what PostgreSQL throws: then nothing can be said now; the signal's reason
 */
export async function checkReferences(
  requested: readonly Reference[],
  { database, storage, store, reading }: CheckParts,
  signal: AbortSignal,
): Promise<FailedReference[]> {
  const failed: FailedReference[] = [];
  const named = requested.map((reference, at) => ({ ...reference, at }));
  const instances = [...Map.groupBy(named, ({ sopInstanceUID }) => sopInstanceUID)];
  const { lookedUpAtOnce } = limits.commitment;
  for (let from = 0; from < instances.length; from += lookedUpAtOnce) {
    const some = instances.slice(from, from + lookedUpAtOnce);
    const objects = await committedObjects(
      database,
      some.map(([sopInstanceUID]) => sopInstanceUID),
    );
    for (const [sopInstanceUID, references] of some) {
      signal.throwIfAborted();
      const kept = objects.get(sopInstanceUID) ?? [];
      const sopClassUID = kept[0]?.sopClassUID;
      const isOfClass = references.some((reference) => reference.sopClassUID === sopClassUID);
      const isDamaged = isOfClass && !(await areIntact(kept));
      for (const { at, ...reference } of references) {
        let reason: number | undefined;
        if (sopClassUID === undefined) reason = failureReason.noSuchInstance;
        else if (reference.sopClassUID !== sopClassUID) reason = failureReason.classInstanceConflict;
        else if (isDamaged) reason = failureReason.processingFailure;
        if (reason !== undefined) failed.push({ at, reason });
      }
    }
  }
  return failed.sort((a, b) => a.at - b.at);

  /** We do not know whose bytes the device has, and it will let go of them. */
  async function areIntact(kept: readonly CommittedObject[]): Promise<boolean> {
    for (const object of kept) {
      if (object.store !== store || !(await reading.take(() => isIntact(storage, object, object.digest), signal)))
        return false;
    }
    return true;
  }
}
