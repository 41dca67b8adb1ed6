/**
 * One Lightbox per DATA_DIR. The lock is a listening socket named after the directory itself (device and inode), so it
 * vanishes with the process that holds it, however that ends, and no path or link gets around it.
 */
import { createHash } from 'node:crypto';
import { access, constants, mkdtemp, rm, rmdir, stat } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { systemAccounts } from '#index/postgres-user.ts';
import { makeDirectory } from '#settings/make-directory.ts';
import { BadSetting } from '#settings/settings.ts';

/** Another Lightbox uses the directory. */
class DataDirInUse extends Error {
  override name = 'DataDirInUse';

  constructor(dataDir: string, holder: string) {
    super(`DATA_DIR ${dataDir} is in use by process ${holder}; stop it or choose another DATA_DIR.`);
  }
}

/** The directory is another user's, and we are root. */
class DataDirOfAnother extends Error {
  override name = 'DataDirOfAnother';

  /** @param name undefined where the system knows none, as of the user of a container */
  constructor(dataDir: string, { uid, gid }: Owner, name: string | undefined) {
    const asUser =
      name === undefined ? `setpriv --reuid=${uid} --regid=${gid} --clear-groups` : `runuser -u ${name} --`;
    super(
      `DATA_DIR ${dataDir} is used by user ${name ?? uid}, who could not write to what root makes in it. ` +
        `Do this as that user: ${asUser} env DATA_DIR=${dataDir} …`,
    );
  }
}

export interface DataDirLock extends AsyncDisposable {
  release(): Promise<void>;
}

const answerMs = 2_000;

/** Makes the directory when it is missing. @throws DataDirInUse, DataDirOfAnother, BadSetting where none can be made */
export async function lockDataDir(dataDir: string): Promise<DataDirLock> {
  try {
    await makeDirectory(dataDir);
    await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BadSetting('DATA_DIR', dataDir, `a directory of the user who starts Lightbox (${reason})`, { cause });
  }
  await refuseOfAnother(dataDir);
  const path = await lockPath(dataDir);
  const server = (await listen(path)) ?? (await listenInPlaceOfTheDead(path));
  if (server === undefined) throw new DataDirInUse(dataDir, (await askHolder(path)) ?? 'unknown');
  const release = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return { release, [Symbol.asyncDispose]: release };
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** What Lightbox makes itself, not its PostgreSQL. */
const made = ['logs', 'objects'];

/**
 * Root can write to every directory, and its objects and logs would be closed to the user who has run Lightbox there: images
 * of the same day would then be refused, or it would not start. A directory that was only given away is left to root.
 * @throws DataDirOfAnother
 */
export async function refuseOfAnother(dataDir: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const [owner, ...owners] = await Promise.all(
    [dataDir, ...made.map((name) => join(dataDir, name))].map((path) => stat(path).catch(() => undefined)),
  );
  if (!owner?.uid || !owners.some((each) => each?.uid === owner.uid)) return;
  if ((await ownerOfNew(dataDir)) === owner.uid) return;
  const account = (await systemAccounts()).find(({ uid }) => uid === owner.uid);
  throw new DataDirOfAnother(dataDir, owner, account?.name);
}

/** On a share that gives everything to one user (CIFS with `uid=`, vboxsf), what root makes is that user's too. */
async function ownerOfNew(dataDir: string): Promise<number | undefined> {
  const path = await mkdtemp(join(dataDir, 'owner-')).catch(() => undefined);
  if (path === undefined) return undefined;
  const { uid } = await stat(path);
  await rmdir(path);
  return uid;
}

/** Whether some Lightbox uses the directory now. */
export async function isDataDirLocked(dataDir: string): Promise<boolean> {
  const exists = await stat(dataDir).catch(() => undefined);
  return exists !== undefined && (await askHolder(await lockPath(dataDir))) !== undefined;
}

async function lockPath(dataDir: string): Promise<string> {
  const { dev, ino } = await stat(dataDir, { bigint: true });
  const name = `lightbox-${createHash('sha256').update(`${dev}:${ino}`).digest('hex').slice(0, 32)}`;
  if (process.platform === 'linux') return `\0${name}`;
  return process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.sock`);
}

/** `undefined` when the name is taken. */
function listen(path: string): Promise<Server | undefined> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.end(String(process.pid));
  });
  server.unref();
  const { promise, resolve, reject } = Promise.withResolvers<Server | undefined>();
  server.once('error', (error: NodeJS.ErrnoException) =>
    error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
  );
  server.listen(path, () => resolve(server));
  return promise;
}

/** Where the socket is a file, the file outlives a killed holder; nobody answers then. */
async function listenInPlaceOfTheDead(path: string): Promise<Server | undefined> {
  if (path.startsWith('\0') || path.startsWith('\\') || (await askHolder(path)) !== undefined) return undefined;
  await rm(path, { force: true });
  return listen(path);
}

/** The holder's process id; `undefined` when nobody listens. */
async function askHolder(path: string): Promise<string | undefined> {
  const socket = connect(path);
  socket.setTimeout(answerMs, () => socket.destroy());
  const { promise, resolve } = Promise.withResolvers<boolean>();
  socket.once('connect', () => resolve(true));
  // A holder that is stopped or overloaded takes nobody in any more (EAGAIN), and holds it all the same.
  socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT'));
  // Where we give up before we are in, somebody listens.
  socket.once('close', () => resolve(true));
  if (!(await promise)) return undefined;
  const answer = await text(socket).catch(() => '');
  return /^\d+$/.test(answer) ? answer : 'unknown';
}
