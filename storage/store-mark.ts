/**
 * What a store in a directory is known by again when its disk was gone: a small file in its root with a random number, beside the
 * objects (no key begins with a dot).
 */
import { randomUUID } from 'node:crypto';
import { link, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';

import { isMissing } from './file-errors.ts';

const fileName = '.lightbox-store';
const mostBytes = 200;

/**
 * The number, and the inode that it lies in with its time of birth (0 where the file system keeps none): a copy of the store, such
 * as the one that a new disk was mounted over, has the same number and is another place.
 * @throws the system's error; ENOENT where there is none
 */
export async function readMark(root: string): Promise<string> {
  await using file = await open(join(root, fileName), 'r');
  const { ino, birthtimeNs } = await file.stat({ bigint: true });
  const { bytesRead, buffer } = await file.read(Buffer.alloc(mostBytes), 0, mostBytes, 0);
  return `${ino} ${birthtimeNs} ${buffer.toString('latin1', 0, bytesRead)}`;
}

/**
 * Gives a store its mark where it has none; one of several that do so at once is first, and all of them go by its mark. The caller
 * makes the name durable.
 * @throws the system's error
 */
export async function makeMark(root: string): Promise<void> {
  const path = join(root, fileName);
  if (await hasMark(root)) return;
  const number = randomUUID();
  const made = `${path}-${number}`;
  try {
    {
      await using file = await open(made, 'wx', 0o644);
      await file.writeFile(`Lightbox keeps objects here and knows them by ${number}\n`);
      await file.sync();
    }
    // Whole from the first moment on that it can be seen.
    await link(made, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await unlink(made).catch(() => {});
  }
}

async function hasMark(root: string): Promise<boolean> {
  try {
    await readMark(root);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
