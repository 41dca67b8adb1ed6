/** Requests that come, and answers that are taken, in drops, over the real server of Node. */
import { once } from 'node:events';
import http from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Connections } from './connections.ts';

const limits = { connections: 100, connectionsPerCaller: 50, stalledMs: 300, leastPaceBytes: 4_000 };
const sockets: Socket[] = [];
let server: http.Server;
let unwatch: () => void;
let lengths: Promise<number | undefined>[] = [];
beforeEach(async () => {
  const connections = new Connections(limits);
  unwatch = connections.watch();
  server = http.createServer((request, response) => {
    connections.asked(request, response);
    if (request.method === 'GET') response.end(Buffer.alloc(64 * 1024 * 1024));
    else lengths.push(bodyOf(request, request.headers['x-hold'] !== undefined));
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

test('an answer that is taken in drops is cut off', async () => {
  const socket = await open('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  socket.pause();
  const sips = setInterval(() => socket.read(1), 10);
  const connections = () => new Promise((counted) => server.getConnections((_, count) => counted(count)));
  await expect.poll(connections, { timeout: 5_000 }).toBe(0);
  clearInterval(sips);
});
