/**
 * How much of what was written to a socket is on its way. Node counts a write when the system has taken all of it, and several
 * that wait as one: of a frame of 40 MB that goes out over a slow line it says for minutes that nothing has gone, and over TLS its
 * own timer for silence believes that. What the system has taken so far only the handle tells, which is internal to Node.
 */
import type { Socket } from 'node:net';

/** What we need to find of Node's internals. */
interface Handle {
  /** Of a TLS socket: that of the TCP connection below it, which has been given all that is encrypted. */
  readonly _parent?: Handle | null;
  readonly bytesWritten?: unknown;
  readonly writeQueueSize?: unknown;
}

/**
 * @returns bytes that the system has taken since the socket was opened, over TLS as they are encrypted; where Node's internals are
 *   not as they were, those of the writes that are finished
 */
export function sentBytes(socket: Socket): number {
  const handle = (socket as unknown as { readonly _handle?: Handle | null })._handle;
  const { bytesWritten, writeQueueSize } = handle?._parent ?? handle ?? {};
  if (typeof bytesWritten === 'number' && typeof writeQueueSize === 'number') return bytesWritten - writeQueueSize;
  return socket.bytesWritten - socket.writableLength;
}
