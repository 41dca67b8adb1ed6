/** Many modalities that store CT slices of half a megabyte at once, in a thread of their own, until they are told to stop. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

import { BenchFailed } from './bench-failed.ts';
import type { BenchedLightbox } from './benched-lightbox.ts';
import type { StoringData } from './storing-thread.ts';

export interface Modalities extends AsyncDisposable {
  /** Never resolves. @throws BenchFailed when a slice was not taken */
  readonly failed: Promise<never>;
  /** Resolves, when each has its last answer, with how many slices were stored. @throws BenchFailed */
  stop(): Promise<number>;
}

/** Resolves when the first of them stores. @throws BenchFailed */
export async function startModalities({ dicom }: BenchedLightbox, associations: number): Promise<Modalities> {
  const [calledAETitle = '', host = '', port = ''] = dicom.split(/[@:]/);
  const data: StoringData = { host, port: Number(port), calledAETitle, associations, seed: String(Date.now()) };
  const thread = new Worker(new URL('./storing-thread.ts', import.meta.url), { workerData: data });
  const failed = once(thread, 'error').then(([error]) => {
    throw new BenchFailed(`storing: ${String(error)}`);
  });
  failed.catch(() => {}); // told to whoever waits for it
  await Promise.race([once(thread, 'message'), failed]);
  return {
    failed,
    async stop() {
      thread.postMessage('stop');
      const [{ stored }] = (await Promise.race([once(thread, 'message'), failed])) as [{ stored: number }];
      return stored;
    },
    async [Symbol.asyncDispose]() {
      await thread.terminate();
    },
  };
}
