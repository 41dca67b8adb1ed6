import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { Connection } from './connection.ts';
import { upperLayerLimits } from './limits.ts';
import { ordinaryTransport } from './transport.ts';

/** Longer than a turn of the event loop has for what all connections bring. */
const readingMs = 10;

test('what came before a connection was closed is taken before its end is told, however long it waits for its turn', async () => {
  const peers: Socket[] = [];
  const server = createServer((peer) => void peers.push(peer.resume())).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const told: string[][] = [];
  while (told.length < 8) {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const events: string[] = [];
    told.push(events);
    void new Connection(ordinaryTransport(socket), upperLayerLimits, {
      received(bytes) {
        for (const until = performance.now() + readingMs; performance.now() < until;);
        events.push(bytes.toString());
      },
      closed: () => void events.push('closed'),
      artimExpired() {},
      quiet() {},
      paced() {},
    });
  }
  await expect.poll(() => peers.length).toBe(told.length);
  for (const peer of peers) peer.end('the last word');
  await expect.poll(() => told.every(({ length }) => length === 2)).toBe(true);
  expect(told).toEqual(told.map(() => ['the last word', 'closed']));
  server.close();
});
