/** Requests that come, and answers that are taken, slowly or in drops, over the real server of Node. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CertificateDirectory, hasOpenssl } from '#tests/certificates.ts';
import { Connections } from './connections.ts';

const limits = { connections: 100, stalledMs: 300, leastPaceBytes: 4_000 };
/** Of which the system holds only a part, on both sides. */
const answerBytes = 24 * 1024 * 1024;
let directory: string;
let certificates: CertificateDirectory;
beforeAll(async () => {
  directory = await mkdtemp(`${tmpdir()}/lightbox-pace-`);
  certificates = new CertificateDirectory(directory);
  if (hasOpenssl) await certificates.certify('own', 'localhost');
});
afterAll(() => rm(directory, { recursive: true }));

const sockets: Socket[] = [];
let server: http.Server;
let unwatch: () => void;
let lengths: Promise<number | undefined>[] = [];
beforeEach(async () => {
  const connections = new Connections(limits);
  unwatch = connections.watch();
  server = http.createServer((request, response) => {
    connections.asked(request, response, () => {
      lengths.push(bodyOf(request, request.headers['x-hold'] !== undefined));
    });
  });
  server.on('connection', (socket: Socket) => connections.opened(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  unwatch();
  for (const socket of sockets.splice(0)) socket.destroy();
  server.closeAllConnections();
  server.close();
  lengths = [];
});

/** @param holds  waits a second before it reads @returns its bytes; undefined when it was cut */
async function bodyOf(request: http.IncomingMessage, holds: boolean): Promise<number | undefined> {
  if (holds) await delay(1_000);
  let length = 0;
  try {
    for await (const piece of request as AsyncIterable<Buffer>) length += piece.length;
  } catch {
    return undefined;
  }
  return length;
}

async function open(text: string): Promise<Socket> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {});
  sockets.push(socket);
  await once(socket, 'connect');
  socket.write(text);
  return socket;
}

/** Sends 100,000 bytes, so many every ten milliseconds. */
async function send(pieceBytes: number, header = ''): Promise<number | undefined> {
  const socket = await open(`POST / HTTP/1.1\r\nHost: x\r\n${header}Content-Length: 100000\r\n\r\n`);
  await expect.poll(() => lengths).toHaveLength(1);
  for (let at = 0; at < 100_000 && !socket.destroyed; at += pieceBytes) {
    socket.write(Buffer.alloc(pieceBytes));
    await delay(10);
  }
  return lengths[0];
}

test('a body that comes in drops is cut off', async () => {
  expect(await send(1)).toBeUndefined();
});

test('a body that comes slowly is taken', async () => {
  expect(await send(1_000)).toBe(100_000);
});

test('a body that we do not read is no fault of its sender', async () => {
  expect(await send(100_000, 'X-Hold: 1\r\n')).toBe(100_000);
});

/** Takes so many bytes of the answer every ten milliseconds, until the test is over. @returns how many it has taken */
function take(socket: Socket, pieceBytes: number): () => number {
  let taken = 0;
  const sips = setInterval(() => {
    const piece = socket.read(Math.min(pieceBytes, socket.readableLength)) as Buffer | null;
    if (piece) taken += piece.length;
    else socket.read(0);
  }, 10);
  socket.once('close', () => clearInterval(sips));
  return () => taken;
}

describe.each([
  ['HTTP', true],
  ['HTTPS', hasOpenssl],
])('an answer that is one write, by %s,', (scheme, isThere) => {
  let port: number;
  let close: () => void;
  let cuts: unknown[] = [];
  beforeEach(async () => {
    if (!isThere) return;
    cuts = [];
    // Longer than the system waits before it takes more for a connection, which it does by the megabyte.
    const connections = new Connections(
      { ...limits, stalledMs: 1_000 },
      { warn: (fields: unknown) => cuts.push(fields) },
    );
    const stop = connections.watch();
    const answer: http.RequestListener = (request, response) => {
      connections.asked(request, response, () => response.end(Buffer.alloc(answerBytes)));
    };
    const slow =
      scheme === 'HTTP' ? http.createServer(answer) : https.createServer(await certificates.own('own'), answer);
    slow.setTimeout(1_000, (socket) => connections.silent(socket));
    slow.on('connection', (socket: Socket) => connections.opened(socket));
    slow.on('secureConnection', (socket: TLSSocket) => connections.secured(socket));
    slow.listen(0, '127.0.0.1');
    await once(slow, 'listening');
    ({ port } = slow.address() as AddressInfo);
    close = () => {
      stop();
      slow.closeAllConnections();
      slow.close();
    };
  });
  afterEach(() => close?.());

  async function ask(): Promise<Socket> {
    const socket =
      scheme === 'HTTP'
        ? connect(port, '127.0.0.1')
        : connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false });
    sockets.push(socket.on('error', () => {}));
    socket.pause();
    await once(socket, scheme === 'HTTP' ? 'connect' : 'secureConnect');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    return socket;
  }

  test.skipIf(!isThere)('is sent to the end to a client that takes it slowly', async () => {
    const taken = take(await ask(), 64 * 1024);
    await expect.poll(() => taken() > answerBytes || cuts.length > 0, { timeout: 60_000 }).toBe(true);
    expect(cuts).toEqual([]);
  });

  test.skipIf(!isThere).each([0, 1])(
    'is cut off, and the log says so, when %d bytes of it are taken at a time',
    async (bytes) => {
      take(await ask(), bytes);
      await expect.poll(() => cuts, { timeout: 60_000 }).toHaveLength(1);
      expect(cuts).toEqual([{ address: '127.0.0.1', requests: 1, reason: 'the answer is read too slowly' }]);
    },
  );
});
