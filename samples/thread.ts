/**
 * The thread in which `in-thread.ts` has samples computed: one file for each message, and nothing when there are no more.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { type SampleOptions, sampleStudies } from './all.ts';
import { dicomFile } from './write.ts';

const port = parentPort;
if (!port) throw new TypeError('this file runs as a thread');

const files = computeFiles(workerData as SampleOptions);
port.on('message', () => {
  const { value: file } = files.next();
  // The memory goes over instead of being copied.
  if (file) port.postMessage(file, [file.buffer]);
  else port.postMessage(undefined);
});

function* computeFiles(options: SampleOptions): Generator<Uint8Array<ArrayBuffer>> {
  for (const { samples } of sampleStudies(options))
    for (const { attributes } of samples()) yield new Uint8Array(dicomFile(attributes));
}
