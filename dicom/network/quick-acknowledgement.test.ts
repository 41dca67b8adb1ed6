import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer, connect as connectTls } from 'node:tls';
import { CertificateDirectory, hasOpenssl } from '#tests/certificates.ts';
import koffi from 'koffi';
import { expect, test } from 'vitest';
import { Connection } from './connection.ts';
import { upperLayerLimits } from './limits.ts';
import { ordinaryTransport } from './transport.ts';

const isLinux = process.platform === 'linux';
/** A command and its data set, some of each: Linux takes the connection for a dialogue from the first answers on. */
const messages = 5;

/** `getsockopt(TCP_QUICKACK)`: 1 where what is read is acknowledged at once, 0 where the system waits for an answer to go with it. */
function isAcknowledgedAtOnce(socket: Socket): boolean {
  const get = koffi.load(null).func('int getsockopt(int, int, int, _Out_ int *, _Inout_ uint32_t *)');
  const value = [-1];
  const { fd } = (socket as unknown as { _handle: { fd: number } })._handle;
  expect(get(fd, 6, 12, value, [4])).toBe(0);
  return value[0] === 1;
}

/** The peer says something, and is answered, several times. @param answer  with the bytes that came */
async function converse(ours: Socket, peer: Socket, answer: (bytes: Buffer) => void): Promise<void> {
  ours.on('data', (bytes) => setImmediate(answer, bytes));
  for (let message = 0; message < messages; message++) {
    peer.write('what is asked');
    await once(peer, 'data');
  }
  peer.write('the first piece of what comes next');
  await once(ours, 'data');
}

/** As the archive has it, answering what comes. */
function answeringConnection(socket: Socket): (bytes: Buffer) => void {
  const connection = new Connection(ordinaryTransport(socket), upperLayerLimits, {
    received() {},
    closed() {},
    artimExpired() {},
    quiet() {},
    paced() {},
  });
  return (bytes) => connection.write([bytes]);
}

/** Two ends of a connection to a server; both are closed with it. */
async function connected(server: Server, event: string, open: (port: number) => Socket) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, event);
  const peer = open((server.address() as AddressInfo).port);
  const [ours] = (await accepted) as [Socket];
  const close = () => {
    ours.destroy();
    peer.destroy();
    server.close();
  };
  return { ours, peer, [Symbol.dispose]: close };
}

const connectedPlainly = () => connected(createServer(), 'connection', (port) => connect(port, '127.0.0.1'));

test.skipIf(!isLinux)('otherwise the system keeps its acknowledgement back once we have answered', async () => {
  using ends = await connectedPlainly();
  await converse(ends.ours, ends.peer, (bytes) => void ends.ours.write(bytes));
  expect(isAcknowledgedAtOnce(ends.ours)).toBe(false);
});

test.skipIf(!isLinux)('what comes after an answer is acknowledged as it is read', async () => {
  using ends = await connectedPlainly();
  const answer = answeringConnection(ends.ours);
  await converse(ends.ours, ends.peer, answer);
  expect(isAcknowledgedAtOnce(ends.ours)).toBe(true);
  ends.ours.destroy();
  expect(() => answer(Buffer.of(0))).not.toThrow();
});

test.skipIf(!isLinux || !hasOpenssl)('over TLS too', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'lightbox-acknowledgement-'));
  const certificates = new CertificateDirectory(directory);
  await certificates.certify('own', 'localhost');
  const server = createTlsServer(await certificates.own('own'));
  await rm(directory, { recursive: true });
  const open = (port: number) => connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
  using ends = await connected(server, 'secureConnection', open);
  await converse(ends.ours, ends.peer, answeringConnection(ends.ours));
  expect(isAcknowledgedAtOnce(ends.ours)).toBe(true);
});
