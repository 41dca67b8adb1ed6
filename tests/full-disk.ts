/** A disk without room, for tests of what goes on all the same: as root, who may mount one in memory. */
import { execFileSync, spawnSync } from 'node:child_process';
import { open } from 'node:fs/promises';

/** @returns what takes it away again; undefined where this machine lets nobody mount */
export function mountDisk(path: string, sizeMiB: number): Disposable | undefined {
  const options = ['-t', 'tmpfs', '-o', `size=${sizeMiB}m`, 'tmpfs', path];
  if (spawnSync('mount', options).status !== 0) return undefined;
  return { [Symbol.dispose]: () => void execFileSync('umount', [path]) };
}

/** Writes the file until its disk has no room left. */
export async function fillDisk(file: string): Promise<void> {
  await using filler = await open(file, 'w');
  const zeros = Buffer.alloc(64 * 1024);
  try {
    for (;;) await filler.write(zeros);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
