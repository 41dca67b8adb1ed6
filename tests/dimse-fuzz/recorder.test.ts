import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { recorded } from './recorder.ts';

test.each([
  ['cuts the connection', (socket: Socket) => void socket.resetAndDestroy()],
  ['ends it', (socket: Socket) => void socket.end()],
])('a requestor that waits for an acceptor which %s is let go of, and what it said is kept', async (_what, leave) => {
  const acceptor = createServer((socket) => {
    socket.on('error', () => {}).once('data', () => leave(socket));
  }).listen(0, '127.0.0.1');
  await once(acceptor, 'listening');
  const said = await recorded((acceptor.address() as AddressInfo).port, 'requestor', async (through) => {
    const requestor = connect(through, '127.0.0.1')
      .on('error', () => {})
      .resume();
    requestor.write('A-ASSOCIATE-RQ');
    await once(requestor, 'close');
  });
  expect(said).toEqual([Buffer.from('A-ASSOCIATE-RQ')]);
  acceptor.close();
});
