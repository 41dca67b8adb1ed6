import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Resource } from './resource.ts';
import { admin, ask, password, startTestArchive, type TestArchive } from './test-archive.ts';

const viewer = 'https://ohif.example';
const other = 'https://evil.example';
const resources: Resource[] = (['get', 'post'] as const).map((method) => ({
  method,
  path: '/studies',
  right: 'read',
  handle: async (_request, response) => void response.set('ETag', '"1"').json([]),
}));

let archive: TestArchive;
let closed: TestArchive;
beforeAll(async () => {
  archive = await startTestArchive({ dicomweb: resources, settings: { corsOrigins: [viewer] } });
  closed = await startTestArchive({ dicomweb: resources });
});
afterAll(async () => {
  await archive[Symbol.asyncDispose]();
  await closed[Symbol.asyncDispose]();
});

const asking = { 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' };
const preflight = (at: TestArchive, origin: string, path = '/dicom-web/studies') =>
  ask(at.port, path, { method: 'OPTIONS', headers: { origin, ...asking } });

test('a page of a named origin is answered its preflight without a login, and may read the answer', async () => {
  for (const path of ['/dicom-web/studies', '/wado?requestType=WADO']) {
    const { status, headers } = await preflight(archive, viewer, path);
    expect(status).toBe(204);
    expect(headers).toMatchObject({
      'access-control-allow-origin': viewer,
      'access-control-allow-methods': 'GET, HEAD, POST',
      'access-control-allow-headers': expect.stringContaining('Authorization'),
      vary: expect.stringContaining('Origin'),
    });
    expect(headers['access-control-allow-credentials']).toBeUndefined();
  }
  const { status, headers } = await ask(archive.port, '/dicom-web/studies', { headers: { ...admin, origin: viewer } });
  expect([status, headers['access-control-allow-origin'], headers.etag]).toEqual([200, viewer, '"1"']);
  expect(headers['access-control-expose-headers']).toMatch(/ETag.*Warning/);
});

test('a refusal can be read too, so that the page can say what is wrong', async () => {
  const { status, headers } = await ask(archive.port, '/dicom-web/studies', { headers: { origin: viewer } });
  expect([status, headers['access-control-allow-origin']]).toEqual([401, viewer]);
});

test('a page of a named origin may store with credentials that it sends', async () => {
  const headers = { ...admin, origin: viewer, 'sec-fetch-site': 'cross-site' };
  expect((await ask(archive.port, '/dicom-web/studies', { method: 'POST', headers })).status).toBe(200);
  const foreign = { ...headers, origin: other };
  expect((await ask(archive.port, '/dicom-web/studies', { method: 'POST', headers: foreign })).status).toBe(403);
});

test('a cookie is no login for a page of another origin', async () => {
  const login = await ask(archive.port, '/api/login', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'admin', password }),
  });
  const cookie = String(login.headers['set-cookie']?.[0]).split(';')[0] as string;
  const status = async (headers: Record<string, string>): Promise<number> =>
    (await ask(archive.port, '/dicom-web/studies', { headers: { cookie, ...headers } })).status;
  expect(await status({})).toBe(200);
  expect(await status({ origin: viewer })).toBe(401);
  expect(await status({ origin: viewer, 'sec-fetch-site': 'same-origin' })).toBe(200);
});

test('nobody else is let in: other origins, our own API, and any where none is named', async () => {
  for (const answer of [
    await preflight(archive, other),
    await preflight(archive, 'null'),
    await preflight(archive, viewer, '/api/session'),
    await preflight(closed, viewer),
  ])
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  const { headers } = await ask(closed.port, '/dicom-web/studies', { headers: { ...admin, origin: viewer } });
  expect(headers['access-control-allow-origin']).toBeUndefined();
  const options = await ask(closed.port, '/dicom-web/studies', { method: 'OPTIONS', headers: admin });
  expect([options.status, options.headers.allow]).toEqual([405, 'GET, HEAD, POST']);
});
