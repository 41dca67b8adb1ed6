/**
 * The storage for a command that looks at what is there: a directory that does not exist is not made.
 */
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { maskAddress } from '#settings/mask.ts';
import type { Settings } from '#settings/settings.ts';
import { openStorage, type Storage } from '#storage/storage.ts';

/** @throws Error with one line, StorageFailed */
export async function openExistingStorage(settings: Settings): Promise<Storage> {
  await refuseMissingStorage(settings);
  return openStorage(settings.storageUrl, { spoolDir: settings.spoolDir });
}

/** Of a `file:` store. @throws Error with one line where there is no such directory */
export async function refuseMissingStorage({ storageUrl }: Settings): Promise<void> {
  if (!storageUrl.startsWith('file:')) return;
  const found = await stat(fileURLToPath(new URL(storageUrl))).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error && found.code === 'EACCES')
    throw new Error(`STORAGE_URL is ${maskAddress(storageUrl)}, which is closed to this user (${found.message}).`);
  if (found instanceof Error || !found.isDirectory())
    throw new Error(`STORAGE_URL is ${maskAddress(storageUrl)}, and there is no such directory. Is the disk mounted?`);
}
