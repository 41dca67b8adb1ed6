import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';

import { afterEach, describe, expect, test } from 'vitest';

import { acceptedTransport } from './accepted-socket.ts';
import type { Transport } from './transport.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** Both ends of a connection; what comes is told to `take`. */
async function connection(take: (bytes: Buffer) => void, before?: (accepted: Socket) => void) {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const transport = new Promise<{ accepted: Socket; transport: Transport }>((resolve) =>
    server.once('connection', (accepted: Socket) => {
      before?.(accepted);
      const made = acceptedTransport(accepted);
      made.receive(take);
      resolve({ accepted, transport: made });
    }),
  );
  const peer = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const ends = await transport;
  cleanups.push(async () => {
    peer.destroy();
    ends.transport.socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return { server, peer, ...ends };
}

const connections = (server: Server) =>
  new Promise<number>((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );

/** Takes until so many bytes have come. */
function taking(count: number) {
  const chunks: Buffer[] = [];
  const memory = new Set<ArrayBufferLike>();
  const all = Promise.withResolvers<Buffer>();
  let left = count;
  return {
    memory,
    all: all.promise,
    take(bytes: Buffer) {
      memory.add(bytes.buffer);
      chunks.push(Buffer.from(bytes));
      left -= bytes.length;
      if (left <= 0) all.resolve(Buffer.concat(chunks));
    },
  };
}
const sample = Buffer.from(Array.from({ length: 3_000_000 }, (_, index) => (index * index) % 251));

describe('an accepted socket', () => {
  test('is read into our own buffers by this version of Node', async () => {
    const { take, all, memory } = taking(sample.length);
    const { accepted, transport, peer } = await connection(take);
    expect(transport.socket).not.toBe(accepted);
    peer.write(sample);
    expect((await all).equals(sample)).toBe(true);
    expect(memory.size).toBe(2); // the small first one, and one large one again and again
    expect(transport.socket.bytesRead).toBe(sample.length);
  });

  test('is read in the ordinary way where Node does not have what that needs', async () => {
    const { take, all } = taking(sample.length);
    const { accepted, transport, peer } = await connection(take, (socket) => {
      const { _handle } = socket as unknown as { _handle: object };
      Object.defineProperty(_handle, 'useUserBuffer', { value: undefined });
    });
    expect(transport.socket).toBe(accepted);
    peer.write(sample);
    expect((await all).equals(sample)).toBe(true);
  });

  test('knows both its ends, and its server counts it until it is closed', async () => {
    const { server, transport, peer } = await connection(() => socket.destroy());
    const { socket } = transport;
    expect([socket.remoteAddress, socket.remotePort, socket.localPort]).toEqual([
      '127.0.0.1',
      peer.localPort,
      (server.address() as AddressInfo).port,
    ]);
    const closed = once(server, 'close');
    server.close();
    expect(await connections(server)).toBe(1);
    peer.write('x');
    await once(socket, 'close');
    await closed;
    expect(await connections(server)).toBe(0);
    cleanups.length = 0;
    peer.destroy();
  });

  test('gives nothing while it is paused, and all that has come when it is resumed', async () => {
    const few = sample.subarray(0, 30_000);
    const { take, all, memory } = taking(few.length);
    const { transport, peer } = await connection(take);
    transport.socket.pause();
    await new Promise((resolve) => peer.write(few, resolve));
    for (let each = 0; each < 10; each++) await new Promise(setImmediate);
    expect(memory.size).toBe(0);
    transport.socket.resume();
    expect((await all).equals(few)).toBe(true);
  });

  test('ends when its peer ends, with nothing lost, and answers to the last', async () => {
    const { take, all } = taking(5);
    const { transport, peer } = await connection(take);
    const answer = taking(6);
    peer.on('data', answer.take);
    transport.socket.write('answer');
    peer.end('hello');
    expect((await all).toString()).toBe('hello');
    expect((await answer.all).toString()).toBe('answer');
    await once(transport.socket, 'close');
    expect(transport.socket.readableEnded).toBe(true);
  });

  test('says when nothing has come for a while, and when it was reset', async () => {
    const { transport, peer } = await connection(() => {});
    transport.socket.setTimeout(20);
    await once(transport.socket, 'timeout');
    const failed = once(transport.socket, 'error');
    const closed = new Promise((resolve) => transport.socket.once('close', resolve));
    peer.resetAndDestroy();
    expect((await failed)[0]).toMatchObject({ code: 'ECONNRESET' });
    expect(await closed).toBe(true);
  });
});
