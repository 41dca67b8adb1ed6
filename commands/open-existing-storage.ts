/**
 * The storage for a command that looks at what is there: a directory that does not exist is not made.
 */
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { maskAddress } from '#settings/mask.ts';
import type { Settings } from '#settings/settings.ts';
import { openStorage, type Storage } from '#storage/storage.ts';

/** @throws Error with one line, StorageFailed */
export async function openExistingStorage({ storageUrl, spoolDir }: Settings): Promise<Storage> {
  if (storageUrl.startsWith('file:')) {
    const found = await stat(fileURLToPath(new URL(storageUrl))).catch(() => undefined);
    if (!found?.isDirectory())
      throw new Error(
        `STORAGE_URL is ${maskAddress(storageUrl)}, and there is no such directory. Is the disk mounted?`,
      );
  }
  return openStorage(storageUrl, { spoolDir });
}
