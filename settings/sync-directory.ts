import { open } from 'node:fs/promises';

/** Makes the names in a directory durable. @throws the system's error */
export async function syncDirectory(path: string): Promise<void> {
  // Windows has no sync of a directory; NTFS writes its metadata through its own log.
  if (process.platform === 'win32') return;
  await using directory = await open(path);
  await directory.sync();
}
