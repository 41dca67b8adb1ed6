/** Whether we commit to instances (PS3.4 J.3.2): each object is read again, and compared with the digest of what arrived. */
import { failureReason } from '#archive/scp/commitment-report.ts';
import { isIntact } from '#archive/stored-object.ts';
import type { Database } from '#index/database.ts';
import { limits } from '#settings/limits.ts';
import type { Storage } from '#storage/storage.ts';
import { committedObjects } from '#workflow/commitments.ts';
import type { CommittedObject, FailedReference, Reference } from '#workflow/commitments.ts';

/**
 * One object after the other, so that who stores and reads meanwhile hardly notices.
 * @throws StorageUnavailable, and what PostgreSQL throws: then nothing can be said now; the signal's reason
 */
export async function checkReferences(
  requested: readonly Reference[],
  { database, storage, store }: { readonly database: Database; readonly storage: Storage; readonly store: number },
  signal: AbortSignal,
): Promise<FailedReference[]> {
  const failed: FailedReference[] = [];
  const { lookedUpAtOnce } = limits.commitment;
  for (let from = 0; from < requested.length; from += lookedUpAtOnce) {
    const some = requested.slice(from, from + lookedUpAtOnce);
    const objects = await committedObjects(
      database,
      some.map(({ sopInstanceUID }) => sopInstanceUID),
    );
    for (const [index, { sopClassUID, sopInstanceUID }] of some.entries()) {
      signal.throwIfAborted();
      const kept = objects.get(sopInstanceUID) ?? [];
      const [current] = kept;
      let reason: number | undefined;
      if (!current) reason = failureReason.noSuchInstance;
      else if (current.sopClassUID !== sopClassUID) reason = failureReason.classInstanceConflict;
      else if (!(await areIntact(kept))) reason = failureReason.processingFailure;
      if (reason !== undefined) failed.push({ at: from + index, reason });
    }
  }
  return failed;

  /** We do not know whose bytes the device has, and it will let go of them. */
  async function areIntact(kept: readonly CommittedObject[]): Promise<boolean> {
    for (const object of kept)
      if (object.store !== store || !(await isIntact(storage, object, object.digest))) return false;
    return true;
  }
}
