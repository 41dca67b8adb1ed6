import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import { connect, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openCertificates } from '#access/certificates.ts';
import type { Calling } from '#dicom/network/acceptor.ts';
import { encodeAssociateRequest } from '#dicom/network/associate-pdu.ts';
import { verificationRequest, WirePeer } from '#dicom/network/wire-peer.ts';
import { CertificateDirectory, hasOpenssl } from '#tests/certificates.ts';
import { openTestDoor } from '../test-dimse-door.ts';
import { listenHttp } from '../http/server.ts';
import { expectProxy } from './accept.ts';

const header = (address: string, port = 54_321) => Buffer.from(`PROXY TCP4 ${address} 10.0.0.254 ${port} 11112\r\n`);

let directory: string;
const silent = { info() {}, warn() {}, error() {} };
let tls: { certPath: string; keyPath: string };
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-proxy-'));
  const certificates = new CertificateDirectory(directory);
  tls = { certPath: certificates.at('own.pem'), keyPath: certificates.at('own.key') };
  if (hasOpenssl) await certificates.certify('own', 'localhost');
});
afterAll(() => rm(directory, { recursive: true }));

const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close();
});

function proxied({ from = '127.0.0.1' } = {}) {
  const refusals: string[] = [];
  const prepare = (server: Server) =>
    expectProxy(server, {
      isBalancer: (address) => address === from,
      refused: (_, why) => void refusals.push(why),
    });
  return { refusals, prepare };
}

/** Answers with the address that the server takes for the caller's. */
async function openHttp(options: { from?: string; tls?: typeof tls } = {}) {
  const { refusals, prepare } = proxied(options);
  const server = await listenHttp(
    (request, response) => {
      const body: Buffer[] = [];
      request.on('data', (chunk: Buffer) => body.push(chunk));
      request.on('end', () => {
        const { remoteAddress, remotePort } = request.socket;
        response.end(`${remoteAddress} ${remotePort} ${Buffer.concat(body).length}`);
      });
    },
    {
      host: '127.0.0.1',
      port: 0,
      certificates: options.tls && (await openCertificates({ tls: options.tls }, { log: silent })),
      prepare,
    },
  );
  opened.push(() => server.close());
  return { port: server.port, refusals };
}

const post = (bytes: number) =>
  Buffer.from(
    `POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${bytes}\r\n\r\n${'x'.repeat(bytes)}`,
  );

async function answerOf(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => {});
  await once(socket, 'close');
  return Buffer.concat(chunks).toString('latin1');
}

describe('over HTTP', () => {
  test.each([1, 7, 40, 60, 61, 500, 100_000])(
    'a header is taken off however it comes: in pieces of %i',
    async (size) => {
      const { port } = await openHttp();
      const socket = connect(port, '127.0.0.1').setNoDelay(true);
      const answer = answerOf(socket);
      const bytes = Buffer.concat([header('10.1.2.3'), post(size > 60 ? 200_000 : 20)]);
      for (let at = 0; at < bytes.length; at += size) {
        socket.write(bytes.subarray(at, at + size));
        if (at < 400) await new Promise((resolve) => setTimeout(resolve, 1));
      }
      expect((await answer).endsWith(`10.1.2.3 54321 ${size > 60 ? 200_000 : 20}`)).toBe(true);
    },
  );

  test("a connection is kept, and stays its caller's, for further requests", async () => {
    const { port } = await openHttp();
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(header('10.1.2.3'));
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    agent.createConnection = () => socket;
    for (let request = 0; request < 3; request++) {
      const text = await new Promise<string>((resolve, reject) =>
        http
          .get({ agent, path: '/' }, (response) => response.setEncoding('utf8').once('data', resolve))
          .once('error', reject),
      );
      expect(text).toBe('10.1.2.3 54321 0');
    }
    agent.destroy();
  });

  test('from anywhere else a header is not read: it is no HTTP', async () => {
    const { port } = await openHttp({ from: '10.9.9.9' });
    const socket = connect(port, '127.0.0.1');
    socket.write(Buffer.concat([header('10.1.2.3'), post(1)]));
    expect(await answerOf(socket)).toMatch(/^HTTP\/1\.1 400 /);
    const plain = connect(port, '127.0.0.1');
    plain.write(post(1));
    expect(await answerOf(plain)).toMatch(/127\.0\.0\.1 \d+ 1$/);
  });

  test.each([
    ['without a header', post(1), 'it is malformed'],
    ['with a malformed one', Buffer.from('PROXY TCP4 10.1.2.3\r\n'), 'it is malformed'],
    ['with half of one', header('10.1.2.3').subarray(0, 20), 'the connection ended'],
  ])("a balancer's connection %s is closed without an answer", async (_, bytes, why) => {
    const { port, refusals } = await openHttp();
    const socket = connect(port, '127.0.0.1');
    socket.end(bytes);
    expect(await answerOf(socket)).toBe('');
    expect(refusals).toEqual([why]);
  });

  test('a balancer that says nothing is closed soon', async () => {
    const { port, refusals } = await openHttp();
    expect(await answerOf(connect(port, '127.0.0.1'))).toBe('');
    expect(refusals).toEqual(['it did not come in time']);
  });

  test.skipIf(!hasOpenssl)('under TLS the header comes before the handshake', async () => {
    const { port } = await openHttp({ tls });
    const below = connect(port, '127.0.0.1');
    below.write(header('10.1.2.3'));
    const socket = connectTls({ socket: below, rejectUnauthorized: false });
    socket.write(post(70_000));
    expect((await answerOf(socket)).endsWith('10.1.2.3 54321 70000')).toBe(true);
  });
});

describe('over DIMSE', () => {
  async function openDimse(withTls: boolean) {
    const callings: Calling[] = [];
    const { refusals, prepare } = proxied();
    const door = await openTestDoor({
      ...(withTls && { tlsPort: 0, certificates: await openCertificates({ tls }, { log: silent }) }),
      admit: async (calling) => {
        callings.push(calling);
        return { reject: 'calling AE title not recognized' };
      },
      prepare,
    });
    opened.push(() => door.drain());
    return { door, callings, refusals };
  }
  const request = encodeAssociateRequest(verificationRequest());

  test('the caller is whom the balancer names, in one piece with the request and in single bytes', async () => {
    const { door, callings } = await openDimse(false);
    for (const size of [1_000, 1]) {
      const peer = await WirePeer.connect(door.port);
      const bytes = Buffer.concat([header('10.1.2.3'), request]);
      for (let at = 0; at < bytes.length; at += size) peer.send(bytes.subarray(at, at + size));
      expect((await peer.next())?.type).toBe(3);
      peer.destroy();
    }
    expect(callings.map(({ address }) => address)).toEqual(['10.1.2.3', '10.1.2.3']);
  });

  test.skipIf(!hasOpenssl)('and over TLS', async () => {
    const { door, callings } = await openDimse(true);
    const below = connect(door.tlsPort!, '127.0.0.1');
    below.write(header('10.1.2.3'));
    const peer = new WirePeer(connectTls({ socket: below, rejectUnauthorized: false }));
    peer.send(request);
    expect((await peer.next())?.type).toBe(3);
    peer.destroy();
    expect(callings.map(({ address }) => address)).toEqual(['10.1.2.3']);
  });

  test('a request without a header is closed', async () => {
    const { door, callings, refusals } = await openDimse(false);
    const peer = await WirePeer.connect(door.port);
    peer.send(request);
    await peer.closed;
    expect(callings).toEqual([]);
    expect(refusals).toEqual(['it is malformed']);
  });
});
