/**
 * Runs Lightbox under strace(1) and reads the trace. One tracer sees every thread of every process, and holds each of
 * them at the beginning and at the end of a system call: the order of its lines is the order in which things happened.
 */
import { spawnSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** Whether this machine has strace, and lets us use it. */
export const hasStrace = spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status === 0;

const writes = ['write', 'writev', 'pwrite64', 'pwritev', 'pwritev2', 'sendto', 'sendmsg'];
const syncs = ['fsync', 'fdatasync'];
const options = ['setsockopt'];

/** What stands before the program. Only the calls that matter stop it; buffers are printed whole. */
export function straceCommand(output: string): string[] {
  const calls = [...writes, ...syncs, ...options].join(',');
  return [
    'strace',
    '-f',
    '--seccomp-bpf',
    '-qq',
    '-yy',
    '-s',
    '4194304',
    '-e',
    `trace=${calls}`,
    '-e',
    'signal=none',
    '-o',
    output,
  ];
}

export interface SystemCall {
  readonly call: string;
  readonly kind: 'write' | 'sync' | 'option';
  /** Of the file; a socket is described instead (`TCP:[127.0.0.1:80->127.0.0.1:5000]`). */
  readonly path: string;
  /** Those of the words looked for that stand in the bytes written. */
  readonly mentions: ReadonlySet<string>;
  /** Line numbers; a call that never returned has ended at Infinity. */
  readonly began: number;
  readonly ended: number;
  readonly result: number;
}

/** @param words finds what a call's buffer is searched for; it must have the flag `g` */
export async function readTrace(file: string, words: RegExp): Promise<SystemCall[]> {
  const calls: SystemCall[] = [];
  const unfinished = new Map<string, number>();
  let at = 0;
  for await (const line of createInterface({ input: createReadStream(file, 'latin1'), crlfDelay: Infinity })) {
    at++;
    const [, thread = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (rest.startsWith('<... ')) {
      const index = unfinished.get(thread);
      unfinished.delete(thread);
      if (index !== undefined) calls[index] = { ...(calls[index] as SystemCall), ended: at, result: resultOf(rest) };
      continue;
    }
    // "->" within a socket's description is not the end of it.
    const [, call = '', path = ''] = /^(\w+)\(\d+<(.*?)>(?:[,)]| <)/.exec(rest) ?? [];
    if (path === '') continue;
    const ended = !rest.endsWith('<unfinished ...>');
    if (!ended) unfinished.set(thread, calls.length);
    calls.push({
      call,
      kind: syncs.includes(call) ? 'sync' : options.includes(call) ? 'option' : 'write',
      path,
      mentions: new Set(rest.match(words)),
      began: at,
      ended: ended ? at : Infinity,
      result: ended ? resultOf(rest) : Number.NaN,
    });
  }
  return calls;
}

function resultOf(line: string): number {
  return Number(/ = (-?\d+)[^"]*$/.exec(line.slice(-200))?.[1]);
}
