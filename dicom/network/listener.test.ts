import { once } from 'node:events';
import { Socket } from 'node:net';

import { expect, test } from 'vitest';

import { Connections } from './listener.ts';

const places = { associations: 1, associationsKept: 0, associationsPerAddress: 1 };

/** Not connected, as one is that was reset before anybody looked at it: neither address nor port tells it from another. */
const reset = () => new Socket();

async function close(socket: Socket): Promise<void> {
  const closed = once(socket, 'close');
  socket.destroy();
  await closed;
}

test('connections that were reset at once, whatever their number, leave the places of strangers to others', async () => {
  const connections = new Connections();
  const most = 2;
  for (let round = 0; round <= most; round++) {
    const overlapping = [reset(), reset()];
    for (const socket of overlapping) connections.opened(socket, most);
    await Promise.all(overlapping.map(close));
  }
  const stranger = reset();
  connections.opened(stranger, most);
  expect(stranger.destroyed).toBe(false);
  await close(stranger);
});

test('a connection that is gone before its association is accepted takes no place', async () => {
  const connections = new Connections();
  const gone = reset();
  connections.opened(gone, 1);
  await close(gone);
  connections.associated(gone);
  expect(connections.isFull('', false, places)).toBe(false);
  const there = reset();
  connections.associated(there);
  expect(connections.isFull('', false, places)).toBe(true);
  await close(there);
  expect(connections.isFull('', false, places)).toBe(false);
});
