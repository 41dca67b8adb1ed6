/**
 * What bench.mjs's own client can take at all: a server that has one frame in memory and gives it to everybody, without
 * login, log, index or file. No archive can look faster to that client.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface BareServer extends AsyncDisposable {
  readonly dicomweb: string;
}

const frame = Buffer.alloc(512 * 512 * 2, 1);
const boundary = 'bare';
const body = [
  Buffer.from(`--${boundary}\r\nContent-Type: application/octet-stream\r\n\r\n`),
  frame,
  Buffer.from(`\r\n--${boundary}--\r\n`),
];
const headers = {
  'Content-Type': `multipart/related; type="application/octet-stream"; boundary=${boundary}`,
  'Content-Length': body.reduce((sum, { length }) => sum + length, 0),
};

/** More instances than any series has that is asked about. */
const found = JSON.stringify(Array.from({ length: 10_000 }, () => ({})));

/** Takes what is stored and forgets it; says that all of it is there. */
export async function startBareServer(): Promise<BareServer> {
  const server = createServer({ noDelay: true }, (request, response) => {
    request.resume();
    request.once('end', () => {
      if (request.method === 'POST') return response.end();
      if (!request.url?.includes('/frames/')) return response.end(found);
      response.writeHead(200, headers);
      response.cork();
      for (const part of body) response.write(part);
      response.end();
      response.uncork();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    dicomweb: `http://127.0.0.1:${(server.address() as AddressInfo).port}/dicom-web`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
