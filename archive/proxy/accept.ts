/**
 * Puts the PROXY protocol before a server: a connection from a load balancer begins with a header that says who calls, and
 * from then on it is that caller's connection, for whoever asks its address. Other connections are what they are.
 */
import type { Server, Socket } from 'node:net';
import { Server as TlsServer, type TLSSocket } from 'node:tls';
import { limits } from '#settings/limits.ts';
import { type Header, type Origin, readHeader } from './header.ts';

export interface ProxyOptions {
  /** Whether this address is a load balancer's. From there a header must come; from anywhere else none is read. */
  readonly isBalancer: (address: string) => boolean;
  /** A balancer's connection was closed, because no header came or not a valid one. */
  readonly refused: (address: string, why: string) => void;
}

/**
 * Call it before the server listens, when everybody else has said what becomes of a connection: they learn of it when its
 * header has been taken off. Under TLS the header comes before the handshake.
 */
export function expectProxy(server: Server, { isBalancer, refused }: ProxyOptions): void {
  const listeners = server.listeners('connection');
  const origins = new Map<string, Origin>();
  server.removeAllListeners('connection');
  const handOn = (socket: Socket) => {
    for (const listener of listeners) listener.call(server, socket);
  };
  server.on('connection', (socket: Socket) => {
    const { remoteAddress = '' } = socket;
    if (!isBalancer(remoteAddress)) return handOn(socket);
    takeHeader(socket, (header) => {
      if (typeof header === 'string') {
        socket.destroy();
        return refused(remoteAddress, header);
      }
      const key = peerOf(socket);
      if (header.origin) {
        origins.set(key, header.origin);
        socket.once('close', () => origins.delete(key));
        become(socket, header.origin);
      }
      handOn(socket);
      // TLS reads by itself, and takes what lies in the socket along.
      if (!(server instanceof TlsServer)) socket.resume();
    });
  });
  // A TLS socket asks the system anew who its peer is.
  server.prependListener('secureConnection', (socket: TLSSocket) => {
    const origin = origins.get(peerOf(socket));
    if (origin) become(socket, origin);
  });
}

/** Reads until the header is whole, and puts back what came behind it. @param then  told once, with a reason when there is none */
function takeHeader(socket: Socket, then: (header: Extract<Header, { kind: 'whole' }> | string) => void): void {
  let received = Buffer.alloc(0);
  const timer = setTimeout(() => end('it did not come in time'), limits.proxyHeaderMs);
  const end = (result: Parameters<typeof then>[0]): void => {
    clearTimeout(timer);
    socket.off('data', take).off('end', ended).off('close', ended).off('error', noop);
    then(result);
  };
  const ended = (): void => end('the connection ended');
  const take = (bytes: Buffer): void => {
    received = Buffer.concat([received, bytes]);
    const header = readHeader(received);
    if (header.kind === 'unfinished') return;
    socket.pause();
    if (header.kind === 'malformed') return end('it is malformed');
    if (received.length > header.length) socket.unshift(received.subarray(header.length));
    end(header);
  };
  socket.on('error', noop).once('end', ended).once('close', ended).on('data', take).resume();
}

function noop(): void {}

function peerOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}

function become(socket: Socket, { address, port }: Origin): void {
  Object.defineProperties(socket, {
    remoteAddress: { value: address },
    remotePort: { value: port },
    remoteFamily: { value: address.includes(':') ? 'IPv6' : 'IPv4' },
  });
}
