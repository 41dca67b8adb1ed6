/**
 * Reads an accepted TCP socket straight into buffers of ours. Node documents that (`onread`) for sockets that connect
 * only, so this file takes the handle of the accepted one, which is internal to Node, and nothing else does.
 */
import { Socket, type SocketConstructorOpts } from 'node:net';

import { ReceiveBuffers } from './receive-buffers.ts';
import { type Transport, ordinaryTransport } from './transport.ts';

/** What we need to find of Node's internals. */
interface Internals {
  _handle?: { readonly useUserBuffer?: unknown; readonly readStart?: unknown } | null;
}

/**
 * @param accepted from a server with `pauseOnConnect`; it must not be used any more, the transport's socket stands for
 *                 it: the server counts the connection as open until that one is closed
 * @returns a transport with its own buffers; an ordinary one where Node's internals are not as they were, or where
 *          something has been read from it
 */
export function acceptedTransport(accepted: Socket): Transport {
  const internals = accepted as unknown as Internals;
  const handle = internals._handle;
  // What has been read already lies in the socket's own memory.
  const isRead = accepted.bytesRead > 0;
  if (isRead || typeof handle?.useUserBuffer !== 'function' || typeof handle.readStart !== 'function') {
    accepted.resume();
    return ordinaryTransport(accepted);
  }
  const buffers = new ReceiveBuffers();
  let take: (bytes: Buffer) => void = () => {};
  const socket = new Socket({
    handle: handle as unknown as SocketConstructorOpts['handle'],
    onread: {
      buffer: () => buffers.next(),
      callback(count: number) {
        take(buffers.received(count));
        return true;
      },
    },
  });
  internals._handle = null;
  socket.once('close', () => {
    buffers.close();
    accepted.destroy();
  });
  return {
    socket,
    receive: (taker) => (take = taker),
    hold: (piece) => buffers.hold(piece),
    giveBack: (piece) => buffers.giveBack(piece),
  };
}
