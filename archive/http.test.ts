import { once } from 'node:events';
import net from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Resource } from './http/resource.ts';
import { admin, ask, startTestArchive, type TestArchive } from './http/test-archive.ts';
import { listenHttp } from './http/server.ts';
import { Problem, problems } from './problems.ts';
import { problemText } from './problem-text.ts';

let archive: TestArchive;
let aborted: Promise<void>;
const resources: Resource[] = [
  {
    method: 'get',
    path: '/studies',
    right: 'read',
    handle: async ({ caller }, response) => void response.json({ caller: caller.name, address: caller.address }),
  },
  {
    method: 'post',
    path: '/studies',
    right: 'store',
    async handle(request, response) {
      let bytes = 0;
      for await (const chunk of request as AsyncIterable<Buffer>) bytes += chunk.length;
      response.json({ bytes });
    },
  },
  {
    method: 'get',
    path: '/studies/:StudyInstanceUID',
    right: 'read',
    async handle(_request, response) {
      response.write('half');
      await turn();
      throw new Error('disk /secret/path failed');
    },
  },
  {
    method: 'get',
    path: '/damaged',
    right: 'read',
    async handle(_request, response) {
      response.write('whole frame');
      await turn();
      throw new Problem('notAcceptable', 'frame 2 is damaged');
    },
  },
  {
    method: 'get',
    path: '/broken',
    right: 'read',
    handle: () => Promise.reject(new Error('no space in /secret/path')),
  },
  {
    method: 'get',
    path: '/slow',
    right: 'read',
    async handle(_request, response, signal) {
      response.write('begun');
      aborted = once(signal, 'abort').then(() => {});
      await aborted;
    },
  },
];

beforeAll(async () => {
  archive = await startTestArchive({ dicomweb: resources });
});
afterAll(() => archive[Symbol.asyncDispose]());

const get = (path: string, headers = {}) => ask(archive.port, path, { headers });
const problem = (body: string) => JSON.parse(body) as Record<string, unknown>;

/** Sends bytes as they are; resolves with everything that came back when the other side closed. */
async function raw(text: string): Promise<string> {
  const socket = net.connect(archive.port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', () => {});
  socket.write(text);
  await once(socket, 'close');
  return Buffer.concat(chunks).toString('latin1');
}

describe('what goes wrong', () => {
  test('is a problem document, in English for programs and in Vietnamese for a Vietnamese browser', async () => {
    const english = await get('/nowhere');
    expect(english.headers['content-type']).toBe('application/problem+json');
    expect(problem(english.body)).toEqual({
      type: 'urn:lightbox:problem:notFound',
      title: 'Not found',
      status: 404,
      detail: 'nothing is served at this address',
      code: 'notFound',
      reason: 'nothing is served at this address',
    });
    const vietnamese = await get('/nowhere', { 'accept-language': 'vi-VN,vi;q=0.9,en;q=0.8' });
    expect(problem(vietnamese.body)).toMatchObject({ title: 'Không tìm thấy', code: 'notFound' });
    expect(vietnamese.headers['content-language']).toBe('vi');
  });

  test('has a text in both languages, whatever it is', () => {
    expect(Object.keys(problemText).sort()).toEqual(Object.keys(problems).sort());
  });

  test('inside tells nothing of the inside, and is logged', async () => {
    const answer = await get('/dicom-web/broken', admin);
    expect(answer.status).toBe(500);
    expect(answer.body).not.toMatch(/secret|space|at /);
    expect(JSON.stringify(archive.lines.find(({ msg }) => msg === 'request failed'))).toContain('/secret/path');
  });

  test('after the first byte cuts the connection, so that half an answer never looks like a whole one', async () => {
    await expect(get('/dicom-web/studies/1.2.3', admin)).rejects.toThrow(/aborted|hang up|reset/i);
    await expect(get('/dicom-web/damaged', admin)).rejects.toThrow(/aborted|hang up|reset/i);
    // Why, only the log says.
    const [line, ...more] = archive.lines.filter(({ msg }) => msg === 'answer broken off');
    expect(line).toMatchObject({ route: '/dicom-web/damaged' });
    expect([JSON.stringify(line), more]).toEqual([expect.stringContaining('frame 2 is damaged'), []]);
  });

  test('in the address is 400: broken percent signs, broken UTF-8, a NUL', async () => {
    for (const path of [
      '/%zz',
      '/dicom-web/studies/%',
      '/dicom-web/studies/%ff',
      '/assets/%00',
      '/api/studies/1%00/thumbnail',
    ])
      expect((await get(path, admin)).status).toBe(400);
  });

  test('with the method is 405 and says which methods there are', async () => {
    const answer = await ask(archive.port, '/dicom-web/studies', { method: 'PUT', headers: admin });
    expect([answer.status, answer.headers.allow]).toEqual([405, 'GET, HEAD, POST']);
  });

  test('in the HTTP itself is refused before anything of it is understood', async () => {
    const host = 'Host: x\r\n';
    const get = `GET /health/live HTTP/1.1\r\n`;
    expect(await raw(`${get}\r\n`)).toMatch(/^HTTP\/1.1 400/);
    expect(await raw(`${get}${host}: x\r\n\r\n`)).toMatch(/^HTTP\/1.1 400/);
    // Which one is meant, others may see otherwise.
    expect(await raw(`${get}${host}host: y\r\n\r\n`)).toMatch(/^HTTP\/1.1 400/);
    expect(await raw(`${get}${host}X: ${'a'.repeat(100_000)}\r\n\r\n`)).toMatch(/^HTTP\/1.1 431/);
    expect(await raw(`GET /${'a'.repeat(100_000)} HTTP/1.1\r\n${host}\r\n`)).toMatch(/^HTTP\/1.1 431/);
    expect(
      await raw(`POST /api/login HTTP/1.1\r\n${host}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`),
    ).toMatch(/^HTTP\/1.1 400/);
    expect(await raw(`POST /api/login HTTP/1.1\r\n${host}Transfer-Encoding: xchunked\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 400/,
    );
    expect(await raw(`TRACE / HTTP/1.1\r\n${host}X-Secret: 12345\r\nConnection: close\r\n\r\n`)).not.toContain('12345');
  });
});

describe('an upload', () => {
  test('of a stranger is not asked for: 401 comes instead of 100 Continue', async () => {
    const answer = await raw(
      'POST /dicom-web/studies HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1000000000\r\nConnection: close\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1.1 401/);
  });

  test('of somebody known is told to go on, once', async () => {
    const socket = net.connect(archive.port, '127.0.0.1');
    socket.write(
      `POST /dicom-web/studies HTTP/1.1\r\nHost: x\r\nAuthorization: ${admin.authorization}\r\n` +
        'Expect: 100-continue\r\nContent-Length: 3\r\nConnection: close\r\n\r\n',
    );
    const [first] = (await once(socket, 'data')) as [Buffer];
    expect(first.toString()).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    socket.write('abc');
    const [second] = (await once(socket, 'data')) as [Buffer];
    expect(second.toString()).toMatch(/^HTTP\/1.1 200/);
    socket.destroy();
  });
});

test('a client that goes away aborts what is done for it', async () => {
  const socket = net.connect(archive.port, '127.0.0.1');
  socket.write(`GET /dicom-web/slow HTTP/1.1\r\nHost: x\r\nAuthorization: ${admin.authorization}\r\n\r\n`);
  await once(socket, 'data');
  socket.destroy();
  await aborted;
});

describe('the viewer', () => {
  test('is one page at each of its addresses, never taken from a cache unasked', async () => {
    for (const path of [
      '/',
      '/login',
      '/worklist',
      '/upload',
      '/devices',
      '/status',
      '/viewer?StudyInstanceUIDs=1.2.3',
    ]) {
      const answer = await get(path);
      expect([answer.status, answer.headers['content-type'], answer.headers['cache-control']]).toEqual([
        200,
        'text/html; charset=utf-8',
        'no-cache',
      ]);
      expect(answer.body).toContain('<title>Lightbox</title>');
    }
  });

  test('keeps files that carry a digest in their name for ever, compressed for who takes that', async () => {
    const plain = await get('/assets/main-1a2b3c.js');
    expect([plain.body, plain.headers['cache-control']]).toEqual([
      'console.log("plain")',
      'public, max-age=31536000, immutable',
    ]);
    const small = await get('/assets/main-1a2b3c.js', { 'accept-encoding': 'gzip, br' });
    expect([small.body, small.headers['content-encoding'], small.headers['content-type'], small.headers.vary]).toEqual([
      'brotli',
      'br',
      'text/javascript; charset=utf-8',
      'Accept-Encoding',
    ]);
    expect((await get('/assets/codec-4d5e6f.wasm')).headers['content-type']).toBe('application/wasm');
  });

  test('says itself that there is no such page, to who looks at it', async () => {
    const accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'; // as browsers ask for a page
    const lost = await get('/stduies', { accept });
    expect([lost.status, lost.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8']);
    expect(lost.body).toContain('<title>Lightbox</title>');
    for (const [path, asked] of [
      ['/stduies', '*/*'],
      ['/assets/gone.js', accept],
      ['/health/nowhere', accept],
    ] as const) {
      const { status, headers } = await get(path, { accept: asked });
      expect([path, status, headers['content-type']]).toEqual([path, 404, 'application/problem+json']);
    }
  });

  test('is no failure of ours where who asked for it has gone', async () => {
    const before = archive.lines.length;
    const logged = () => archive.lines.slice(before);
    const many = 60;
    for (let at = 0; at < many; at++) {
      const socket = net.connect(archive.port, '127.0.0.1').on('error', () => {});
      await once(socket, 'connect');
      // What follows is no HTTP: that ends the connection, now or in one of the next rounds of the event loop.
      socket.write('GET /viewer HTTP/1.1\r\nHost: x\r\n\r\n');
      for (let round = 0; round < at % 6; round++) await turn();
      socket.write('no HTTP\r\n\r\n');
      await once(socket.resume(), 'close');
    }
    await expect.poll(() => logged().filter(({ msg }) => msg === 'http').length).toBe(many);
    expect(logged().filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });

  test('gives nothing else of this machine away', async () => {
    for (const path of [
      '/assets/',
      '/assets',
      '/package.json',
      '/.env',
      '//etc/passwd',
      '/../http.ts',
      '/..%2f..%2fpackage.json',
      '/viewer/x',
    ])
      expect((await get(path)).status).toBe(404);
  });

  test('may run its own scripts and WebAssembly, is framed by nobody else, and hides what serves it', async () => {
    const { headers } = await get('/');
    expect(headers['content-security-policy']).toBe(
      "default-src 'none';script-src 'self' 'wasm-unsafe-eval';worker-src 'self';connect-src 'self';frame-src blob:;media-src 'self';" +
        "img-src 'self' data: blob:;style-src 'self' 'unsafe-inline';base-uri 'none';form-action 'self';frame-ancestors 'self'",
    );
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'same-origin' });
    for (const name of [
      'server',
      'x-powered-by',
      'cross-origin-embedder-policy',
      'cross-origin-opener-policy',
      'set-cookie',
    ])
      expect(headers).not.toHaveProperty(name);
  });
});

describe('whoever watches over us', () => {
  test('sees without a login whether the archive is alive and can work', async () => {
    expect(problem((await get('/health/live')).body)).toEqual({ status: 'live', pid: process.pid });
    expect(problem((await get('/health/ready')).body)).toMatchObject({
      status: 'ready',
      database: 'ok',
      storage: 'ok',
      freeBytes: expect.any(Number) as number,
      processes: [{ name: 'archive', pid: 1, state: 'running' }],
    });
  });

  test('reads metrics by route pattern, without a UID', async () => {
    await get('/dicom-web/studies/1.2.840.99?PatientName=NGUYEN', admin).catch(() => {});
    const { body, headers } = await get('/metrics', admin);
    expect(headers['content-type']).toMatch(/^text\/plain; version=/);
    expect(body).toContain('route="/dicom-web/studies/:StudyInstanceUID"');
    expect(body).toContain('process_resident_memory_bytes');
    expect(body).not.toMatch(/1\.2\.840\.99|NGUYEN/);
  });

  test('reads one log line per request, with the caller and without query, body or UID', async () => {
    await get('/dicom-web/studies?PatientName=NGUYEN%5EVAN', admin);
    const line = archive.lines.findLast(({ route }) => route === '/dicom-web/studies');
    expect(line).toMatchObject({ msg: 'http', method: 'GET', status: 200, caller: 'account admin' });
    expect(JSON.stringify(archive.lines)).not.toMatch(/NGUYEN\^|NGUYEN%|1\.2\.840\.99|mật khẩu/);
  });
});

test('the API describes itself, with the schemas that check what comes in', async () => {
  const { body } = await get('/api/openapi.json');
  const { paths } = JSON.parse(body) as { paths: Record<string, Record<string, { requestBody?: unknown }>> };
  expect(Object.keys(paths)).toEqual(
    expect.arrayContaining(['/api/login', '/api/session', '/api/studies/{StudyInstanceUID}/thumbnail']),
  );
  expect(JSON.stringify(paths['/api/login']!['post']!.requestBody)).toContain('"password"');
});

test('a port that is taken, an address that is not ours: said with the setting to change', async () => {
  const nothing = () => {};
  await expect(listenHttp(nothing, { host: '127.0.0.1', port: archive.port })).rejects.toThrow(
    `HTTP_PORT is "${archive.port}"; expected a free port on 127.0.0.1`,
  );
  await expect(listenHttp(nothing, { host: '203.0.113.1', port: 0 })).rejects.toThrow('HTTP_HOST is "203.0.113.1"');
});

test('a server that closes lets running requests finish, and takes no new ones', async () => {
  const { promise: arrived, resolve: tell } = Promise.withResolvers<() => void>();
  const server = await listenHttp((_request, response) => tell(() => response.end('done')), {
    host: '127.0.0.1',
    port: 0,
  });
  const running = ask(server.port, '/');
  const finish = await arrived;
  const closed = server.close();
  await expect(ask(server.port, '/')).rejects.toThrow('ECONNREFUSED');
  finish();
  expect((await running).body).toBe('done');
  await closed;
});
