/** Faults of a disk as the kernel tells of them: strace(1) answers a running process's system calls in its place. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { readFile, readdir } from 'node:fs/promises';

/**
 * From now on calls of the process (all its threads, none of its children's) go as `injections` say.
 * @param injections of strace(1), `inject=` left out: `fdatasync:error=EIO`, `fdatasync:delay_enter=2000000` (µs)
 * @returns what ends it: the disk is well again when that is disposed
 */
export async function breakDisk(pid: number, ...injections: string[]): Promise<AsyncDisposable> {
  const calls = injections.map((injection) => injection.split(':', 1)[0]);
  const tracer = spawn(
    'strace',
    [
      '-f',
      '-qq',
      '-o',
      '/dev/null',
      '-e',
      `trace=${calls.join(',')}`,
      ...injections.flatMap((injection) => ['-e', `inject=${injection}`]),
      '-p',
      String(pid),
    ],
    { stdio: 'ignore' },
  );
  const ended = once(tracer, 'exit');
  while (!(await isTraced(pid))) await Promise.race([delay(10), ended.then(() => Promise.reject(new Error('strace')))]);
  return {
    async [Symbol.asyncDispose]() {
      tracer.kill('SIGINT');
      await ended;
    },
  };
}

/** Whether every thread has a tracer (proc(5), TracerPid). */
async function isTraced(pid: number): Promise<boolean> {
  const threads = await readdir(`/proc/${pid}/task`);
  const states = await Promise.all(threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/status`, 'utf8')));
  return states.every((state) => !/^TracerPid:\t0$/m.test(state));
}
