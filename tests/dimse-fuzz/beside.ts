/** Watches an archive while it is sent damage: an association beside it must not notice, and the archive must not grow. */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { verificationSOPClass } from '#dicom/data/sop-class.ts';
import { connectExchange, echo } from '#dicom/dimse/requests.ts';

export interface FuzzedArchive {
  /** Of its DICOM door. */
  readonly port: number;
  /** Of its process. */
  readonly pid: number;
}

export interface Beside {
  /** Of the archive, in MiB: before, and the most that was seen. */
  readonly residentMiB: { readonly before: number; readonly most: number };
  /** Of an association that was open all the time. */
  readonly echoes: { readonly count: number; readonly slowestMs: number };
}

const echoEveryMs = 50;
const slowestEchoMs = 10_000;

/** @param faults where to write down what must not be */
export async function watchedBeside(
  { port, pid }: FuzzedArchive,
  faults: string[],
  work: () => Promise<unknown>,
): Promise<Beside> {
  const before = await residentMiB(pid);
  let most = before;
  const ended = new AbortController();
  const watching = Promise.all([undisturbed(), watchMemory()]);
  try {
    await work();
  } finally {
    ended.abort();
  }
  const [echoes] = await watching;
  return { residentMiB: { before, most }, echoes };

  async function watchMemory(): Promise<void> {
    while (!ended.signal.aborted) {
      most = Math.max(most, await residentMiB(pid));
      await delay(200, undefined, { signal: ended.signal }).catch(() => {});
    }
  }

  /** C-ECHO again and again on one association: nobody's damage is anybody else's. */
  async function undisturbed(): Promise<Beside['echoes']> {
    let [count, slowestMs] = [0, 0];
    try {
      const exchange = await connectExchange({
        host: '127.0.0.1',
        port,
        callingAETitle: 'CALM',
        calledAETitle: 'LIGHTBOX',
        contexts: [{ abstractSyntax: verificationSOPClass, transferSyntaxes: ['1.2.840.10008.1.2'] }],
      });
      while (!ended.signal.aborted) {
        const began = performance.now();
        const status = await echo(exchange);
        slowestMs = Math.max(slowestMs, performance.now() - began);
        if (status !== 0) faults.push(`C-ECHO beside it was answered with ${status}`);
        count++;
        await delay(echoEveryMs, undefined, { signal: ended.signal }).catch(() => {});
      }
      await exchange.release();
    } catch (error) {
      faults.push(`an association beside it ended: ${String(error)}`);
    }
    if (slowestMs > slowestEchoMs) faults.push(`a C-ECHO beside it took ${Math.round(slowestMs)} ms`);
    return { count, slowestMs: Math.round(slowestMs) };
  }
}

/** Of a process, as the kernel counts it. */
export async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}
