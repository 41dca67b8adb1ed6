import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { openCertificates } from '#access/certificates.ts';
import { limits } from '#settings/limits.ts';
import { CertificateDirectory, hasOpenssl } from '#tests/certificates.ts';
import type { Resource } from './resource.ts';
import { listenHttp } from './server.ts';
import { admin, ask, startTestArchive, type TestArchive } from './test-archive.ts';

const most = limits.http.connections;
const sockets: Socket[] = [];
afterEach(() => {
  vi.restoreAllMocks();
  for (const socket of sockets.splice(0)) socket.destroy();
});

/** Opens a connection and says something on it, or nothing. */
async function says(port: number, text: string, localAddress = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', localAddress }).on('error', () => {});
  sockets.push(socket);
  await once(socket, 'connect');
  if (text !== '') socket.write(text);
  return socket;
}

async function fill(port: number, text: string): Promise<void> {
  for (let opened = 0; opened < most; opened += 100)
    await Promise.all(Array.from({ length: 100 }, () => says(port, text)));
}

describe('when all places are taken', () => {
  let archive: TestArchive;
  let hanging = 0;
  const released = Promise.withResolvers<void>();
  const resources: Resource[] = [
    {
      method: 'get',
      path: '/long',
      right: 'read',
      async handle(_request, response) {
        response.write('begun ');
        await released.promise;
        response.end('and done');
      },
    },
    {
      method: 'get',
      path: '/hangs',
      right: 'read',
      async handle(_request, response) {
        hanging++;
        response.write('begun ');
        await once(response, 'close');
        hanging--;
      },
    },
  ];
  beforeAll(async () => {
    archive = await startTestArchive({ dicomweb: resources });
  });
  afterAll(() => archive[Symbol.asyncDispose]());

  const head = `HTTP/1.1\r\nHost: x\r\n`;

  test.each([
    ['who says nothing', ''],
    ['whose request does not come to its end', `GET / ${head}X-`],
    ['who was answered and asks nothing more', `GET /health/live ${head}\r\n`],
    ['who drags out a login', `POST /api/login ${head}Content-Type: application/json\r\nContent-Length: 999\r\n\r\n{`],
  ])('by %s, the next one is answered all the same', async (_, text) => {
    await fill(archive.port, text);
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(archive.port, '/health/live')));
    expect(answers.map(({ status }) => status)).toEqual(Array<number>(20).fill(200));
  });

  test('the address that has most of those that are done nothing for makes room first', async () => {
    const oldest = await says(archive.port, '', '127.0.0.2');
    await fill(archive.port, '');
    await ask(archive.port, '/health/live');
    oldest.write(`GET /health/live ${head}\r\n`);
    const [answer] = (await Promise.race([once(oldest, 'data'), once(oldest, 'close')])) as [unknown];
    expect(String(answer)).toMatch(/^HTTP\/1\.1 200 /);
  });

  test('by one caller, the next one is answered all the same', async () => {
    const login = Object.entries(admin).map(([name, value]) => `${name}: ${value}\r\n`);
    await fill(archive.port, `GET /dicom-web/hangs ${head}${login.join('')}\r\n`);
    await expect.poll(() => hanging, { timeout: 20_000 }).toBe(limits.http.answeredPerAddress);
    expect((await ask(archive.port, '/health/live')).status).toBe(200);
    expect(hanging).toBe(limits.http.answeredPerAddress);
    for (const socket of sockets) socket.destroy();
    await expect.poll(() => hanging).toBe(0);
  });

  test('who is logged in and being answered keeps the place', async () => {
    const login = Object.entries(admin).map(([name, value]) => `${name}: ${value}\r\n`);
    const reader = await says(archive.port, `GET /dicom-web/long ${head}${login.join('')}Connection: close\r\n\r\n`);
    let text = '';
    reader.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    await once(reader, 'data');
    await fill(archive.port, '');
    expect((await ask(archive.port, '/health/live')).status).toBe(200);
    released.resolve();
    await once(reader, 'end');
    expect(text).toMatch(/begun [^]*and done/);
  });
});

test('a connection whose request is broken ends soon after its answer, though its client does not end it', async () => {
  // It does not end as one on which nothing comes.
  vi.spyOn(limits.http as { stalledMs: number }, 'stalledMs', 'get').mockReturnValue(3_600_000);
  let accepted: Promise<unknown[]> | undefined;
  const server = await listenHttp(() => {}, {
    host: '127.0.0.1',
    port: 0,
    prepare: (made) => void (accepted = once(made, 'connection')),
  });
  const client = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {});
  sockets.push(client);
  const [ours] = (await accepted) as [Socket];
  client.resume().write('GET / HTTP/1.1\r\nHost : x\r\n\r\n');
  await once(ours, 'close');
  await server.close();
});

describe('requests that do not wait for each other’s answer', () => {
  let asked = 0;
  async function served(requests: number): Promise<{ statuses: number; asked: number }> {
    const server = await listenHttp(
      (_request, response) => {
        asked++;
        setImmediate(() => response.end());
      },
      { host: '127.0.0.1', port: 0 },
    );
    asked = 0;
    const socket = connect(server.port, '127.0.0.1').on('error', () => {});
    const closed = new Promise((resolve) => void socket.once('close', resolve));
    socket.write(
      `${'GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(requests - 1)}GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    let text = '';
    socket.setEncoding('latin1').on('data', (piece: string) => (text += piece));
    await closed;
    await server.close();
    return { statuses: text.split('HTTP/1.1 200').length - 1, asked };
  }

  test('are answered in their order, some of them', async () => {
    const most = limits.http.pipelinedRequests;
    expect(await served(most)).toEqual({ statuses: most, asked: most });
  });

  test('are begun one after the other, and not for who has gone', async () => {
    const begun: { url: string; response: ServerResponse }[] = [];
    const server = await listenHttp(
      ({ url = '' }, response) => {
        begun.push({ url, response });
        response.write('x');
      },
      { host: '127.0.0.1', port: 0 },
    );
    const socket = await says(
      server.port,
      ['/1', '/2', '/3'].map((url) => `GET ${url} HTTP/1.1\r\nHost: x\r\n\r\n`).join(''),
    );
    await expect.poll(() => begun.length).toBe(1);
    begun[0]!.response.end();
    await expect.poll(() => begun.length).toBe(2);
    socket.destroy();
    await once(begun[1]!.response, 'close');
    await server.close();
    expect(begun.map(({ url }) => url)).toEqual(['/1', '/2']);
  });

  test('are not begun behind an answer that ends the connection', async () => {
    const begun: string[] = [];
    const server = await listenHttp(
      ({ url = '' }, response) => {
        begun.push(url);
        // HTTP/1.0 knows no chunks: where this ends, the connection says (RFC 9112 Section 6.3).
        response.write('x');
        setImmediate(() => response.end());
      },
      { host: '127.0.0.1', port: 0 },
    );
    const socket = await says(
      server.port,
      ['/1', '/2'].map((url) => `GET ${url} HTTP/1.0\r\nConnection: keep-alive\r\n\r\n`).join(''),
    );
    await once(socket.resume(), 'close');
    await server.close();
    expect(begun).toEqual(['/1']);
  });

  test('are not all begun, when they are many: the connection ends', async () => {
    expect((await served(20_000)).asked).toBeLessThanOrEqual(limits.http.pipelinedRequests);
  });
});

test.skipIf(!hasOpenssl)('when all places are taken by those who begin no TLS, the next one is answered', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'lightbox-connections-'));
  const made = new CertificateDirectory(directory);
  await made.certify('own', 'localhost');
  const tls = { certPath: made.at('own.pem'), keyPath: made.at('own.key') };
  const log = { info() {}, warn() {}, error() {} };
  const server = await listenHttp((_request, response) => response.end('over TLS'), {
    host: '127.0.0.1',
    port: 0,
    certificates: await openCertificates({ tls }, { log }),
  });
  await fill(server.port, '');
  const socket = connectTls({ host: '127.0.0.1', port: server.port, rejectUnauthorized: false });
  socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  let text = '';
  for await (const piece of socket.setEncoding('utf8')) text += piece as string;
  expect(text).toContain('over TLS');
  for (const each of sockets) each.destroy();
  await server.close();
  await rm(directory, { recursive: true });
});
