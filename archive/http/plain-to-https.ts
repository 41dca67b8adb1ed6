/**
 * Plain HTTP on the port that speaks HTTPS: the first byte of a connection tells (RFC 8446 5.1: a handshake record is 22).
 * Who typed the address without the s is sent to the right one; a program is told, for it must not go on sending passwords
 * in the clear and never notice.
 */
import http from 'node:http';
import type { Server, Socket } from 'node:net';
import { firstBytes, handshakeRecord } from '#dicom/network/handshakes.ts';
import { limits } from '#settings/limits.ts';

const { headersTimeoutMs, headerBytes, clearRequestMs } = limits.http;

/** A host and a port as an address has them; nothing else is repeated. */
const authority = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/i;

/**
 * Call it before the server listens, and before `expectProxy`, whose header comes first.
 * @param publicUrl  where it is known, the one place that requests are sent to
 * @returns closes what has not begun TLS
 */
export function answerPlainHttp(server: Server, { publicUrl }: { publicUrl: string | undefined }): () => void {
  const listeners = server.listeners('connection');
  /** What has not begun TLS. */
  const inClear = new Set<Socket>();
  const plain = http.createServer({ maxHeaderSize: headerBytes }, (request, response) =>
    pointToHttps(request, response, publicUrl),
  );
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    inClear.add(socket);
    socket.once('close', () => inClear.delete(socket));
    firstBytes(socket, { areEnough: () => true, waitMs: headersTimeoutMs }, (bytes) => {
      if (!bytes) return void socket.destroy();
      socket.unshift(bytes);
      if (bytes[0] === handshakeRecord) {
        inClear.delete(socket);
        for (const listener of listeners) listener.call(server, socket);
        return;
      }
      // However slowly the rest comes: there is one short answer, and then it is over.
      const tooLate = setTimeout(() => socket.destroy(), clearRequestMs);
      socket.once('close', () => clearTimeout(tooLate));
      plain.emit('connection', socket);
      socket.resume();
    });
  });
  return () => {
    for (const socket of inClear) socket.destroy();
  };
}

function pointToHttps(request: http.IncomingMessage, response: http.ServerResponse, publicUrl: string | undefined) {
  const { method = '', url = '', headers } = request;
  const host = headers.host ?? '';
  const publicOrigin =
    publicUrl !== undefined && publicUrl.startsWith('https:') ? new URL(publicUrl).origin : undefined;
  // Only the scheme changes of the address that the client itself wrote.
  const origin = publicOrigin ?? (authority.test(host) ? `https://${host}` : undefined);
  const isPerson = (method === 'GET' || method === 'HEAD') && headers.authorization === undefined;
  const address = origin === undefined ? 'https://' : `${origin}/`;
  const text = `Cổng này dùng HTTPS: ${address}\nThis port speaks HTTPS: ${address}\n`;
  response.writeHead(isPerson && origin !== undefined ? 301 : 400, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    // A browser that remembered it would come by HTTPS for ever, also when the certificate is taken away again.
    'cache-control': 'no-store',
    connection: 'close',
    ...(isPerson && origin !== undefined && { location: `${origin}${url.startsWith('/') ? url : '/'}` }),
  });
  response.end(method === 'HEAD' ? undefined : text);
}
