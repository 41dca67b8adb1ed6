/**
 * Finds and stops the PostgreSQL processes of one cluster, whoever started them: a server that outlived its launcher,
 * or its children that outlived it. A process counts only when it is a postgres that works in that very directory,
 * because the number in postmaster.pid may meanwhile belong to anybody.
 */
import { execFile } from 'node:child_process';
import { readdir, readFile, readlink, realpath, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

const pollMs = 25;
/** What each way of stopping is given before the next, harsher one. A fast shutdown writes a checkpoint. */
const stages = [
  { signal: 'SIGINT', forMs: 10_000 },
  { signal: 'SIGQUIT', forMs: 3_000 },
  { signal: 'SIGKILL', forMs: 10_000 },
] as const;

/**
 * Stops what runs on the cluster: a stale archive can then commit nothing any more. Removes the lock files left behind.
 * @returns whether something ran
 */
export async function stopLeftover(cluster: string): Promise<boolean> {
  let found = await clusterProcesses(cluster);
  const ran = found.length > 0;
  for (const { signal, forMs } of stages) {
    if (found.length === 0) break;
    const [postmaster] = await readPostmasterPid(cluster, found);
    // Its children follow the postmaster; only when it is gone already must they be told themselves, and bluntly.
    if (signal === 'SIGINT' && postmaster === undefined) continue;
    signalAll(signal === 'SIGINT' && postmaster !== undefined ? [postmaster] : found, signal);
    const end = performance.now() + forMs;
    while (found.length > 0 && performance.now() < end) {
      await delay(pollMs);
      found = await clusterProcesses(cluster);
    }
  }
  if (found.length > 0) throw new Error(`PostgreSQL (process ${found.join(', ')}) does not stop`);
  // On Windows nothing was looked at (there is no ps): there PostgreSQL's own look at its lock file has to do.
  if (process.platform !== 'win32') await removeLockFiles(cluster);
  return ran;
}

/**
 * PostgreSQL believes a lock file as long as its process id is anybody's: a stranger's, or a dead one's that nobody has
 * waited for yet (in a container whose first process does not). We have looked closer, and DATA_DIR is locked by us.
 */
async function removeLockFiles(cluster: string): Promise<void> {
  const names = await readdir(cluster).catch(() => []);
  const locks = names.filter((name) => name === 'postmaster.pid' || name.startsWith('.s.PGSQL.'));
  await Promise.all(locks.map((name) => rm(join(cluster, name), { force: true })));
}

function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/** The postmaster's process id when it is among `running`, as a list of none or one. */
async function readPostmasterPid(cluster: string, running: readonly number[]): Promise<number[]> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '');
  return running.filter((pid) => pid === Number.parseInt(text, 10));
}

async function clusterProcesses(cluster: string): Promise<number[]> {
  const directory = await realpath(cluster).catch(() => undefined);
  if (directory === undefined) return [];
  return process.platform === 'linux' ? processesIn(directory) : postmasterByPs(directory);
}

/** Every PostgreSQL process changes into its cluster's directory at its start. */
async function processesIn(directory: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const matches = await Promise.all(
    pids.map(async (pid) => {
      // Of nearly all of them this is enough to know.
      if ((await readlink(`/proc/${pid}/cwd`).catch(() => '')) !== directory) return [];
      const program = await readlink(`/proc/${pid}/exe`).catch(() => '');
      return basename(program).startsWith('postgres') ? [Number(pid)] : [];
    }),
  );
  return matches.flat();
}

async function postmasterByPs(directory: string): Promise<number[]> {
  const text = await readFile(join(directory, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  if (!(pid > 0)) return [];
  // -ww: else macOS cuts the line, behind the long path of the program, and the directory is not in it.
  const { stdout } = await run('ps', ['-ww', '-p', String(pid), '-o', 'command=']).catch(() => ({ stdout: '' }));
  return stdout.includes('postgres') && stdout.includes(directory) ? [pid] : [];
}
