/** Sends bytes as they come from storage, no faster than the client takes them. */
import { once } from 'node:events';
import type { Response } from 'express';
import { blockBytes, giveBlock, takeBlock } from '#storage/block-pool.ts';
import type { Lend } from '../decoded-frames.ts';

/** Resolves when the last piece has been handed over, or the client has gone. */
export async function sendPieces(
  response: Response,
  pieces: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  // Its headers are all of the answer (RFC 9110 Section 9.3.2), and no client would hold the reading back.
  if (response.req.method === 'HEAD') return;
  for await (const piece of pieces) {
    if (signal.aborted) return;
    await sendPiece(response, piece, signal);
  }
}

/** Resolves when more is welcome, or when `signal` says that nobody waits for more: then what follows must not be sent. */
export async function sendPiece(response: Response, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  if (!response.write(bytes)) await drained(response, signal);
}

async function drained(response: Response, signal: AbortSignal): Promise<void> {
  await once(response, 'drain', { signal }).catch(() => undefined);
}

/**
 * The same pieces, for `sendPieces`; the first of them has been read, so that an answer whose status is not said yet can
 * still say that there is none. For HEAD nothing is read, and nothing would close what was begun.
 * @throws what reading it throws
 */
export async function begun(response: Response, pieces: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  if (response.req.method === 'HEAD') return pieces;
  const iterator = pieces[Symbol.asyncIterator]();
  let first: IteratorResult<Uint8Array> | undefined = await iterator.next();
  // No generator: one that nobody has asked yet would not pass on that nobody wants it.
  const begun: AsyncIterableIterator<Uint8Array> = {
    next: async () => {
      const next = first ?? (await iterator.next());
      first = undefined;
      return next;
    },
    return: async () => {
      await iterator.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => begun,
  };
  return begun;
}

/** Bytes in a block that is used again: fresh memory for each instance of a series costs more than sending it. */
interface InBlock {
  readonly block: Buffer;
  readonly bytes: Buffer;
}

/** @param read  reads at most `blockBytes` into the beginning of a block; @throws what it throws */
export async function readBlock(read: (into: Buffer) => Promise<Buffer>): Promise<InBlock> {
  const block = takeBlock();
  try {
    return { block, bytes: await read(block) };
  } catch (error) {
    giveBlock(block);
    throw error;
  }
}

/** As `sendPiece`. */
export async function sendBlock(response: Response, { block, bytes }: InBlock, signal: AbortSignal): Promise<void> {
  // What was not written may still lie in the socket's queue, and is left to the garbage collector.
  const isWelcome = response.write(bytes, (error) => {
    if (!error) giveBlock(block);
  });
  if (!isWelcome) await drained(response, signal);
}

/** A whole answer that lies in several buffers: one write to the socket, and its length in the header. */
export function sendBuffers(response: Response, buffers: readonly Buffer[]): void {
  response.set('Content-Length', String(buffers.reduce((sum, { length }) => sum + length, 0)));
  response.cork();
  for (const buffer of buffers) response.write(buffer);
  response.end();
  response.uncork();
}

/**
 * Blocks that an answer is read into, used again once it has been sent: a fresh buffer for each frame costs more than
 * sending it. What was not sent may still lie in the socket's queue, and is left to the garbage collector.
 */
export function lendTo(response: Response): Lend {
  const lent: Buffer[] = [];
  response.once('finish', () => lent.forEach(giveBlock));
  return (length) => {
    if (length > blockBytes) return undefined;
    const block = takeBlock();
    lent.push(block);
    return block;
  };
}
