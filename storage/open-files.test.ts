import { readSync } from 'node:fs';
import { mkdtemp, readdir, readlink, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

import { OpenFiles } from './open-files.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-open-files-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, text);
  return path;
}

async function textOf(fd: number): Promise<string> {
  const bytes = Buffer.alloc(100);
  return bytes.toString('latin1', 0, readSync(fd, bytes, 0, bytes.length, 0));
}

/** How many descriptors of this process lead to the test's directory. */
async function descriptors(): Promise<number> {
  const links = (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ''));
  return (await Promise.all(links)).filter((path) => path.startsWith(directory)).length;
}

test('a file that is read again is not opened again', async () => {
  const files = new OpenFiles();
  const path = await file('again', 'bytes');
  const first = await files.use(path, async (fd) => fd);
  expect(await files.use(path, async (fd) => fd)).toBe(first);
  files.close();
});

test('a file that was removed is not there any more, also when somebody else removed it', async () => {
  const files = new OpenFiles();
  const path = await file('removed', 'bytes');
  await files.use(path, textOf);
  await unlink(path);
  await expect(files.use(path, textOf)).rejects.toThrow('ENOENT');
  await file('removed', 'other bytes');
  expect(await files.use(path, textOf)).toBe('other bytes');
  files.close();
});

test('a file that is dropped while it is read is read to the end', async () => {
  const files = new OpenFiles();
  const path = await file('dropped', 'bytes');
  const text = await files.use(path, async (fd) => {
    files.drop(path);
    return textOf(fd);
  });
  expect(text).toBe('bytes');
  files.close();
});

test.skipIf(process.platform !== 'linux')(
  'never more than some hundred files are open, and none after closing',
  async () => {
    const files = new OpenFiles();
    for (let at = 0; at < 300; at++) await files.use(await file(`many-${at}`, 'bytes'), textOf);
    await Promise.all(Array.from({ length: 20 }, () => files.use(join(directory, 'many-1'), textOf)));
    expect(await descriptors()).toBeLessThanOrEqual(256);
    files.close();
    expect(await descriptors()).toBe(0);
  },
);

test('only the very range that was read a moment ago is warm, and not for ever', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const files = new OpenFiles();
  const path = await file('warm', 'bytes');
  const isWarm = (offset: number, length: number) => files.use(path, async (_fd, warm) => warm.has(offset, length));
  expect(await isWarm(0, 5)).toBe(false);
  await files.use(path, async (_fd, warm) => warm.add(0, 5));
  expect([await isWarm(0, 5), await isWarm(0, 4), await isWarm(1, 4)]).toEqual([true, false, false]);
  vi.advanceTimersByTime(60_000);
  expect(await isWarm(0, 5)).toBe(false);
  files.close();
  vi.useRealTimers();
});
