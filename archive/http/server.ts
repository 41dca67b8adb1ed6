/**
 * Listens: node's HTTP server around the application, with a time limit for everything that a client can drag out.
 */
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { shakeInTurns } from '#dicom/network/handshakes.ts';
import { noRenegotiation } from '#dicom/network/secure.ts';
import { limits } from '#settings/limits.ts';
import type { Log } from '#settings/log.ts';
import type { Certificates } from '#access/certificates.ts';
import { whyNotListening } from '../listening.ts';
import { Connections } from './connections.ts';
import { answerPlainHttp } from './plain-to-https.ts';

export interface HttpServer {
  readonly port: number;
  /** Takes no new request, lets the running ones finish for a while, then cuts them. */
  close(): Promise<void>;
}

const profile = { minVersion: 'TLSv1.2', secureOptions: noRenegotiation } as const;

type Application = (request: http.IncomingMessage, response: http.ServerResponse) => void;

/** @throws BusyPort, BadSetting */
export async function listenHttp(
  application: Application,
  {
    host,
    port,
    certificates,
    publicUrl,
    prepare,
    log,
  }: {
    host: string;
    port: number;
    /** With one of ours: HTTPS. */
    certificates?: Pick<Certificates, 'own' | 'onChange'> | undefined;
    /** Where requests in the clear are sent under HTTPS; else to the host that they name. */
    publicUrl?: string | undefined;
    /** Called with the server before it listens. */
    prepare?: ((server: http.Server | https.Server) => void) | undefined;
    /** Told of connections that are cut in the middle of a request or an answer. */
    log?: Log | undefined;
  },
): Promise<HttpServer> {
  const options = {
    noDelay: true,
    keepAlive: true,
    maxHeaderSize: limits.http.headerBytes,
    headersTimeout: limits.http.headersTimeoutMs,
    // An upload may take hours; one that stands still is ended by the socket's own timeout below.
    requestTimeout: 0,
    // Of TLS.
    handshakeTimeout: limits.http.headersTimeoutMs,
    keepAliveTimeout: limits.http.keepAliveMs,
    connectionsCheckingInterval: limits.http.headersTimeoutMs / 3,
  };
  const own = certificates?.own;
  const connections = new Connections(limits.http, log);
  const unwatch = connections.watch();
  const answer: Application = (request, response) => {
    if (hasSeveralHosts(request)) return void response.writeHead(400, { Connection: 'close' }).end();
    connections.asked(request, response, () => application(request, response));
  };
  const server = own
    ? https.createServer({ ...options, ...own, ...profile }, answer)
    : http.createServer(options, answer);
  certificates?.onChange(() => {
    if (certificates.own && server instanceof https.Server)
      server.setSecureContext({ ...certificates.own, ...profile });
  });
  server.setTimeout(limits.http.stalledMs, (socket) => connections.silent(socket));
  // Who sends is asked first; whoever may, is then told to go on (archive/http/mount.ts).
  server.on('checkContinue', answer);
  server.on('checkExpectation', answer);
  server.on('clientError', answerBrokenRequest);
  if (server instanceof https.Server) shakeInTurns(server, { waitMs: limits.http.headersTimeoutMs });
  const closeInClear = own ? answerPlainHttp(server, { publicUrl }) : undefined;
  server.on('connection', (socket: Socket) => connections.opened(socket));
  server.on('secureConnection', (socket: TLSSocket) => connections.secured(socket));
  prepare?.(server);

  await new Promise<void>((listening, failed) => {
    server.once('error', (error) => failed(whyNotListening(error, host, port, 'HTTP_PORT')));
    server.listen({ host, port, backlog: limits.http.connections }, listening);
  });

  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((closed) => {
        const cut = setTimeout(() => server.closeAllConnections(), limits.stop.httpMs);
        server.close(() => {
          clearTimeout(cut);
          unwatch();
          closed();
        });
        closeInClear?.();
        server.closeIdleConnections();
      }),
  };
}

/** What is not HTTP never reaches the application: it is answered here, in a few bytes, and the connection ends. */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const [status, phrase] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? [431, 'Request Header Fields Too Large']
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? [408, 'Request Timeout']
        : error.code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW'
          ? [413, 'Content Too Large']
          : [400, 'Bad Request'];
  socket.end(`HTTP/1.1 ${status} ${phrase}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  // It has an answer, and may go on sending all the same: nothing else would ever end its connection.
  const tooLate = setTimeout(() => socket.destroy(), limits.http.unwantedBodyMs);
  socket.once('close', () => clearTimeout(tooLate));
}

/** A proxy may go by another one of them than we do (RFC 9112 Section 3.2). */
function hasSeveralHosts({ rawHeaders }: http.IncomingMessage): boolean {
  return rawHeaders.filter((text, at) => at % 2 === 0 && text.toLowerCase() === 'host').length > 1;
}
