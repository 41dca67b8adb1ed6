import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { filesBelow, type FoundFile, recognise } from './dicom-files.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-files-'));
  return () => rm(directory, { recursive: true, force: true });
});

async function found(from: string | Buffer): Promise<FoundFile[]> {
  const files: FoundFile[] = [];
  for await (const file of filesBelow(from)) files.push(file);
  return files;
}

test('a directory that cannot be read is named with the reason, and its neighbours are read', async () => {
  await mkdir(join(directory, 'closed'));
  await writeFile(join(directory, 'open'), 'x');
  await chmod(join(directory, 'closed'), 0);
  // Nothing is closed to root.
  const isRoot = process.getuid?.() === 0;
  const files = await found(directory);
  const closed = {
    path: join(directory, 'closed'),
    location: Buffer.from(join(directory, 'closed')),
    length: 0,
    unreadable: 'cannot be read: EACCES',
  };
  const open = { path: join(directory, 'open'), location: Buffer.from(join(directory, 'open')), length: 1 };
  expect(files).toEqual(isRoot ? [open] : [closed, open]);
});

test('what cannot be listed is one thing that is unreadable', async () => {
  const [file, ...more] = await found(join(directory, 'gone'));
  expect(more).toEqual([]);
  expect(await recognise(file!)).toMatchObject({ kind: 'unreadable', reason: 'cannot be read: ENOENT' });
});

test('names that are no UTF-8 lead to their files, in the order of their bytes', async () => {
  const names = [Buffer.from([0xe9]), Buffer.from([0xe9, 0xff]), Buffer.from('a')];
  for (const name of names) await writeFile(Buffer.concat([Buffer.from(`${directory}/`), name]), name);
  const files = await found(Buffer.from(`${directory}/`));
  expect(files.map(({ length }) => length)).toEqual([1, 1, 2]);
  expect(files[0]!.path).toBe(join(directory, 'a'));
  expect(await Promise.all(files.map(recognise))).toMatchObject(files.map((file) => ({ kind: 'other', file })));
});
