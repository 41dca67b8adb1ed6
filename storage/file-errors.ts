/**
 * What a system call says, in the words of storage: no space, no such object, or failed with the cause.
 */
import { NoSuchObject, StorageFailed, StorageFull } from './storage.ts';

export function storageError(error: unknown, key: string): StorageFailed {
  if (error instanceof StorageFailed) return error;
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new StorageFull(`no space left for object ${key}`, { cause: error });
  if (code === 'ENOENT') return new NoSuchObject(`no object ${key}`, { cause: error });
  return new StorageFailed(`object ${key}: ${syscall ? `${syscall} failed with ${code}` : message}`, { cause: error });
}

export function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
