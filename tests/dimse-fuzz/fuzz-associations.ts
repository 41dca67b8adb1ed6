/**
 * Sends damaged associations to a running archive, many at once, while others of its associations go on: they must not
 * notice, and the archive must neither die, nor hang, nor grow.
 */
import { connect } from 'node:net';
import { randomOf } from '#samples/seed.ts';
import { type Beside, type FuzzedArchive, watchedBeside } from './beside.ts';
import { damaged, type FuzzOptions, pdusOf } from './damage.ts';

export interface FuzzSummary extends Beside {
  readonly inputs: number;
  /** What must not be. */
  readonly faults: readonly string[];
}

const atOnce = 32;
/** Whoever hangs up is let go of at once; the rest is for a busy machine. */
const letGoMs = 30_000;

/** @param recorded as `recordAssociations` gives them */
export async function fuzzAssociations(
  { port, pid }: FuzzedArchive,
  recorded: readonly Buffer[],
  { seed, inputs, onProgress }: FuzzOptions,
): Promise<FuzzSummary> {
  const recordings = recorded.map(pdusOf);
  const faults: string[] = [];
  let begun = 0;
  let done = 0;
  const sendAll = () =>
    Promise.all(
      Array.from({ length: atOnce }, async () => {
        while (begun < inputs && faults.length < 10) {
          const number = ++begun;
          const random = randomOf(`${seed} ${number}`);
          const fault = await sendOne(port, damaged(recordings, random), random);
          if (fault) faults.push(`input ${number}: ${fault}`);
          done++;
          onProgress?.(done);
        }
      }),
    );
  const beside = await watchedBeside({ port, pid }, faults, sendAll);
  return { inputs: done, ...beside, faults };
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
