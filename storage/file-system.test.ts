import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, rm, statfs, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { namesAreDurableWithFile } from './directories.ts';
import { FileSystemStorage } from './file-system.ts';
import { objectKey } from './keys.ts';
import { storageSuite } from './storage.suite.ts';
import { ObjectTooShort, openStorage, type PendingObject, type Storage, StorageFull } from './storage.ts';

/** Megabytes of the tmpfs that tests fill up. */
const smallDiskMiB = 4;
const canMount = process.platform === 'linux' && process.getuid?.() === 0 && mountWorks();

let directory: string;
let storage: Storage;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-storage-'));
  storage = await openStorage(pathToFileURL(join(directory, 'objects')).href, { spoolDir: join(directory, 'spool') });
});
afterAll(async () => {
  await storage[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

describe('files', () => storageSuite(() => storage));

async function allFiles(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

test('a truncated file is named as too short, not read as if it were whole', async () => {
  const key = objectKey('i', new Date());
  const pending = await storage.begin(key);
  const bytes = randomBytes(300_000);
  await pending.write(bytes);
  await pending.commit();
  for (const time of ['first', 'again'])
    expect((await storage.readRange(key, 0, 300_000)).equals(bytes), time).toBe(true);
  await truncate(join(directory, 'objects', key), 299_999);
  await expect(storage.readRange(key, 0, 300_000)).rejects.toThrow(ObjectTooShort);
});

test('objects are closed to other users of the machine', async () => {
  const key = objectKey('i', new Date());
  const pending = await storage.begin(key);
  await pending.commit();
  const modes = execFileSync('stat', ['-c', '%a', join(directory, 'objects', key), join(directory, 'objects', 'i')]);
  expect(modes.toString().trim().split('\n')).toEqual(['600', '700']);
});

test('an hour directory that somebody removed is made again', async () => {
  const hour = new Date('2003-03-03T03:00:00Z');
  const put = async (): Promise<void> => {
    const pending = await storage.begin(objectKey('i', hour));
    await pending.write(Buffer.from('x'));
    await pending.commit();
  };
  await put();
  await rm(join(directory, 'objects', 'i', '2003'), { recursive: true });
  // The first one finds out; it is refused, never lost.
  await expect(put()).rejects.toThrow('directory has vanished');
  await put();
});

test('the reserve refuses new objects, and the rest of one that is being written', async () => {
  // More than the disk has: what others write or remove meanwhile changes nothing.
  const { blocks, bsize } = await statfs(directory);
  const reserved = await FileSystemStorage.open(join(directory, 'reserved'), { reserveBytes: blocks * bsize + 1 });
  await expect(reserved.begin(objectKey('i', new Date()))).rejects.toThrow(StorageFull);
  expect(await reserved.freeBytes()).toBe(0);
  expect(await allFiles(join(directory, 'reserved'))).toEqual([]);
});

test.skipIf(process.getuid?.() === 0)(
  'a directory that may not be written is a failure that says so (not as root)',
  async () => {
    const closed = join(directory, 'closed');
    const store = await FileSystemStorage.open(closed);
    await chmod(closed, 0o500);
    const pending = await store.begin(objectKey('i', new Date()));
    await expect(pending.commit()).rejects.toThrow('EACCES');
  },
);

describe.skipIf(!canMount)(
  `on a disk of ${smallDiskMiB} MiB${canMount ? '' : ' (needs root, to mount a tmpfs)'}`,
  () => {
    let mount: string;
    beforeAll(async () => {
      mount = await mkdtemp(join(tmpdir(), 'lightbox-small-disk-'));
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${smallDiskMiB}m`, 'tmpfs', mount]);
    });
    afterAll(async () => {
      execFileSync('umount', [mount]);
      await rm(mount, { recursive: true });
    });

    /** Writes objects until one fails; it says how many were committed and what the last one said. */
    async function fill(
      store: Storage,
      bytesEach: number,
      chunkBytes: number,
    ): Promise<{ keys: string[]; error: unknown }> {
      const keys: string[] = [];
      for (;;) {
        const key = objectKey('i', new Date());
        let pending: PendingObject | undefined;
        try {
          pending = await store.begin(key);
          for (let at = 0; at < bytesEach; at += chunkBytes) await pending.write(Buffer.alloc(chunkBytes, keys.length));
          await pending.commit();
          keys.push(key);
        } catch (error) {
          await pending?.abort();
          return { keys, error };
        }
      }
    }

    test.each([
      { bytesEach: 500_000, chunkBytes: 50_000 },
      { bytesEach: 3_000_000, chunkBytes: 600_000 },
      { bytesEach: 8_000_000, chunkBytes: 100_000 },
    ])('running full at any write is StorageFull, leaves what is committed and nothing else: %o', async (sizes) => {
      const store = await FileSystemStorage.open(mount, { reserveBytes: 0 });
      const { keys, error } = await fill(store, sizes.bytesEach, sizes.chunkBytes);
      expect(error).toBeInstanceOf(StorageFull);
      expect((await allFiles(mount)).length).toBe(keys.length);
      for (const [i, key] of keys.entries()) {
        expect((await store.readRange(key, 0, sizes.bytesEach)).equals(Buffer.alloc(sizes.bytesEach, i))).toBe(true);
      }
      for (const key of keys) await store.remove(key);
    });

    test('names are synced with their directory, and many commits at once are all kept', async () => {
      expect(await namesAreDurableWithFile(mount)).toBe(false);
      const store = await FileSystemStorage.open(mount, { reserveBytes: 0 });
      const keys = Array.from({ length: 30 }, () => objectKey('i', new Date()));
      await Promise.all(
        keys.map(async (key) => {
          const pending = await store.begin(key);
          await pending.write(Buffer.from(key));
          await pending.commit();
        }),
      );
      for (const key of keys) {
        expect((await store.readRange(key, 0, key.length)).toString()).toBe(key);
        await store.remove(key);
      }
    });

    test('ENOSPC from the disk itself is StorageFull as well', async () => {
      // A reserve below zero: only the disk can say no.
      const store = await FileSystemStorage.open(mount, { reserveBytes: -(1024 ** 3) });
      const { keys, error } = await fill(store, 700_000, 70_000);
      expect(error).toBeInstanceOf(StorageFull);
      expect(((error as Error).cause as NodeJS.ErrnoException).code).toBe('ENOSPC');
      expect(keys.length).toBeGreaterThan(2);
      expect((await allFiles(mount)).length).toBe(keys.length);
      for (const key of keys) await store.remove(key);
      expect((await fill(store, 700_000, 70_000)).keys.length).toBe(keys.length);
    });

    test('the reserve stays free', async () => {
      execFileSync('find', [mount, '-type', 'f', '-delete']);
      const reserveBytes = 2 * 1024 ** 2;
      const store = await FileSystemStorage.open(mount, { reserveBytes });
      const { error } = await fill(store, 100_000, 10_000);
      expect(error).toBeInstanceOf(StorageFull);
      const { bavail, bsize } = await statfs(mount);
      // What an object holds in memory while we look is not counted: at most a megabyte, here one object.
      expect(bavail * bsize).toBeGreaterThanOrEqual(reserveBytes - 130_000);
      expect(bavail * bsize).toBeLessThan(reserveBytes + 200_000);
    });

    test('a disk of the database that is full stops stores on another disk, until there is room again', async () => {
      execFileSync('find', [mount, '-type', 'f', '-delete']);
      const store = await FileSystemStorage.open(join(directory, 'beside'), { reserveBytes: 0, databaseDir: mount });
      expect(await store.freeBytes()).toBeLessThan(smallDiskMiB * 1024 ** 2);
      // All but 1 % of it.
      await writeFile(join(mount, 'log'), Buffer.alloc(smallDiskMiB * 0.99 * 1024 ** 2));
      await expect.poll(() => store.freeBytes()).toBe(0);
      await expect(store.begin(objectKey('i', new Date()))).rejects.toThrow(StorageFull);
      await rm(join(mount, 'log'));
      await expect.poll(() => store.freeBytes()).toBeGreaterThan(0);
      await (await store.begin(objectKey('i', new Date()))).abort();
    });

    test('a disk that is gone is not replaced by the directory that it was mounted on, and is taken again when it is back', async () => {
      const place = await mkdtemp(join(tmpdir(), 'lightbox-gone-disk-'));
      const disk = join(place, 'kept');
      await mkdir(disk);
      const root = join(place, 'root');
      await mkdir(root);
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${smallDiskMiB}m`, 'tmpfs', disk]);
      execFileSync('mount', ['--bind', disk, root]);
      try {
        const store = await FileSystemStorage.open(root, { reserveBytes: 0 });
        const put = async (hour: string): Promise<string> => {
          const key = objectKey('i', new Date(`2003-03-03T${hour}:00:00Z`));
          const pending = await store.begin(key);
          await pending.commit();
          return key;
        };
        const before = await put('03');
        execFileSync('umount', [root]);
        await expect(put('03')).rejects.toThrow('vanished');
        for (const hour of ['03', '04']) await expect(put(hour)).rejects.toThrow('is that disk mounted?');
        expect(await readdir(root)).toEqual([]);
        execFileSync('mount', ['--bind', disk, root]);
        const after = await put('04');
        expect([await store.length(before), await store.length(after)]).toEqual([0, 0]);
        await store[Symbol.asyncDispose]();
      } finally {
        for (const mounted of [root, disk]) spawnSync('umount', [mounted]);
        await rm(place, { recursive: true });
      }
    });

    test('a database that has its files elsewhere keeps nothing free here', async () => {
      const databaseDir = join(directory, 'no-database');
      const store = await FileSystemStorage.open(join(directory, 'beside'), { reserveBytes: 0, databaseDir });
      expect(await store.freeBytes()).toBeGreaterThan(0);
    });
  },
);

function mountWorks(): boolean {
  try {
    execFileSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
