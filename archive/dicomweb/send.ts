/** Sends bytes as they come from storage, no faster than the client takes them. */
import { once } from 'node:events';
import type { Response } from 'express';

/** Resolves when the last piece has been handed over, or the client has gone. */
export async function sendPieces(
  response: Response,
  pieces: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  for await (const piece of pieces) {
    if (signal.aborted) return;
    if (!response.write(piece)) await once(response, 'drain', { signal }).catch(() => undefined);
  }
}
