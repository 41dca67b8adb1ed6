import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, statfs, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { namesAreDurableWithFile } from './directories.ts';
import { FileSystemStorage } from './file-system.ts';
import { objectKey } from './keys.ts';
import { storageSuite } from './storage.suite.ts';
import {
  ObjectTooShort,
  openStorage,
  type PendingObject,
  type Storage,
  StorageFull,
  StorageGone,
  StorageUnavailable,
} from './storage.ts';

/** Megabytes of the tmpfs that tests fill up. */
const smallDiskMiB = 4;
const canMount = process.platform === 'linux' && process.getuid?.() === 0 && mountWorks('true');
const canOverlay =
  canMount && mountWorks('cd /mnt && mkdir l u w m && mount -t overlay -o lowerdir=l,upperdir=u,workdir=w overlay m');

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
  // Not the mark of the store.
  return entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.')).map((entry) => entry.name);
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

test('archives that begin with a store at once agree on its mark, which is no object, and who only reads makes none', async () => {
  const root = join(directory, 'marked');
  const stores = await Promise.all(Array.from({ length: 8 }, () => FileSystemStorage.open(root)));
  expect(await readdir(root)).toEqual([]);
  await Promise.all(stores.map(async (store) => await (await store.begin(objectKey('i', new Date()))).commit()));
  expect((await readdir(root)).sort()).toEqual(['.lightbox-store', 'i']);
  const mark = await readFile(join(root, '.lightbox-store'), 'latin1');
  await (await (await FileSystemStorage.open(root)).begin(objectKey('d', new Date()))).commit();
  expect(await readFile(join(root, '.lightbox-store'), 'latin1')).toBe(mark);
  const keys: string[] = [];
  for await (const { key } of (stores[0] as Storage).list('')) keys.push(key);
  expect(keys.map((key) => key[0])).toEqual(['d', ...stores.map(() => 'i')]);
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

/** Reads and begins objects while no file can be opened, and says what that came to. */
const withoutFiles = `
  import { closeSync, openSync } from 'node:fs';
  import { pathToFileURL } from 'node:url';
  import { objectKey } from './storage/keys.ts';
  import { openStorage } from './storage/storage.ts';
  const [objects, spoolDir] = process.argv.slice(1);
  const storage = await openStorage(pathToFileURL(objects).href, { spoolDir });
  const key = objectKey('i', new Date());
  const object = await storage.begin(key);
  await object.write(Buffer.from('kept'));
  await object.commit();
  const taken = [];
  try { for (;;) taken.push(openSync('/dev/null')); } catch {}
  const name = (error) => error.name;
  const store = async () => { const other = await storage.begin(objectKey('i', new Date())); await other.write(Buffer.alloc(1)); await other.commit(); };
  const told = [await storage.readRange(key, 0, 4).catch(name), await store().catch(name)];
  for (const file of taken) closeSync(file);
  console.log(JSON.stringify([...told, String(await storage.readRange(key, 0, 4)), await store()]));
`;

test.skipIf(process.platform === 'win32')(
  'while too many files are open an object is not there now, which is no damage, and nothing is stored',
  () => {
    const limited = ['-c', 'ulimit -n 64; exec "$0" "$@"', process.execPath, '--input-type=module'];
    const { stdout, stderr } = spawnSync(
      'sh',
      [...limited, '--eval', withoutFiles, join(directory, 'few files'), join(directory, 'spool')],
      { cwd: fileURLToPath(new URL('..', import.meta.url)), encoding: 'utf8' },
    );
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual(['StorageUnavailable', 'StorageUnavailable', 'kept', null]);
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
        for (const hour of ['03', '04']) await expect(put(hour)).rejects.toThrow('Is its disk mounted?');
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

    describe('what lies below the mount point of a disk that is gone', () => {
      let place: string;
      let root: string;
      beforeEach(async () => {
        place = await mkdtemp(join(tmpdir(), 'lightbox-below-disk-'));
        root = join(place, 'root');
        for (const each of ['root', 'disk']) await mkdir(join(place, each));
        execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${smallDiskMiB}m`, 'tmpfs', join(place, 'disk')]);
        for (const each of ['upper', 'work']) await mkdir(join(place, 'disk', each));
      });
      afterEach(async () => {
        for (const mounted of ['root', 'other', 'disk']) spawnSync('umount', [join(place, mounted)]);
        await rm(place, { recursive: true });
      });

      /** Of one disk under another number each time, as one that was plugged in again has. */
      const mountDisk = (at: string): void => {
        const parts = { lowerdir: at, upperdir: join(place, 'disk', 'upper'), workdir: join(place, 'disk', 'work') };
        const options = Object.entries(parts).map(([name, path]) => `${name}=${path}`);
        execFileSync('mount', ['-t', 'overlay', '-o', options.join(), 'overlay', at]);
      };
      const put = async (store: Storage, prefix: 'i' | 'd', hour: string): Promise<void> =>
        await (await store.begin(objectKey(prefix, new Date(`2003-03-03T${hour}:00:00Z`)))).commit();

      test.each([
        { what: 'derived objects of a start before it was mounted', copied: false },
        { what: 'the objects that were copied to it', copied: true },
      ])('is not taken for it: $what', async ({ copied }) => {
        const earlier = await FileSystemStorage.open(root, { reserveBytes: 0 });
        await put(earlier, copied ? 'i' : 'd', '01');
        if (copied) execFileSync('cp', ['-a', `${root}/.`, join(place, 'disk', 'upper')]);
        const below = (await allFiles(root)).length;
        execFileSync('mount', ['--bind', join(place, 'disk', 'upper'), root]);
        const store = await FileSystemStorage.open(root, { reserveBytes: 0 });
        await put(store, 'i', '02');
        execFileSync('umount', [root]);
        await expect(put(store, 'i', '03')).rejects.toThrow('Is its disk mounted?');
        for (const prefix of ['d', 'i', 'd', 'i'] as const)
          await expect(put(store, prefix, '04')).rejects.toThrow(StorageGone);
        await expect(store.confirmPlace()).rejects.toThrow(StorageUnavailable);
        expect((await allFiles(root)).length).toBe(below);
        execFileSync('mount', ['--bind', join(place, 'disk', 'upper'), root]);
        await store.confirmPlace();
        await put(store, 'i', '03');
      });

      const without = canOverlay ? '' : ' (needs an overlay file system)';
      test.skipIf(!canOverlay)(`is not in the way when the disk comes back with another number${without}`, async () => {
        await mkdir(join(root, 'i'));
        mountDisk(root);
        const { dev } = await stat(root);
        const store = await FileSystemStorage.open(root, { reserveBytes: 0 });
        await put(store, 'i', '02');
        execFileSync('umount', [root]);
        await expect(put(store, 'i', '03')).rejects.toThrow('Is its disk mounted?');
        // Another one takes the number that is free.
        await mkdir(join(place, 'other'));
        execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', join(place, 'other')]);
        mountDisk(root);
        expect((await stat(root)).dev).not.toBe(dev);
        await put(store, 'i', '03');
        expect((await allFiles(root)).length).toBe(2);
      });
    });

    test('a database that has its files elsewhere keeps nothing free here', async () => {
      const databaseDir = join(directory, 'no-database');
      const store = await FileSystemStorage.open(join(directory, 'beside'), { reserveBytes: 0, databaseDir });
      expect(await store.freeBytes()).toBeGreaterThan(0);
    });
  },
);

/** @param then  what a shell does in a tmpfs on /mnt, which nobody else sees */
function mountWorks(then: string): boolean {
  try {
    execFileSync('unshare', ['-m', 'sh', '-ec', `mount -t tmpfs tmpfs /mnt; ${then}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
