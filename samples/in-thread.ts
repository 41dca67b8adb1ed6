/**
 * Computes samples in a thread of their own, for a program that has others to serve meanwhile.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { SampleOptions } from './all.ts';

const threadFile = new URL('./thread.ts', import.meta.url);
const heapMiB = 256;

/**
 * DICOM files (PS3.10), each computed when it is asked for. The thread ends with the iteration.
 * @throws the reason of the signal, and what the thread throws
 */
export async function* filesComputedInThread(
  options: SampleOptions,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  const thread = new Worker(threadFile, {
    name: 'samples',
    workerData: options,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: heapMiB },
  });
  try {
    for (;;) {
      thread.postMessage('next');
      // Rejects with what the thread throws.
      const [file] = (await once(thread, 'message', { signal })) as [Uint8Array | undefined];
      if (!file) return;
      yield file;
    }
  } finally {
    await thread.terminate();
  }
}
