/**
 * What an S3 server answered, or why it did not, in the words of storage.
 */
import { S3Error } from 'minio';

import { isTooManyFiles } from './file-errors.ts';
import { NoSuchObject, ObjectTooShort, StorageFailed, StorageFull, StorageUnavailable } from './storage.ts';

const full = new Set(['XMinioStorageFull', 'QuotaExceeded', 'InsufficientStorage', 'InsufficientCapacity']);
/** S3 error codes that pass by themselves. */
const passing = new Set([
  'InternalError',
  'OperationAborted',
  'RequestTimeout',
  'ServiceUnavailable',
  'SlowDown',
  'XMinioServerNotInitialized',
]);
/** Of the network, and of the name that leads to the server. A certificate that is not right does not pass by itself. */
const unreachable = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/** @param what  the object or bucket that was asked for */
export function s3Error(error: unknown, what: string): StorageFailed {
  if (error instanceof StorageFailed) return error;
  const { message, code = '' } = error as Error & { code?: string };
  const said = `${what}: ${code || message}`;
  const options = { cause: error };
  // A 5xx that came a second time is an Error of the client's own, without a code.
  if (!(error instanceof S3Error)) {
    // A socket is an open file: nothing is known of the object then.
    const passes = unreachable.has(code) || isTooManyFiles(error) || message.startsWith('Request failed after');
    return passes ? new StorageUnavailable(said, options) : new StorageFailed(said, options);
  }
  // A HEAD has no body, so the client can only name what the status says: NotFound.
  if (code === 'NoSuchKey' || code === 'NotFound') return new NoSuchObject(`no ${what}`, options);
  if (code === 'InvalidRange') return new ObjectTooShort(`${what} ends before that range`, options);
  if (full.has(code)) return new StorageFull(`${what}: the S3 server has no space left`, options);
  return passing.has(code) ? new StorageUnavailable(said, options) : new StorageFailed(said, options);
}

/** Whether a bucket could not be made because we have it. */
export function isBucketOurs(error: unknown): boolean {
  return error instanceof S3Error && error.code === 'BucketAlreadyOwnedByYou';
}
