/**
 * The directories of the file-system backend: made and made durable once, and synced for the files in them where the
 * file system does not do that by itself (docs/decisions/0003-durable-names.md).
 */
import { mkdir, readFile, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncDirectory } from '#settings/sync-directory.ts';
import { StorageGone } from './storage.ts';
import { makeMark, readMark } from './store-mark.ts';

/** `f_type` of statfs(2): where fdatasync of a new file makes its name durable too. The decision record says why. */
const ext = 0xef53;
const namesDurableWithFile = new Set([ext, /* xfs */ 0x58465342, /* btrfs */ 0x9123683e]);

/** Directories that we remember as made; an hour has one. */
const rememberedLimit = 10_000;

/** Whether fdatasync of a new file in `directory` also makes its name durable. */
export async function namesAreDurableWithFile(directory: string): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  const { type } = await statfs(directory);
  if (!namesDurableWithFile.has(type)) return false;
  return type !== ext || !(await isMountedAsExt2(directory));
}

/** ext2 has the magic number of ext4, and no journal that would carry the name. */
async function isMountedAsExt2(directory: string): Promise<boolean> {
  const { dev } = await stat(directory);
  // glibc's encoding of dev_t: 12 bits of the minor number lie above the major's low 12.
  const major = (dev >>> 8) & 0xfff;
  const minor = (dev & 0xff) | ((dev >>> 12) & 0xfff00);
  const mounts = await readFile('/proc/self/mountinfo', 'utf8').catch(() => undefined);
  if (mounts === undefined) return true;
  const ours = mounts.split('\n').filter((line) => line.split(' ')[2] === `${major}:${minor}`);
  return ours.length === 0 || ours.some((line) => line.includes(' - ext2 '));
}

export class Directories {
  readonly root: string;
  /** Number of the disk that the root is on. */
  #device: number;
  /** What the store is known by on a disk of another number; undefined where it has no mark yet, or none can be made. */
  #mark: string | undefined;
  /** Directory (relative to the root) → the promise that makes it, then true. */
  readonly #made = new Map<string, true | Promise<void>>();
  readonly #syncs = new Map<string, SharedSync>();

  static async in(root: string): Promise<Directories> {
    const { dev } = await stat(root);
    return new Directories(root, dev, await readMark(root).catch(() => undefined));
  }

  private constructor(root: string, device: number, mark: string | undefined) {
    this.root = root;
    this.#device = device;
    this.#mark = mark;
  }

  /** Makes a directory and its parents and their names durable. Undefined when that was done before: nothing to wait for. */
  make(directory: string): Promise<void> | undefined {
    const known = this.#made.get(directory);
    if (known === true) return undefined;
    if (known) return known;
    if (this.#made.size >= rememberedLimit) this.#made.clear();
    const making = this.#make(directory).then(
      () => void this.#made.set(directory, true),
      (error: unknown) => {
        this.#made.delete(directory);
        throw error;
      },
    );
    this.#made.set(directory, making);
    return making;
  }

  /** Somebody removed one, and perhaps its parents: all are made again when they are needed. */
  forget(): void {
    this.#made.clear();
  }

  /** Makes the names in a directory durable, shared by everyone who asks while one sync is still to begin. */
  sync(directory: string): Promise<void> {
    let shared = this.#syncs.get(directory);
    if (!shared) {
      shared = new SharedSync(join(this.root, directory), () => this.#syncs.delete(directory));
      this.#syncs.set(directory, shared);
    }
    return shared.sync();
  }

  async #make(directory: string): Promise<void> {
    if (directory === '' || directory === '.') return;
    await this.refuseOtherPlace();
    // Who only reads a store writes nothing into it: it gets its mark with the first directory.
    this.#mark ??= await markOf(this.root);
    const parent = dirname(directory);
    await this.make(parent);
    await mkdir(join(this.root, directory), { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    // Also when it was there already: who made it may have been killed before syncing.
    await syncDirectory(join(this.root, parent));
  }

  /**
   * A disk that is mounted as the root, and gone, leaves a directory of another disk in its place. What was stored there would be
   * hidden as soon as the disk is back, which may then have another number. What lies in that directory tells nothing: it may
   * have been written before the disk was mounted, or copied to it. @throws StorageGone
   */
  async refuseOtherPlace(): Promise<void> {
    const { dev } = await stat(this.root);
    if (dev === this.#device) return;
    const found = await readMark(this.root).catch(() => undefined);
    if (found === undefined || found !== this.#mark)
      throw new StorageGone(
        `${this.root} is on another disk than before, and not the same store. Is its disk mounted? If this is its new place, restart.`,
      );
    this.#device = dev;
  }
}

/** Makes it where there is none. Undefined where that fails, as on a full disk: then only a disk of the same number is the same. */
async function markOf(root: string): Promise<string | undefined> {
  try {
    await makeMark(root);
    // Also when it was there already: who made it may have been killed before syncing.
    await syncDirectory(root);
    return await readMark(root);
  } catch {
    return undefined;
  }
}

/** One fsync for all who asked before it began; who asks while it runs shares the next one. */
class SharedSync {
  readonly #path: string;
  readonly #idle: () => void;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(path: string, idle: () => void) {
    this.#path = path;
    this.#idle = idle;
  }

  sync(): Promise<void> {
    if (!this.#running) {
      this.#running = syncDirectory(this.#path).finally(() => {
        this.#running = undefined;
        if (!this.#next) this.#idle();
      });
      return this.#running;
    }
    this.#next ??= this.#running
      .catch(() => {})
      .then(() => {
        this.#next = undefined;
        return this.sync();
      });
    return this.#next;
  }
}
