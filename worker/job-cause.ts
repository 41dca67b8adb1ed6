/** What a job's error is, in a word that people have a sentence for. */
import { PixelPoolSaturated } from '#derive/pixel-pool.ts';
import { isDatabaseGone } from '#index/database.ts';
import type { JobCause } from '#index/job-cause.ts';
import { IndexUnavailable } from '#index/patience.ts';
import { isTooManyFiles } from '#storage/file-errors.ts';
import { NoSuchObject, ObjectTooShort, StorageFailed, StorageFull, StorageUnavailable } from '#storage/storage.ts';

export function jobCause(error: Error): JobCause {
  return { code: codeOf(error), reason: error.message };
}

function codeOf(error: Error): JobCause['code'] {
  if (error instanceof StorageFull) return 'storageFull';
  if (error instanceof StorageUnavailable) return isTooManyFiles(error.cause) ? 'tooManyFiles' : 'storageAway';
  if (error instanceof NoSuchObject || error instanceof ObjectTooShort) return 'objectMissing';
  if (error instanceof StorageFailed) return 'storageFailed';
  if (error instanceof IndexUnavailable || isDatabaseGone(error)) return 'databaseAway';
  if (error instanceof PixelPoolSaturated) return 'decodersBusy';
  // What AbortSignal.timeout() says: the run's own time is up.
  if (error.name === 'TimeoutError') return 'tookTooLong';
  return 'unexpected';
}
