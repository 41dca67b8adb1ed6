/** A disk without room, for tests of what goes on all the same: as root, who may mount one in memory. */
import { execFileSync, spawnSync } from 'node:child_process';
import { open } from 'node:fs/promises';
import type { TestContext } from 'vitest';

/** Skips the test where this machine lets nobody mount. @returns what takes the disk away again */
export function mountDisk(path: string, sizeMiB: number, { skip }: Pick<TestContext, 'skip'>): Disposable {
  const options = ['-t', 'tmpfs', '-o', `size=${sizeMiB}m`, 'tmpfs', path];
  if (spawnSync('mount', options).status !== 0) skip('this machine lets nobody mount (as root)');
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
