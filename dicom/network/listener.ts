/**
 * Listens for transport connections (PS3.8 9.1.2), plain or TLS, and keeps their number within limits.
 */
import { type Server, type Socket, createServer } from 'node:net';
import { type SecureContextOptions, type TLSSocket, createServer as createTlsServer } from 'node:tls';

import { acceptedTransport } from '#dicom/network/accepted-socket.ts';
import { type AcceptorOptions, type Calling, acceptAssociation } from '#dicom/network/acceptor.ts';
import { AssociationLost } from '#dicom/network/association-user.ts';
import { shownCertificate } from '#dicom/network/secure.ts';
import { type Transport, ordinaryTransport } from '#dicom/network/transport.ts';

export interface ListenerOptions<Caller> extends AcceptorOptions<Caller> {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** As `acceptorContext` makes it. */
  readonly tls?: SecureContextOptions;
  /** Called before the server listens, for what may come before the first PDU, or before the TLS handshake. */
  readonly prepare?: (server: Server) => void;
}

/** Connections of all listeners of one door: they share the limits. */
export class Connections {
  readonly #sockets = new Set<Socket>();
  /** Those that have not yet sent an A-ASSOCIATE-RQ, and those that were rejected, oldest first. */
  readonly #silent = new Map<string, Socket>();
  /** Those of an association, or of one that is being asked for, and their number by address. */
  readonly #associated = new Set<Socket>();
  readonly #associations = new Map<string, number>();

  opened(socket: Socket, limit: number): void {
    const key = keyOf(socket);
    this.#sockets.add(socket);
    this.#silent.set(key, socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#silent.delete(key);
    });
    // Silence costs us a socket; whoever says something soon is not turned away for those who do not.
    if (this.#sockets.size > limit) this.#silent.values().next().value?.destroy();
  }

  requested(socket: Socket): void {
    this.#silent.delete(keyOf(socket));
    const address = addressOf(socket);
    this.#associated.add(socket);
    this.#associations.set(address, (this.#associations.get(address) ?? 0) + 1);
    socket.once('close', () => this.#left(socket, address));
  }

  /** A stranger whose connection stays open after its rejection takes nobody's place. */
  refused(socket: Socket): void {
    this.#left(socket, addressOf(socket));
    if (!socket.destroyed) this.#silent.set(keyOf(socket), socket);
  }

  #left(socket: Socket, address: string): void {
    if (!this.#associated.delete(socket)) return;
    const left = (this.#associations.get(address) ?? 1) - 1;
    if (left === 0) this.#associations.delete(address);
    else this.#associations.set(address, left);
  }

  /** Counts the association that is being asked for. */
  isFull(address: string, limits: { associations: number; associationsPerAddress: number }): boolean {
    return (
      this.#associated.size > limits.associations ||
      (this.#associations.get(address) ?? 0) > limits.associationsPerAddress
    );
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
    connections.opened(socket, options.limits.connections);
  };
  const accept = (transport: Transport, certificate: ShownByCaller = {}) => {
    const { socket } = transport;
    const address = addressOf(socket);
    acceptAssociation(
      transport,
      {
        address,
        ...certificate,
        isFull: () => connections.isFull(address, options.limits),
        requested: () => connections.requested(socket),
        refused: () => connections.refused(socket),
      },
      options,
    );
  };
  if (options.tls) {
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
