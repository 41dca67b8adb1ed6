/**
 * Sends damaged associations to a running archive, many at once, while others of its associations go on: they must not
 * notice, and the archive must neither die, nor hang, nor grow.
 */
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { verificationSOPClass } from '#dicom/data/sop-class.ts';
import { connectExchange, echo } from '#dicom/dimse/requests.ts';
import { randomOf } from '#samples/seed.ts';
import { damaged, pdusOf } from './damage.ts';

export interface FuzzOptions {
  readonly port: number;
  /** The archive's process. */
  readonly pid: number;
  readonly recordings: readonly Buffer[];
  readonly seed: string;
  readonly inputs: number;
  readonly onProgress?: (done: number) => void;
}

export interface FuzzSummary {
  readonly inputs: number;
  /** Of the archive, in MiB: before, and the most that was seen. */
  readonly residentMiB: { readonly before: number; readonly most: number };
  /** Of an association that was open all the time. */
  readonly echoes: { readonly count: number; readonly slowestMs: number };
  /** What must not be. */
  readonly faults: readonly string[];
}

const atOnce = 32;
/** Whoever hangs up is let go of at once; the rest is for a busy machine. */
const letGoMs = 30_000;
const echoEveryMs = 50;
const slowestEchoMs = 10_000;

export async function fuzzAssociations(options: FuzzOptions): Promise<FuzzSummary> {
  const { port, pid, seed, inputs, onProgress } = options;
  const recordings = options.recordings.map(pdusOf);
  const faults: string[] = [];
  const before = await residentMiB(pid);
  let most = before;
  let begun = 0;
  let done = 0;
  const ended = new AbortController();
  const watching = Promise.all([watchMemory(), undisturbed()]);

  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (begun < inputs && faults.length < 10) {
        const number = ++begun;
        const random = randomOf(`${seed} ${number}`);
        const fault = await sendOne(port, damaged(recordings, random), random);
        if (fault) faults.push(`input ${number}: ${fault}`);
        if (++done % 10_000 === 0) onProgress?.(done);
      }
    }),
  );
  ended.abort();
  const [, echoes] = await watching;
  return { inputs: done, residentMiB: { before, most }, echoes, faults };

  async function watchMemory(): Promise<void> {
    while (!ended.signal.aborted) {
      most = Math.max(most, await residentMiB(pid));
      await delay(200, undefined, { signal: ended.signal }).catch(() => {});
    }
  }

  /** C-ECHO again and again on one association: nobody's damage is anybody else's. */
  async function undisturbed(): Promise<FuzzSummary['echoes']> {
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

/** @returns what must not be: it was not taken, or not let go of */
async function sendOne(port: number, pieces: readonly Buffer[], random: () => number): Promise<string | undefined> {
  const goodbye = random();
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const tooLong = setTimeout(() => {
    resolve('the connection was not closed');
    socket.destroy();
  }, letGoMs);
  socket.on('error', (error: NodeJS.ErrnoException) => {
    // Cut by the other side in the middle of what we send: that is an answer, too.
    if (error.code === 'ECONNREFUSED') resolve('refused: nobody listens');
  });
  socket.on('close', () => resolve(undefined));
  socket.resume();
  for (const piece of pieces) socket.write(piece);
  if (goodbye < 0.8) socket.end();
  else if (goodbye < 0.9) socket.write(Buffer.alloc(0), () => socket.resetAndDestroy());
  // The rest waits a little for what the archive does by itself.
  else setTimeout(() => socket.end(), 20);
  return promise.finally(() => clearTimeout(tooLong));
}

async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}
