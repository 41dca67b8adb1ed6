import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openCertificates } from '#access/certificates.ts';
import { CertificateDirectory, hasOpenssl } from '#tests/certificates.ts';
import { expectProxy } from '../proxy/accept.ts';
import { type HttpServer, listenHttp } from './server.ts';

let directory: string;
let tls: { certPath: string; keyPath: string };
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lightbox-https-'));
  const certificates = new CertificateDirectory(directory);
  tls = { certPath: certificates.at('own.pem'), keyPath: certificates.at('own.key') };
  if (hasOpenssl) await certificates.certify('own', 'localhost');
});
afterAll(() => rm(directory, { recursive: true }));

let server: HttpServer | undefined;
afterEach(() => server?.close());

async function open(more: Partial<Parameters<typeof listenHttp>[1]> = {}): Promise<number> {
  const log = { info() {}, warn() {}, error() {} };
  server = await listenHttp((_request, response) => response.end('over TLS'), {
    host: '127.0.0.1',
    port: 0,
    certificates: await openCertificates({ tls }, { log }),
    ...more,
  });
  return server.port;
}

async function said(port: number, bytes: string, pieceBytes = bytes.length): Promise<string> {
  const socket = connect(port, '127.0.0.1').setNoDelay(true);
  const pieces: Buffer[] = [];
  socket.on('data', (piece: Buffer) => pieces.push(piece)).on('error', () => {});
  for (let at = 0; at < bytes.length; at += pieceBytes) socket.write(bytes.slice(at, at + pieceBytes));
  await once(socket, 'close');
  return Buffer.concat(pieces).toString('utf8');
}

async function saidOverTls(port: number, before = ''): Promise<string> {
  const below = connect(port, '127.0.0.1');
  if (before !== '') below.write(before);
  const socket = connectTls({ socket: below, rejectUnauthorized: false });
  socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  let text = '';
  for await (const piece of socket.setEncoding('utf8')) text += piece as string;
  return text;
}

describe.skipIf(!hasOpenssl)('plain HTTP on the port that speaks HTTPS', () => {
  test.each([1, 1_000])('is sent on when a person asks, in pieces of %i bytes', async (pieceBytes) => {
    const port = await open();
    const answer = await said(port, 'GET /viewer?a=1 HTTP/1.1\r\nHost: pacs.local:8443\r\n\r\n', pieceBytes);
    expect(answer).toMatch(/^HTTP\/1\.1 301 /);
    expect(answer).toMatch(/\r\nlocation: https:\/\/pacs\.local:8443\/viewer\?a=1\r\n/i);
    expect(answer).toMatch(/\r\ncache-control: no-store\r\n/i);
    expect(answer).toContain('This port speaks HTTPS: https://pacs.local:8443/\n');
    expect(await saidOverTls(port)).toContain('over TLS');
  });

  test.each([
    ['changes something', 'POST /dicom-web/studies HTTP/1.1\r\nHost: pacs.local\r\nContent-Length: 9000\r\n\r\nx'],
    ['brings a password', 'GET / HTTP/1.1\r\nHost: pacs.local\r\nAuthorization: Basic YTpi\r\n\r\n'],
  ])('is refused with the right address when it %s', async (_what, request) => {
    const answer = await said(await open(), request);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).not.toMatch(/location/i);
    expect(answer).toContain('Cổng này dùng HTTPS: https://pacs.local/\nThis port speaks HTTPS: https://pacs.local/\n');
  });

  test('is sent to the public address where there is one, and never to what is no host', async () => {
    const answer = await said(
      await open({ publicUrl: 'https://pacs.example/' }),
      'GET /x HTTP/1.1\r\nHost: other\r\n\r\n',
    );
    expect(answer).toMatch(/\r\nlocation: https:\/\/pacs\.example\/x\r\n/i);
    await server!.close();
    const odd = await said(await open(), 'GET / HTTP/1.1\r\nHost: user@evil.example/\r\n\r\n');
    expect(odd).toMatch(/^HTTP\/1\.1 400 /);
    expect(odd).not.toContain('evil');
  });

  test('is told when it is no HTTP either, and ended when its rest does not come', async () => {
    const port = await open();
    expect(await said(port, 'EHLO mail\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    expect(await said(port, 'GET / HTTP/1.1\r\nHost: x\r\n')).toBe('');
    expect(await said(port, `GET / HTTP/1.1\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
  });

  test('comes behind the header of a load balancer, as TLS does', async () => {
    const prepare: NonNullable<Parameters<typeof listenHttp>[1]['prepare']> = (prepared) =>
      expectProxy(prepared, { isBalancer: () => true, refused: () => {} });
    const port = await open({ prepare });
    const header = 'PROXY TCP4 10.1.2.3 10.0.0.254 54321 443\r\n';
    expect(await said(port, `${header}GET / HTTP/1.1\r\nHost: pacs.local\r\n\r\n`)).toMatch(/^HTTP\/1\.1 301 /);
    expect(await said(port, `${header}GET / HTTP/1.1\r\nHost: pacs.local\r\n\r\n`, 5)).toMatch(/^HTTP\/1\.1 301 /);
    expect(await saidOverTls(port, header)).toContain('over TLS');
  });

  test('a connection that says nothing does not hold the server up when it closes', async () => {
    const port = await open();
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const ended = once(socket, 'close');
    socket.resume();
    await server!.close();
    await ended;
  });
});
