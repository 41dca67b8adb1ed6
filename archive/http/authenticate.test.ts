import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createToken } from '#access/tokens.ts';
import type { Resource } from './resource.ts';
import { admin, ask, basic, password, postJson, startTestArchive, type TestArchive } from './test-archive.ts';

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
    handle: async (_request, response) => void response.json({ stored: true }),
  },
];
let archive: TestArchive;
beforeAll(async () => {
  archive = await startTestArchive({ dicomweb: resources });
});
afterAll(() => archive[Symbol.asyncDispose]());

const get = (path: string, headers = {}) => ask(archive.port, path, { headers });
const problem = (body: string) => JSON.parse(body) as Record<string, unknown>;

describe('who may come in', () => {
  test('nobody without a login: every DICOMweb and API address answers 401, also those that do not exist', async () => {
    for (const [method, path] of [
      ['GET', '/dicom-web/studies'],
      ['DELETE', '/dicom-web/studies/1.2'],
      ['GET', '/dicom-web/nonsense'],
      ['GET', '/api/session'],
      ['GET', '/api/'],
      ['GET', '/metrics'],
    ] as const)
      expect((await ask(archive.port, path, { method })).status).toBe(401);
  });

  test('an account by HTTP Basic and a token as Bearer', async () => {
    expect(problem((await get('/dicom-web/studies', admin)).body)).toEqual({ caller: 'admin', address: '127.0.0.1' });
    const token = await createToken({ database: archive.postgres.database.pool, name: 'his', rights: ['read'] });
    const bearer = { authorization: `Bearer ${token}` };
    expect(problem((await get('/dicom-web/studies', bearer)).body)).toMatchObject({ caller: 'his' });
    const stored = await ask(archive.port, '/dicom-web/studies', { method: 'POST', headers: bearer, body: 'x' });
    expect(stored.status).toBe(403);
    expect(problem(stored.body)['reason']).toBe('this caller may not store');
  });

  test('no wrong, malformed or foreign credentials', async () => {
    for (const authorization of [
      basic('admin', 'wrong'),
      basic('nobody', 'x'),
      basic('ad\0min', 'x'),
      'Basic ###',
      `Basic ${Buffer.from('no colon').toString('base64')}`,
      'Bearer nonsense',
      'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.',
      'Digest username="admin"',
      '',
    ])
      expect((await get('/dicom-web/studies', { authorization })).status).toBe(401);
  });

  test('an unknown account and a wrong password answer the same', async () => {
    const [known, unknown] = await Promise.all(
      ['admin', 'nobody'].map((name) => get('/dicom-web/studies', { authorization: basic(name, 'wrong') })),
    );
    expect(known!.body).toBe(unknown!.body);
  });

  test('guessed passwords are answered 429 with Retry-After, and the right one still comes in', async () => {
    await get('/dicom-web/studies', admin);
    const statuses: number[] = [];
    for (let n = 0; n < 8; n++)
      statuses.push((await get('/dicom-web/studies', { authorization: basic('guessed', `x${n}`) })).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    const refused = await get('/dicom-web/studies', { authorization: basic('guessed', 'x') });
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60);
    expect((await get('/dicom-web/studies', admin)).status).toBe(200);
  });
});

describe('the Basic challenge', () => {
  test('goes to programs and to whoever types an address', async () => {
    for (const headers of [{}, { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate', 'user-agent': 'Mozilla/5.0' }])
      expect((await get('/dicom-web/studies', headers)).headers['www-authenticate']).toBe(
        'Basic realm="Lightbox", charset="UTF-8"',
      );
  });

  test('never goes to a page, with Sec-Fetch headers or over plain HTTP without them', async () => {
    for (const headers of [
      { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' },
      { 'x-requested-with': 'XMLHttpRequest' },
      { cookie: 'lightbox=gone' },
      { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64)' },
    ]) {
      const answer = await get('/dicom-web/studies', headers);
      expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, undefined]);
    }
  });
});

describe('a browser', () => {
  const logIn = (headers = {}) => postJson(archive.port, '/api/login', { name: 'admin', password }, headers);
  const cookieOf = async () => (await logIn()).headers['set-cookie']![0]!.split(';')[0]!;

  test('logs in, is known by its cookie, logs out, and is known no more', async () => {
    const login = await logIn();
    expect(problem(login.body)).toEqual({
      name: 'admin',
      passwordGenerated: false,
      rights: ['store', 'read', 'manage'],
    });
    expect(login.headers['set-cookie']![0]).toMatch(/^lightbox=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/);
    const cookie = login.headers['set-cookie']![0]!.split(';')[0]!;
    expect(problem((await get('/api/session', { cookie })).body)).toMatchObject({ name: 'admin' });
    expect((await get('/dicom-web/studies', { cookie: `a=b; ${cookie}; c=d` })).status).toBe(200);
    const logout = await ask(archive.port, '/api/logout', { method: 'POST', headers: { cookie } });
    expect([logout.status, logout.headers['set-cookie']![0]]).toEqual([
      204,
      expect.stringContaining('Expires=Thu, 01 Jan 1970'),
    ]);
    expect((await get('/api/session', { cookie })).status).toBe(401);
  });

  test('that sends a wrong password gets 401 and no cookie', async () => {
    const answer = await postJson(archive.port, '/api/login', { name: 'Admin', password: 'no' });
    expect([answer.status, answer.headers['set-cookie']]).toEqual([401, undefined]);
  });

  test('on a page of another origin changes nothing, and may still not read', async () => {
    const cookie = await cookieOf();
    for (const headers of [
      { cookie, origin: 'https://evil.example' },
      { cookie, origin: 'null' },
      { cookie, 'sec-fetch-site': 'cross-site' },
      { ...admin, origin: 'https://evil.example' },
    ])
      expect((await ask(archive.port, '/dicom-web/studies', { method: 'POST', headers, body: 'x' })).status).toBe(403);
    const said = await ask(archive.port, '/api/logout', { method: 'POST', headers: { cookie, origin: 'null' } });
    expect(problem(said.body)).toMatchObject({ code: 'otherOrigin', detail: expect.stringContaining('PUBLIC_URL') });
    const refused = archive.lines.filter(({ action, origin }) => action === 'refused' && origin !== undefined);
    expect(refused.map(({ origin }) => origin)).toEqual([
      'https://evil.example',
      'null',
      'null',
      'https://evil.example',
      'null',
    ]);
    expect(refused[0]).toMatchObject({ caller: 'account ?', address: '127.0.0.1' });
    const read = await get('/dicom-web/studies', { cookie, origin: 'https://evil.example' });
    expect(read.headers['access-control-allow-origin']).toBeUndefined();
    expect((await logIn({ origin: 'https://evil.example' })).status).toBe(403);
  });

  test('on a page of ours may change things', async () => {
    const cookie = await cookieOf();
    const origin = `http://127.0.0.1:${archive.port}`;
    const answer = await ask(archive.port, '/dicom-web/studies', {
      method: 'POST',
      headers: { cookie, origin },
      body: 'xyz',
    });
    expect(problem(answer.body)).toEqual({ stored: true });
  });

  test.for([
    { what: 'plain text', type: 'text/plain', body: '{}', status: 415, reason: 'send application/json' },
    { what: 'half a body', body: '{', status: 400, reason: 'the body is not JSON' },
    { what: 'no password', body: '{"name":"admin"}', status: 400, reason: /^password: / },
    {
      what: 'something that nobody asked for',
      body: '{"name":"admin","password":"x","Nguyen":1}',
      status: 400,
      reason: 'the body: has a member that is not known',
    },
    {
      what: 'lists in lists, more than a name and a password have room for',
      body: `${'['.repeat(6_000)}${']'.repeat(6_000)}`,
      status: 413,
      reason: 'a JSON body has at most 8192 bytes',
    },
  ])('that logs in with $what gets $status', async ({ type = 'application/json', body, status, reason }) => {
    const answer = await ask(archive.port, '/api/login', { method: 'POST', headers: { 'content-type': type }, body });
    expect(answer.status).toBe(status);
    expect(problem(answer.body)['reason']).toMatch(reason);
  });

  test('of somebody who is logged in may be longer, as far as it is quickly read', async () => {
    const change = (oldPassword: string) =>
      ask(archive.port, '/api/password', {
        method: 'PUT',
        headers: { ...admin, 'content-type': 'application/json' },
        body: JSON.stringify({ oldPassword, newPassword: 'x' }),
      });
    expect((await change('x'.repeat(100_000))).status).toBe(400);
    expect((await change('x'.repeat(200_000))).status).toBe(413);
  });
});

test('wrong credentials are written into the access record, without the name that was tried', async () => {
  await get('/dicom-web/studies', { authorization: basic('my password', 'x') });
  expect(archive.lines.findLast(({ msg }) => msg === 'access')).toMatchObject({
    action: 'refused',
    address: '127.0.0.1',
  });
  expect(JSON.stringify(archive.lines)).not.toContain('my password');
});

test('guesses that are not even checked are written there too, each of them', async () => {
  const refused = (): number => archive.lines.filter(({ action }) => action === 'refused').length;
  const before = refused();
  for (let n = 0; n < 4; n++) {
    await get('/dicom-web/studies', { authorization: basic('guessed again', `x${n}`) });
    await postJson(archive.port, '/api/login', { name: 'guessed again', password: `y${n}` });
  }
  expect(refused() - before).toBe(8);
});

describe('behind a proxy that speaks TLS', () => {
  let behind: TestArchive;
  beforeAll(async () => {
    behind = await startTestArchive({
      dicomweb: resources,
      settings: { trustProxy: ['loopback'], publicUrl: 'https://pacs.example/' },
    });
  });
  afterAll(() => behind[Symbol.asyncDispose]());
  const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '10.3.2.1', 'x-forwarded-host': 'pacs.example' };

  test('the cookie is Secure and bound to the host, and callers keep their own address', async () => {
    const login = await postJson(behind.port, '/api/login', { name: 'admin', password }, forwarded);
    const cookie = login.headers['set-cookie']![0]!;
    expect(cookie).toMatch(/^__Host-lightbox=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
    const headers = { ...forwarded, cookie: cookie.split(';')[0]! };
    expect(problem((await ask(behind.port, '/dicom-web/studies', { headers })).body)).toEqual({
      caller: 'admin',
      address: '10.3.2.1',
    });
  });

  test('a port that the proxy adds is no part of the address, and what is no address is not believed', async () => {
    const addressOf = async (said: string) => {
      const headers = { ...admin, 'x-forwarded-for': said };
      return problem((await ask(behind.port, '/dicom-web/studies', { headers })).body)['address'];
    };
    expect(await addressOf('10.3.2.1:50123')).toBe('10.3.2.1');
    expect(await addressOf('whatever')).toBe('127.0.0.1');
  });

  test('a page of the public address may change things, however the proxy names the host', async () => {
    const headers = { ...admin, origin: 'https://pacs.example' };
    expect((await ask(behind.port, '/dicom-web/studies', { method: 'POST', headers, body: 'x' })).status).toBe(200);
  });
});

test('without a trusted proxy, whatever a request says of its origin is not believed', async () => {
  const headers = { ...admin, 'x-forwarded-for': '10.3.2.1', 'x-forwarded-proto': 'https' };
  expect(problem((await get('/dicom-web/studies', headers)).body)).toMatchObject({ address: '127.0.0.1' });
});
