/**
 * Listens for transport connections (PS3.8 9.1.2), plain or TLS, and keeps their number within limits.
 */
import { type Server, type Socket, createServer } from 'node:net';
import {
  type SecureContextOptions,
  Server as TlsServer,
  type TLSSocket,
  createServer as createTlsServer,
} from 'node:tls';

import { acceptedTransport } from './accepted-socket.ts';
import { type AcceptorOptions, type Calling, acceptAssociation } from './acceptor.ts';
import { AssociationLost } from './association-user.ts';
import { shakeInTurns } from './handshakes.ts';
import type { UpperLayerLimits } from './limits.ts';
import { shownCertificate } from './secure.ts';
import { type Transport, ordinaryTransport } from './transport.ts';

export interface ListenerOptions<Caller> extends AcceptorOptions<Caller> {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** As `acceptorContext` makes it. */
  readonly tls?: SecureContextOptions;
  /** Called before the server listens, for what may come before the first PDU, or before the TLS handshake. */
  readonly prepare?: (server: Server) => void;
}

type Places = Pick<UpperLayerLimits, 'associations' | 'associationsKept' | 'associationsPerAddress'>;

/**
 * Connections of all listeners of one door: they share the limits. Who has no association takes no place among those that have one,
 * whether it says nothing, is within a TLS handshake, asks for one or was rejected.
 */
export class Connections {
  readonly #sockets = new Set<Socket>();
  /** By address those that have no association, oldest first. */
  readonly #strangers = new Map<string, Map<string, Socket>>();
  #strangersCount = 0;
  #associated = 0;
  readonly #associations = new Map<string, number>();

  opened(socket: Socket, limit: number): void {
    const [address, key] = [addressOf(socket), keyOf(socket)];
    this.#sockets.add(socket);
    const here = this.#strangers.get(address) ?? new Map<string, Socket>();
    // Its key may be another's: one that was reset at once has no address any more. Counted is what the maps hold.
    if (!here.has(key)) this.#strangersCount++;
    this.#strangers.set(address, here.set(key, socket));
    socket.once('close', () => {
      this.#sockets.delete(socket);
      if (here.get(key) === socket) this.#known(address, key);
    });
    if (this.#strangersCount > limit) this.#makeRoom();
  }

  associated(socket: Socket): void {
    // Gone while its request waited for a turn: its place would never be given back.
    if (socket.destroyed) return;
    const address = addressOf(socket);
    this.#known(address, keyOf(socket));
    this.#associated++;
    this.#associations.set(address, (this.#associations.get(address) ?? 0) + 1);
    socket.once('close', () => {
      this.#associated--;
      const left = (this.#associations.get(address) ?? 1) - 1;
      if (left === 0) this.#associations.delete(address);
      else this.#associations.set(address, left);
    });
  }

  /** @param isFirst  of its caller: for those some places are kept, so that nobody who has many keeps all others out */
  isFull(
    address: string,
    isFirst: boolean,
    { associations, associationsKept, associationsPerAddress }: Places,
  ): boolean {
    return (
      this.#associated >= associations - (isFirst ? 0 : associationsKept) ||
      (this.#associations.get(address) ?? 0) >= associationsPerAddress
    );
  }

  #known(address: string, key: string): void {
    const here = this.#strangers.get(address);
    if (!here?.delete(key)) return;
    this.#strangersCount--;
    if (here.size === 0) this.#strangers.delete(address);
  }

  /** The oldest of the address that has most: whoever comes from elsewhere, and says something soon, is not turned away for those. */
  #makeRoom(): void {
    let most: Map<string, Socket> | undefined;
    for (const here of this.#strangers.values()) if (here.size > (most?.size ?? 0)) most = here;
    most?.values().next().value?.destroy();
  }

  closeAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** @throws the system's error (EADDRINUSE, EACCES) when it cannot listen */
export async function listen<Caller>(options: ListenerOptions<Caller>, connections: Connections): Promise<Server> {
  const server = options.tls
    ? createTlsServer({
        ...options.tls,
        requestCert: true,
        rejectUnauthorized: false,
        handshakeTimeout: options.limits.artimMs,
      })
    : createServer({ pauseOnConnect: true });
  const opened = (socket: Socket) => {
    socket.on('error', () => socket.destroy());
    connections.opened(socket, options.limits.strangers);
  };
  const accept = (transport: Transport, certificate: ShownByCaller = {}) => {
    const { socket } = transport;
    const address = addressOf(socket);
    acceptAssociation(
      transport,
      {
        address,
        ...certificate,
        isFull: (isFirst) => connections.isFull(address, isFirst, options.limits),
        accepted: () => connections.associated(socket),
      },
      options,
    );
  };
  if (server instanceof TlsServer) {
    shakeInTurns(server, { waitMs: options.limits.artimMs });
    server.on('connection', opened);
    server.on('secureConnection', (socket: TLSSocket) => accept(ordinaryTransport(socket), shownBy(socket)));
    server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) =>
      options.failed?.(addressOf(socket), noHandshake(error)),
    );
  } else
    server.on('connection', (accepted: Socket) => {
      const transport = acceptedTransport(accepted);
      opened(transport.socket);
      accept(transport);
    });
  options.prepare?.(server);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(options.port, options.host, resolve);
  await promise;
  server.off('error', reject);
  // Out of file descriptors while accepting: the connection is lost, the listener is not.
  server.on('error', () => {});
  return server;
}

type ShownByCaller = Pick<Calling, 'tlsSubject' | 'tlsFingerprint' | 'tlsUntrusted'>;

/** The name in a certificate says something only where it is vouched for; its fingerprint, always. */
function shownBy(socket: TLSSocket): ShownByCaller {
  const { commonName, fingerprint } = shownCertificate(socket);
  if (fingerprint === undefined) return {};
  if (!socket.authorized) return { tlsFingerprint: fingerprint, tlsUntrusted: untrusted(socket) };
  return { tlsFingerprint: fingerprint, ...(commonName !== undefined && { tlsSubject: commonName }) };
}

/** A code of OpenSSL, which Node's types call an error. */
function untrusted({ authorizationError }: TLSSocket): string {
  return String(authorizationError);
}

/** As without TLS, there is nothing to say of a connection that was opened and closed: that is how a port is looked at. */
function noHandshake(error: NodeJS.ErrnoException): AssociationLost | undefined {
  const { code } = error;
  return code === 'ECONNRESET' ? undefined : new AssociationLost(`no TLS handshake: ${code}`, { cause: error });
}

/** IPv4 that came over an IPv6 socket in its usual form. */
function addressOf(socket: Socket): string {
  return (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '');
}

/** The same for a TLS socket and the one below it. */
function keyOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort} ${socket.localPort}`;
}
