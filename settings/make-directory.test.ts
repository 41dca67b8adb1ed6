import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeDirectory } from './make-directory.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-make-'));
});
afterEach(() => rm(directory, { recursive: true }));

test('what is missing is made, for us alone, and the uppermost of it named', async () => {
  const path = join(directory, 'a', 'b', 'c');
  expect(await makeDirectory(path)).toBe(join(directory, 'a'));
  expect((await stat(path)).mode & 0o777).toBe(0o700);
  expect(await makeDirectory(path)).toBeUndefined();
  await symlink(path, join(directory, 'link'));
  expect(await makeDirectory(join(directory, 'link'))).toBeUndefined();
});

test('several at once make it once, and none fails', async () => {
  const path = join(directory, 'a', 'b');
  await Promise.all(Array.from({ length: 8 }, () => makeDirectory(path)));
  expect((await stat(path)).isDirectory()).toBe(true);
});

test('where none can be made, the system says why', async () => {
  await writeFile(join(directory, 'file'), '');
  await expect(makeDirectory(join(directory, 'file'))).rejects.toThrow('EEXIST');
  await expect(makeDirectory(join(directory, 'file', 'below'))).rejects.toThrow('ENOTDIR');
  await expect(makeDirectory('/proc/lightbox/data')).rejects.toThrow('ENOENT');
});
