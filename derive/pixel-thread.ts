/**
 * One thread of the pixel pool: takes a task, answers with its result or with why there is none, one at a time. Decoders
 * of damaged streams may loop, crash or grow here; the pool stops and replaces the thread then.
 */
import { parentPort } from 'node:worker_threads';
import { type PixelTask, runPixelTask } from './pixel-tasks.ts';

/** What a thread answers. `name` and `message` are those of the error. */
export type ThreadAnswer =
  | { readonly result: unknown }
  | { readonly failure: { readonly name: string; readonly message: string; readonly stack: string | undefined } };

const port = parentPort;
if (!port) throw new TypeError('this file runs as a thread of the pixel pool');

port.on('message', async (task: PixelTask) => {
  try {
    const result = await runPixelTask(task);
    port.postMessage({ result } satisfies ThreadAnswer, buffersOf(result));
  } catch (error) {
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
    port.postMessage({ failure: { name, message, stack } } satisfies ThreadAnswer);
  }
});

/** The memory of a result's bytes goes over to the asker instead of being copied. */
function buffersOf(result: unknown): ArrayBuffer[] {
  const values = result instanceof Uint8Array ? [result] : Object.values((result ?? {}) as object);
  const buffers = values
    .filter((value): value is Uint8Array => value instanceof Uint8Array)
    // A part of something larger, such as Node's pool for small buffers, is copied.
    .filter(({ buffer, byteLength }) => buffer instanceof ArrayBuffer && buffer.byteLength === byteLength)
    .map(({ buffer }) => buffer as ArrayBuffer);
  return [...new Set(buffers)];
}
