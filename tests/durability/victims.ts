/** The processes of one running Lightbox, and how to kill each of them with -9. */
import { readFile } from 'node:fs/promises';
import type { ProcessState } from '#settings/process-channel.ts';
import { processesOf } from '../running-lightbox.ts';

export const kinds = ['archive', 'worker', 'postgres', 'launcher', 'everything'] as const;
export type Kind = (typeof kinds)[number];

export interface Process {
  readonly pid: number;
  readonly parent: number;
  /** Ticks since the machine started; with it a number that is used again is not taken for the same process. */
  readonly startedAt: string;
}

/** Process of a name → its number, as /health/ready says; undefined when it does not answer, or is not ready. */
export async function readyProcesses(address: string): Promise<Map<string, number> | undefined> {
  const response = await fetch(`${address}health/ready`).catch(() => undefined);
  if (response?.status !== 200) return undefined;
  const { processes } = (await response.json()) as { processes: ProcessState[] };
  if (processes.some(({ state }) => state !== 'running')) return undefined;
  return new Map(processes.map(({ name, pid }) => [name, pid ?? 0]));
}

export async function livingProcesses(dataDir: string): Promise<Process[]> {
  const found = await Promise.all(processesOf(dataDir).map(readProcess));
  return found.filter((process) => process !== undefined);
}

/** Those that are alive, by number and start. */
export async function survivorsOf(before: readonly Process[]): Promise<Process[]> {
  const now = await Promise.all(before.map(({ pid }) => readProcess(pid)));
  return before.filter(({ startedAt }, at) => now[at]?.startedAt === startedAt);
}

/** Processes whose line of parents does not lead to the launcher. */
export function strangers(processes: readonly Process[], launcher: number): Process[] {
  const parents = new Map(processes.map(({ pid, parent }) => [pid, parent]));
  return processes.filter(({ pid }) => {
    let at: number | undefined = pid;
    while (at !== undefined && at !== launcher) at = parents.get(at);
    return at === undefined;
  });
}

/** @param whole  PostgreSQL's children too, at the same moment */
export function victimsOf(
  kind: Kind,
  named: ReadonlyMap<string, number>,
  all: readonly Process[],
  whole: boolean,
): number[] {
  if (kind === 'everything') return all.map(({ pid }) => pid);
  const pid = named.get(kind);
  if (!pid) throw new Error(`there is no process ${kind}`);
  return kind === 'postgres' && whole
    ? [pid, ...all.filter(({ parent }) => parent === pid).map((child) => child.pid)]
    : [pid];
}

export function killAtOnce(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

/** Undefined when there is no such process, or it has ended and nobody has waited for it yet. */
async function readProcess(pid: number): Promise<Process | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // proc(5): the name, in parentheses, may hold anything; fields are counted behind it.
  const [state, parent, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (state === undefined || parent === undefined || 'ZX'.includes(state)) return undefined;
  return { pid, parent: Number(parent), startedAt: rest[17] ?? '' };
}
