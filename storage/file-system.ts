/**
 * Objects as files: `file:` URLs. The key is the path below the root, and a file has its final name from the first byte
 * on; that it is whole is what its index row says. Renaming would cost a second change of the directory and buy nothing.
 */
import { close, type Dirent, open, read, readSync } from 'node:fs';
import { open as openFile, readdir, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import { makeDirectory } from '#settings/make-directory.ts';
import { syncDirectory } from '#settings/sync-directory.ts';
import { Directories, namesAreDurableWithFile } from './directories.ts';
import { isMissing, storageError } from './file-errors.ts';
import { FreeSpace, type Reserves } from './free-space.ts';
import { checkKey, checkPrefix } from './keys.ts';
import { OpenFiles } from './open-files.ts';
import { PendingFile } from './pending-file.ts';
import {
  ObjectTooShort,
  type PendingObject,
  type Storage,
  StorageFailed,
  StorageFull,
  StorageUnavailable,
} from './storage.ts';
import { syncFile } from './waiting-calls.ts';

const readAtOnceBytes = 256 * 1024;
/**
 * What the system has in its cache is copied in a tenth of a millisecond: less than it takes to hand the read to another
 * thread, which may stand behind sixteen objects that are being synced. Longer ones would hold everybody up.
 */
const readWarmBytes = 1024 * 1024;
const statsAtOnce = 64;
/** What a file takes beyond its bytes: its last block is seldom full. */
const blockBytes = 4096;
const noop = (): void => {};

interface Options extends Reserves {
  /** What is in it may be lost in a power cut, because nobody was told of it: nothing is synced. */
  readonly scratch?: boolean;
}

export class FileSystemStorage implements Storage {
  readonly readableBeforeDurable = true;
  readonly remembersRanges = false;
  readonly tellsLengthsAtOnce = true;
  readonly #root: string;
  readonly #directories: Directories;
  readonly #space: FreeSpace;
  readonly #syncsFiles: boolean;
  readonly #syncsNames: boolean;
  readonly #files = new OpenFiles();

  /** Opens the store in `root`, which is made when it is not there. @throws StorageFailed when names cannot be made durable in it */
  static async open(root: string, { scratch = false, ...reserves }: Options = {}): Promise<FileSystemStorage> {
    const path = resolve(root);
    try {
      const first = await makeDirectory(path);
      for (let made = path; first !== undefined && made.length >= first.length; made = dirname(made)) {
        await syncDirectory(dirname(made));
      }
      const syncsNames = !(await namesAreDurableWithFile(path));
      await syncDirectory(path);
      const space = new FreeSpace(path, reserves);
      await space.measure();
      const directories = await Directories.in(path);
      return new FileSystemStorage(directories, { syncsFiles: !scratch, syncsNames: !scratch && syncsNames }, space);
    } catch (error) {
      throw new StorageFailed(`${path}: ${(error as Error).message}`, { cause: error });
    }
  }

  private constructor(directories: Directories, syncs: { syncsFiles: boolean; syncsNames: boolean }, space: FreeSpace) {
    this.#root = directories.root;
    this.#syncsFiles = syncs.syncsFiles;
    this.#syncsNames = syncs.syncsNames;
    this.#space = space;
    this.#directories = directories;
  }

  /** Resolves at once; that the file cannot be made is said by the first call that waits for the disk. */
  async begin(key: string): Promise<PendingObject> {
    checkKey(key);
    if (!this.#space.take(blockBytes) && (await this.#space.measure()) < 0) {
      throw new StorageFull(`object ${key}: no space left above the reserve`);
    }
    const directory = dirname(key);
    return new PendingFile({
      key,
      path: this.path(key),
      directory: this.#directories.make(directory),
      take: (bytes) => this.#space.take(bytes),
      measure: () => this.#space.measure(),
      syncsFile: this.#syncsFiles,
      syncName: this.#syncsNames ? () => this.#directories.sync(directory) : undefined,
      directoryMissing: () => this.#directories.forget(),
    });
  }

  async readRange(key: string, offset: number, length: number, into?: Buffer): Promise<Buffer> {
    checkKey(key);
    const bytes = into ? into.subarray(0, length) : Buffer.allocUnsafe(length);
    await this.#files
      .use(this.path(key), async (fd, warm) => {
        if (length <= readWarmBytes && warm.has(offset, length) && readAtOnce(fd, bytes, offset)) return;
        await readFully(fd, bytes, offset, key);
        warm.add(offset, length);
      })
      .catch((error: unknown) => {
        throw storageError(error, key);
      });
    return bytes;
  }

  async *readStream(key: string, range?: { offset: number; length: number }): AsyncIterable<Uint8Array> {
    const fd = await this.#openToRead(key);
    try {
      let position = range?.offset ?? 0;
      const end = range ? range.offset + range.length : ((await this.length(key)) ?? 0);
      while (position < end) {
        const bytes = Buffer.allocUnsafe(Math.min(readAtOnceBytes, end - position));
        await readFully(fd, bytes, position, key);
        position += bytes.length;
        yield bytes;
      }
    } finally {
      close(fd, noop);
    }
  }

  async length(key: string): Promise<number | undefined> {
    checkKey(key);
    try {
      const found = await stat(this.path(key));
      return found.isFile() ? found.size : undefined;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw storageError(error, key);
    }
  }

  async makeDurable(key: string): Promise<void> {
    checkKey(key);
    try {
      // Windows syncs nothing through a descriptor that may only read; where POSIX rules, the one that is open will do.
      if (process.platform === 'win32') await syncForWindows(this.path(key));
      else await this.#files.use(this.path(key), syncFile);
      if (this.#syncsNames) await this.#directories.sync(dirname(key));
    } catch (error) {
      throw storageError(error, key);
    }
  }

  async remove(key: string): Promise<void> {
    checkKey(key);
    this.#files.drop(this.path(key));
    try {
      await unlink(this.path(key));
    } catch (error) {
      if (!isMissing(error)) throw storageError(error, key);
    }
  }

  async *list(prefix: string, after = ''): AsyncIterable<{ key: string; length: number }> {
    checkPrefix(prefix);
    // One directory is held at a time; an hour of four busy scanners has about ten thousand names.
    const entries = await this.#unlessAway(() => this.#entries(prefix));
    const names = (entries ?? [])
      .filter((entry) => (entry.isFile() || entry.isDirectory()) && isKeySegment(entry.name))
      .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
      .filter((name) => isBehind(prefix + name, after))
      .sort((a, b) => (a < b ? -1 : 1));
    for (let at = 0; at < names.length; at += statsAtOnce) {
      const some = names.slice(at, at + statsAtOnce);
      const lengths = await Promise.all(
        some.map((name) => (name.endsWith('/') ? 0 : this.#unlessAway(() => this.length(prefix + name)))),
      );
      for (const [i, name] of some.entries()) {
        const length = lengths[i];
        if (name.endsWith('/')) yield* this.list(prefix + name, after);
        else if (length !== undefined) yield { key: prefix + name, length };
      }
    }
  }

  async confirmPlace(): Promise<void> {
    await this.#directories.refuseOtherPlace().catch((error: unknown) => {
      throw new StorageUnavailable((error as Error).message, { cause: error });
    });
  }

  async freeBytes(): Promise<number> {
    return this.#space.bytes();
  }

  /** Where an object lies, for the part of this folder that reads it by name. */
  path(key: string): string {
    return join(this.#root, key);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#files.close();
  }

  /** Undefined when there is no such directory. */
  async #entries(prefix: string): Promise<Dirent[] | undefined> {
    try {
      return await readdir(join(this.#root, prefix), { withFileTypes: true });
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw storageError(error, prefix);
    }
  }

  /** What is missing is looked for again once its place is certain: on a disk that is away all is missing. @throws StorageUnavailable */
  async #unlessAway<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
    const found = await look();
    if (found !== undefined) return found;
    await this.confirmPlace();
    return look();
  }

  #openToRead(key: string): Promise<number> {
    checkKey(key);
    return new Promise((resolve, reject) =>
      open(this.path(key), 'r', (error, fd) => (error ? reject(storageError(error, key)) : resolve(fd))),
    );
  }
}

/** Fills `bytes` before it returns, if the file has them all. */
function readAtOnce(fd: number, bytes: Buffer, position: number): boolean {
  return readSync(fd, bytes, 0, bytes.length, position) === bytes.length;
}

/** Fills `bytes` from `position` on. @throws ObjectTooShort when the file ends first */
function readFully(fd: number, bytes: Buffer, position: number, key: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let filled = 0;
    const more = (): void => {
      read(fd, bytes, filled, bytes.length - filled, position + filled, (error, count) => {
        filled += count;
        if (error) {
          const failed = storageError(error, key);
          failed.at = { offset: position, length: bytes.length };
          reject(failed);
        } else if (filled === bytes.length) resolve();
        else if (count === 0) reject(new ObjectTooShort(`object ${key} ends at byte ${position + filled}`));
        else more();
      });
    };
    if (bytes.length === 0) resolve();
    else more();
  });
}

async function syncForWindows(path: string): Promise<void> {
  await using file = await openFile(path, 'r+');
  await file.datasync();
}

/** Whether an object's name, or anything in a directory's (with a final slash), comes after a key. */
function isBehind(name: string, after: string): boolean {
  return name > after || (name.endsWith('/') && after.startsWith(name));
}

function isKeySegment(name: string): boolean {
  try {
    checkKey(name);
    return true;
  } catch {
    return false;
  }
}
