/** TLS handshakes at both doors: who asks for them without end, or never ends one, keeps nobody else waiting. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Certificates, openCertificates } from '#access/certificates.ts';
import { CertificateDirectory, hasOpenssl } from '#tests/certificates.ts';
import { freePort } from '#tests/free-port.ts';
import { listenHttp } from './http/server.ts';
import { openTestDoor } from './test-dimse-door.ts';

let directory: string;
let certificates: Certificates;
let hello: Buffer;
beforeAll(async () => {
  if (!hasOpenssl) return;
  directory = await mkdtemp(join(tmpdir(), 'lightbox-handshakes-'));
  const files = new CertificateDirectory(directory);
  await files.certify('own', 'localhost');
  const tls = { certPath: files.at('own.pem'), keyPath: files.at('own.key') };
  certificates = await openCertificates({ tls }, { log: { info() {}, warn() {}, error() {} } });
  hello = await firstOfHandshake();
});
afterAll(async () => {
  if (!hasOpenssl) return;
  certificates[Symbol.dispose]();
  await rm(directory, { recursive: true });
});

const opened: (() => Promise<unknown>)[] = [];
const callers: Socket[] = [];
afterEach(async () => {
  for (const caller of callers.splice(0)) caller.destroy();
  for (const close of opened.splice(0)) await close();
});

/** What a client says first. */
async function firstOfHandshake(): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connectTls({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' }).on('error', () => {});
  const [accepted] = (await once(server, 'connection')) as [Socket];
  const [bytes] = (await once(accepted, 'data')) as [Buffer];
  client.destroy();
  accepted.destroy();
  server.close();
  return bytes;
}

const strangers = 60;

const doors: Record<string, () => Promise<number>> = {
  async DICOM() {
    const door = await openTestDoor({ certificates, tlsPort: await freePort(), limits: { strangers } });
    opened.push(() => door.drain());
    return door.tlsPort!;
  },
  async HTTP() {
    const server = await listenHttp((_, response) => response.end(), { host: '127.0.0.1', port: 0, certificates });
    opened.push(() => server.close());
    return server.port;
  },
};

async function call(port: number, localAddress: string): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress })
    .setNoDelay(true)
    .on('error', () => {});
  callers.push(socket);
  await once(socket, 'connect');
  return socket;
}

/** One connection is taken in each round of the event loop. */
async function allTaken(): Promise<void> {
  for (let round = 0; round < 4 * strangers; round++) await setImmediate();
}

describe.skipIf(!hasOpenssl).each(Object.keys(doors))('handshakes at the door of %s', (name) => {
  test('that one address begins all at once are taken in turns with those of another', async () => {
    const port = await doors[name]!();
    const many = await Promise.all(Array.from({ length: strangers - 1 }, () => call(port, '127.0.0.2')));
    const one = await call(port, '127.0.0.3');
    await allTaken();
    const answered: Socket[] = [];
    const all = [...many, one].map(async (socket) => {
      await once(socket, 'data');
      answered.push(socket);
    });
    for (const socket of [...many, one]) socket.write(hello);
    await Promise.all(all);
    expect(answered.indexOf(one)).toBeLessThan(strangers / 4);
  });

  test('that are cut into pieces, or begun together with what follows them, come to their end', async () => {
    const port = await doors[name]!();
    for (const pieceBytes of [1, 7, hello.length]) {
      const socket = await call(port, '127.0.0.2');
      for (let at = 0; at < hello.length; at += pieceBytes) {
        socket.write(hello.subarray(at, at + pieceBytes));
        await setImmediate();
      }
      const [answer] = (await once(socket, 'data')) as [Buffer];
      // ServerHello (RFC 8446 4).
      expect([answer[0], answer[5]]).toEqual([22, 2]);
    }
  });

  test('whose rest never comes keep no other address out', async () => {
    const port = await doors[name]!();
    const beginnings = [0, 1, 5, hello.length - 1, hello.length];
    for (let at = 0; at < 2 * strangers; at++)
      (await call(port, '127.0.0.2')).write(hello.subarray(0, beginnings[at % beginnings.length]));
    const socket = connectTls({ socket: await call(port, '127.0.0.3'), rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    socket.destroy();
  });

  test('whose callers are gone before their turn end nothing', async () => {
    const port = await doors[name]!();
    const uncaught: unknown[] = [];
    const note = (error: unknown): void => void uncaught.push(error);
    process.on('uncaughtException', note);
    // However far the door has come with them.
    for (let rounds = 0; rounds < 4; rounds++) {
      const many = await Promise.all(Array.from({ length: strangers - 1 }, () => call(port, '127.0.0.2')));
      await allTaken();
      for (const socket of many) socket.write(hello);
      for (let round = 0; round < rounds; round++) await setImmediate();
      for (const socket of many) socket.resetAndDestroy();
    }
    const socket = connectTls({ socket: await call(port, '127.0.0.3'), rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    socket.destroy();
    process.off('uncaughtException', note);
    expect(uncaught).toEqual([]);
  });
});

test.runIf(hasOpenssl)('new certificates that a door does not take are said, and offered to it again', async () => {
  const files = new CertificateDirectory(directory);
  await files.certify('renewed', 'localhost');
  const tls = { certPath: files.at('renewed.pem'), keyPath: files.at('renewed.key') };
  const refused = Promise.withResolvers<void>();
  const taken = Promise.withResolvers<void>();
  const log = {
    info: () => taken.resolve(),
    warn() {},
    // Before that it may have met the key without its certificate.
    error: ({ why }: { why?: unknown }) => why === 'not by this door' && refused.resolve(),
  };
  using renewed = await openCertificates({ tls }, { log, everyMs: 10 });
  const before = renewed.own;
  let takes = false;
  renewed.onChange(() => {
    if (!takes) throw new Error('not by this door');
  });
  await files.certify('renewed', 'localhost');
  await refused.promise;
  expect([renewed.own, renewed.isRefused]).toEqual([before, true]);
  takes = true;
  await taken.promise;
  expect(renewed.own).not.toEqual(before);
  expect(renewed.isRefused).toBe(false);
});
