/**
 * What a system call says, in the words of storage: no space, no such object, not now, or failed with the cause.
 */
import { NoSuchObject, StorageFailed, StorageFull, StorageUnavailable } from './storage.ts';

export function storageError(error: unknown, key: string): StorageFailed {
  if (error instanceof StorageFailed) return error;
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new StorageFull(`no space left for object ${key}`, { cause: error });
  // Nothing is known of the object then: it is not damaged.
  if (isTooManyFiles(error)) return new StorageUnavailable(`object ${key}: too many files are open`, { cause: error });
  if (code === 'ENOENT') return new NoSuchObject(`no object ${key}`, { cause: error });
  return new StorageFailed(`object ${key}: ${syscall ? `${syscall} failed with ${code}` : message}`, { cause: error });
}

export function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** This program, or the machine, may open no more of them. */
export function isTooManyFiles(error: unknown): boolean {
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  return code === 'EMFILE' || code === 'ENFILE';
}
