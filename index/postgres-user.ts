/**
 * As whom the embedded PostgreSQL runs. It refuses to be root, so when root starts us it gets a user of its own,
 * and a way through directories that are closed to that user (/root, a private temporary directory).
 */
import { execFile } from 'node:child_process';
import { chmod, chown, readFile, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** How to start a program of PostgreSQL. */
export interface PostgresUser {
  /** Absent when we are not root: PostgreSQL runs as ourselves. */
  readonly account: { readonly name: string; readonly uid: number; readonly gid: number } | undefined;
  /** A command that the program's own command line follows; empty when it is started directly. */
  readonly prefix: readonly string[];
}

/** PostgreSQL cannot run here; the message says why and what to do. */
export class CannotRunPostgres extends Error {
  override name = 'CannotRunPostgres';
}

/**
 * @param program      path of the postgres binary
 * @param dataDir      what holds the cluster; made reachable for the user where that is ours to do
 * @param clusterOwner user id that owns an existing cluster
 * @throws CannotRunPostgres
 */
export async function choosePostgresUser(
  program: string,
  dataDir: string,
  clusterOwner?: number,
): Promise<PostgresUser> {
  const ourselves = process.getuid?.();
  if (ourselves !== 0) {
    if (clusterOwner !== undefined && ourselves !== undefined && clusterOwner !== ourselves) {
      throw new CannotRunPostgres(
        `DATA_DIR ${dataDir} belongs to another user (its database to user ${clusterOwner}, we are user ${ourselves}). ` +
          'Start as that user, or choose another DATA_DIR.',
      );
    }
    return { account: undefined, prefix: [] };
  }
  const account = await findAccount(clusterOwner);
  await openTo(dataDir, account.gid);
  const closed = (await closedDirectory(dataDir, account)) ?? (await closedDirectory(dirname(program), account));
  if (closed === undefined) return { account, prefix: [] };
  const prefix = throughClosedDirectories(account);
  const [command = '', ...options] = prefix;
  try {
    await run(command, [...options, program, '--version'], { cwd: '/' });
  } catch (cause) {
    throw new CannotRunPostgres(
      `PostgreSQL may not run as root, and user ${account.name} cannot pass ${closed}. ` +
        `Open it (chmod o+x ${closed}), move Lightbox and DATA_DIR elsewhere, or start as an ordinary user.`,
      { cause },
    );
  }
  return { account, prefix };
}

interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** The owner of the cluster; else the system's user for PostgreSQL; else the one that owns nothing. */
async function findAccount(clusterOwner: number | undefined): Promise<Account> {
  const accounts = await systemAccounts();
  const found =
    accounts.find(({ uid }) => uid === clusterOwner) ??
    accounts.find(({ name }) => name === 'postgres') ??
    accounts.find(({ name }) => name === 'nobody');
  if (found) return found;
  throw new CannotRunPostgres(
    'PostgreSQL may not run as root, and there is no user "postgres" or "nobody" to run it as. Start as an ordinary user.',
  );
}

/** All but root's; none where the system keeps no such list. */
export async function systemAccounts(): Promise<Account[]> {
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '');
  return passwd
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ uid, gid }) => uid > 0 && gid > 0);
}

/** DATA_DIR is ours and nobody else's; PostgreSQL's user needs to pass through it, not to list it. */
async function openTo(dataDir: string, gid: number): Promise<void> {
  const { mode, uid } = await stat(dataDir);
  if (uid !== 0 || mode & 0o011) return;
  await chown(dataDir, uid, gid);
  await chmod(dataDir, (mode & 0o7777) | 0o010);
}

/** The first directory on the way to `path` that `account` may not pass. */
async function closedDirectory(path: string, { uid, gid }: Account): Promise<string | undefined> {
  const way: string[] = [];
  for (let at = await realpath(path); ; at = dirname(at)) {
    way.unshift(at);
    if (at === dirname(at)) break;
  }
  for (const directory of way) {
    const { mode, uid: owner, gid: group } = await stat(directory);
    const needed = owner === uid ? 0o100 : group === gid ? 0o010 : 0o001;
    if ((mode & needed) === 0) return directory;
  }
  return undefined;
}

/**
 * util-linux's setpriv: another user that keeps root's right to pass closed directories, and no other right of root's.
 * access(2), which PostgreSQL asks before it runs its own parts, honours that right only under no_setuid_fixup.
 */
function throughClosedDirectories({ uid, gid }: Account): string[] {
  return [
    'setpriv',
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    '--inh-caps=-all,+dac_override',
    '--ambient-caps=-all,+dac_override',
    '--bounding-set=-all,+dac_override',
    '--securebits=+no_setuid_fixup',
    '--no-new-privs',
  ];
}
