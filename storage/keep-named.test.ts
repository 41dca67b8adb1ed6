import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { keepNamed } from './keep-whole.ts';
import { openStorage } from './storage.ts';

test('of an object that could not be named, or is not, nothing is left; of one that is, what it takes the place of goes', async () => {
  await using opened = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'lightbox-named-'));
  opened.defer(() => rm(directory, { recursive: true }));
  const storage = opened.use(await openStorage(pathToFileURL(directory).href, { spoolDir: directory }));
  const keys = async () => {
    const found: string[] = [];
    for await (const { key } of storage.list('d/')) found.push(key);
    return found;
  };
  const keep = (key: string, name: Parameters<typeof keepNamed>[3]) => keepNamed(storage, key, Buffer.of(1), name);

  const away = new Error('the database does not answer');
  await expect(keep('d/2026/01/01/00/a', () => Promise.reject(away))).rejects.toBe(away);
  expect(await keys()).toEqual([]);
  await keep('d/2026/01/01/00/b', async () => ({ kept: true, replaced: undefined }));
  await keep('d/2026/01/01/00/c', async () => ({ kept: false, replaced: undefined }));
  expect(await keys()).toEqual(['d/2026/01/01/00/b']);
  await keep('d/2026/01/01/00/d', async () => ({ kept: true, replaced: 'd/2026/01/01/00/b' }));
  expect(await keys()).toEqual(['d/2026/01/01/00/d']);
});
