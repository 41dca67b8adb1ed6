/** What a process holds, as the kernel counts it (proc(5)). */
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

export interface Footprint {
  /** Memory of its own, in MiB. */
  readonly memoryMiB: number;
  readonly descriptors: number;
  readonly threads: number;
}

const restMs = 5_000;
const rests = 12;

export async function footprint(pid: number): Promise<Footprint> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const of = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  const descriptors = (await readdir(`/proc/${pid}/fd`)).length;
  return { memoryMiB: Math.round(of('RssAnon') / 1024), descriptors, threads: of('Threads') };
}

/** Once it has let go of what it keeps for a while (files that were read, connections to PostgreSQL): within a minute, or as it is then. */
export async function footprintAtRest(pid: number): Promise<Footprint> {
  let before = await footprint(pid);
  for (let rest = 0; rest < rests; rest++) {
    await delay(restMs);
    const now = await footprint(pid);
    if (now.descriptors >= before.descriptors) return now;
    before = now;
  }
  return before;
}
