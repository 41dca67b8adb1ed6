import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a directory for us alone, and those above it. Node's own way (`recursive`) tries for ever where the system says of a place
 * in a directory that is there that there is no such path, as below /proc.
 *
 * @returns the uppermost one that was made; undefined when all were there
 * @throws the system's error
 */
export async function makeDirectory(path: string): Promise<string | undefined> {
  try {
    return await make(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error;
  }
  const above = await makeDirectory(dirname(path));
  const made = await make(path);
  return above ?? made;
}

/** @returns undefined where it is there: also because another process that starts now was quicker */
async function make(path: string): Promise<string | undefined> {
  try {
    await mkdir(path, { mode: 0o700 });
    return path;
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST' && (await stat(path)).isDirectory();
    if (!isThere) throw error;
    return undefined;
  }
}
