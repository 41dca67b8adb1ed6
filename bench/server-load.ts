/** What processes and all their descendants take: CPU time and memory, from /proc (Linux). */
import { readdir, readFile, writeFile } from 'node:fs/promises';

/** Of `/proc/PID/stat`, which counts in ticks of 10 ms. */
const ticksPerSecond = 100;

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly cpuMs: number;
}

/** CPU time in ms that they have had since they began, ended children included. */
export async function cpuMs(roots: readonly number[]): Promise<number> {
  return (await treeOf(roots)).reduce((sum, process) => sum + process.cpuMs, 0);
}

/** Resident now, in MB: what is their own is summed up, what they share is counted once. */
export async function residentMb(roots: readonly number[]): Promise<number> {
  let [own, file, shared] = [0, 0, 0];
  for (const { pid } of await treeOf(roots)) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    const of = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0);
    own += of('RssAnon');
    file = Math.max(file, of('RssFile'));
    shared = Math.max(shared, of('RssShmem'));
  }
  return (own + file + shared) / 1024;
}

/** The most that one process has had in memory since it began, or since `forgetPeak`, in MB. */
export async function peakMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

/** What it has now is its peak from here on (proc(5), clear_refs). @throws where the process is not ours */
export async function forgetPeak(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5');
}

/** Share of the machine's CPU time, 0 to 1, that went to others than these processes and ourselves since `begin`. */
export async function noiseSince(begin: MachineTime, ownMs: number): Promise<number> {
  const now = await machineTime();
  return Math.max(0, now.busyMs - begin.busyMs - ownMs) / Math.max(1, now.allMs - begin.allMs);
}

export interface MachineTime {
  readonly busyMs: number;
  readonly allMs: number;
}

export async function machineTime(): Promise<MachineTime> {
  const [first = ''] = (await readFile('/proc/stat', 'utf8')).split('\n', 1);
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softirq = 0, steal = 0] = first
    .split(/\s+/)
    .slice(1)
    .map((ticks) => (Number(ticks) * 1000) / ticksPerSecond);
  const busyMs = user + nice + system + irq + softirq + steal;
  return { busyMs, allMs: busyMs + idle + wait };
}

async function treeOf(roots: readonly number[]): Promise<Process[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const processes = (await Promise.all(pids.map(processOf))).filter((found) => found !== undefined);
  // A root may be below another one: each process counts once.
  const tree = new Set(processes.filter(({ pid }) => roots.includes(pid)));
  for (const { pid } of tree) for (const each of processes) if (each.parent === pid) tree.add(each);
  return [...tree];
}

async function processOf(pid: string): Promise<Process | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  if (stat === '') return undefined;
  // The name of the program stands in parentheses, and may hold any character.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(11, 15).reduce((sum, each) => sum + Number(each), 0);
  return { pid: Number(pid), parent: Number(fields[1]), cpuMs: (ticks * 1000) / ticksPerSecond };
}
