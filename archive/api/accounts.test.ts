import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { addAccount } from '#access/account-registry.ts';
import type { Right } from '#access/caller.ts';
import { createToken } from '#access/tokens.ts';
import { limits } from '#settings/limits.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import { admin, ask, basic, postJson, startTestArchive, type TestArchive } from '../http/test-archive.ts';

let postgres: TestDatabase;
let archive: TestArchive;
/** Another node on the same database. */
let other: TestArchive;
beforeAll(async () => {
  postgres = await startTestDatabase();
  archive = await startTestArchive({ postgres });
  other = await startTestArchive({ postgres });
});
beforeEach(() => postgres.database.pool.query(`DELETE FROM site.account WHERE name <> 'admin'`));
afterAll(async () => {
  await archive[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});

interface Listed {
  id: number;
  name: string;
  rights: string[];
  passwordGenerated: boolean;
  lastSeenAt: string | null;
}
interface Body extends Record<string, unknown> {
  account: Listed;
  accounts: Listed[];
  password: string;
}

async function call(method: string, path: string, value?: unknown, headers: Record<string, string> = admin) {
  const type = value !== undefined && { 'content-type': 'application/json' };
  const body = value === undefined ? {} : { body: JSON.stringify(value) };
  const answer = await ask(archive.port, path, { method, headers: { ...headers, ...type }, ...body });
  return { ...answer, body: JSON.parse(answer.body || '{}') as Body };
}
const list = async () => (await call('GET', '/api/accounts')).body.accounts;

let number = 0;
/** An account of a name that nobody remembers anything of. */
async function made(rights: readonly Right[] = ['read']): Promise<{ id: number; name: string; password: string }> {
  const name = `Bs Lan ${++number}`;
  const added = (await addAccount({ database: postgres.database.pool, name, rights }))!;
  return { id: added.account.id, name, password: added.password };
}

async function signIn(name: string, secret: string, { port } = archive): Promise<{ cookie: string }> {
  const answer = await postJson(port, '/api/login', { name, password: secret });
  expect(answer.status).toBe(200);
  return { cookie: answer.headers['set-cookie']![0]!.split(';')[0]! };
}
const sessionStatus = async (headers: Record<string, string>, { port } = archive) =>
  (await ask(port, '/api/session', { headers })).status;
const inVietnamese = { 'accept-language': 'vi' };
const within = { timeout: 10 * limits.access.rowsRememberedMs };

test('an account is added, its password is answered once and works, and the list says whose password was made here', async () => {
  const added = await call('POST', '/api/accounts', { name: '  Bs Đặng Huệ ', rights: ['read', 'read'] });
  expect(added).toMatchObject({ status: 201, headers: { 'cache-control': 'no-store' } });
  expect(added.body.account).toMatchObject({ name: 'Bs Đặng Huệ', rights: ['read'], lastSeenAt: null });
  expect(await sessionStatus({ authorization: basic('bs đặng huệ', added.body.password) })).toBe(200);
  const accounts = await list();
  expect(accounts).toMatchObject([
    { name: 'admin', rights: ['store', 'read', 'manage'], passwordGenerated: false, lastSeenAt: expect.any(String) },
    { name: 'Bs Đặng Huệ', rights: ['read'], passwordGenerated: true, lastSeenAt: expect.any(String) },
  ]);
  expect(JSON.stringify(accounts)).not.toMatch(/argon2|hash/);
});

test('a name that is taken, or cannot be one, and rights that are none are refused', async () => {
  const { name } = await made();
  expect(await call('POST', '/api/accounts', { name: name.toUpperCase(), rights: ['read'] })).toMatchObject({
    status: 409,
    body: { code: 'alreadyThere' },
  });
  for (const wrong of [
    { name: '', rights: ['read'] },
    { name: 'a:b', rights: ['read'] },
    { name: 'x'.repeat(65), rights: ['read'] },
    // They look like Hoa and are not: nothing seen, the other direction, nothing that is a letter.
    ...['\u200b', '\u202e', '\ufeff', '\ue000', '\u034f', '\u115f', '\ufe0f', '\u{e0100}', '\u2800'].map((unseen) => ({
      name: `Ho${unseen}a`,
      rights: ['read'],
    })),
    { name: 'Mai', rights: [] },
    { name: 'Mai', rights: ['all'] },
    { name: 'Mai' },
    { name: 'Mai', rights: ['read'], password: 'chosen for her' },
  ])
    expect((await call('POST', '/api/accounts', wrong)).status).toBe(400);
  for (const id of ['0', 'x', '2147483647', '99999999999999'])
    for (const [method, what, body] of [
      ['PUT', '/rights', { rights: ['read'] }],
      ['POST', '/password'],
      ['DELETE', ''],
    ] as const)
      expect((await call(method, `/api/accounts/${id}${what}`, body)).status).toBe(404);
});

test('a name that could be taken for another one is refused in words that say why', async () => {
  // Cyrillic а, Greek ο, wide and mathematical letters.
  for (const name of ['\u0430dmin', 'H\u03bfa', '\uff41dmin', '\u{1d41a}dmin', '\u0410\u0392']) {
    const { status, body } = await call(
      'POST',
      '/api/accounts',
      { name, rights: ['read'] },
      { ...admin, ...inVietnamese },
    );
    expect([status, body['code']]).toEqual([400, 'lookalikeName']);
    expect(body['detail']).toMatch(/nhiều bảng chữ.*Hãy gõ lại/);
  }
  for (const unseen of ['Bs  Hoa', 'Bs\u00a0Hoa'])
    expect((await call('POST', '/api/accounts', { name: unseen, rights: ['read'] })).status).toBe(400);
  for (const name of ['Bs. Đặng Thị Huệ (2)', 'O’Neil №1', 'Иванов', '山田 Taro'])
    expect((await call('POST', '/api/accounts', { name, rights: ['read'] })).status).toBe(201);
});

test('a name that could not sign in a moment ago can as soon as it is added', async () => {
  expect(await sessionStatus({ authorization: basic('Hoa', 'x') })).toBe(401);
  const { body } = await call('POST', '/api/accounts', { name: 'Hoa', rights: ['read'] });
  expect(await sessionStatus({ authorization: basic('Hoa', body.password) })).toBe(200);
});

test.each([
  ['other rights', (id: number) => call('PUT', `/api/accounts/${id}/rights`, { rights: ['read', 'store'] })],
  ['a new password', (id: number) => call('POST', `/api/accounts/${id}/password`)],
  ['removal', (id: number) => call('DELETE', `/api/accounts/${id}`)],
])('%s ends the sessions of the account, here at once and within a moment on another node', async (_what, change) => {
  const { id, name, password: first } = await made();
  const [here, there] = [await signIn(name, first), await signIn(name.toLowerCase(), first, other)];
  expect([await sessionStatus(here), await sessionStatus(there, other)]).toEqual([200, 200]);
  expect((await change(id)).status).toBeLessThan(300);
  expect([await sessionStatus(here), await sessionStatus(there)]).toEqual([401, 401]);
  await expect.poll(() => sessionStatus(there, other), within).toBe(401);
  await expect.poll(() => sessionStatus(here, other), within).toBe(401);
});

test.each([
  ['a new password', (id: number) => call('POST', `/api/accounts/${id}/password`)],
  ['removal', (id: number) => call('DELETE', `/api/accounts/${id}`)],
])(
  '%s ends what is remembered of the old password, here at once and within a moment on another node',
  async (_what, change) => {
    const { id, name, password: first } = await made();
    const old = { authorization: basic(name, first) };
    expect([await sessionStatus(old), await sessionStatus(old, other)]).toEqual([200, 200]);
    const { body } = await change(id);
    expect(await sessionStatus(old)).toBe(401);
    await expect.poll(() => sessionStatus(old, other), within).toBe(401);
    if (body.password !== undefined)
      expect(await sessionStatus({ authorization: basic(name, body.password) })).toBe(200);
  },
);

test('rights that a program with a remembered password has lost are gone at once', async () => {
  const { id, name, password: first } = await made(['read', 'manage']);
  const own = { authorization: basic(name, first) };
  expect((await call('GET', '/api/accounts', undefined, own)).status).toBe(200);
  expect((await call('PUT', `/api/accounts/${id}/rights`, { rights: ['read'] })).body).toMatchObject({
    rights: ['read'],
  });
  expect((await call('GET', '/api/accounts', undefined, own)).status).toBe(403);
});

test('the same rights again sign nobody out', async () => {
  const { id, name, password: first } = await made(['read', 'store']);
  const lan = await signIn(name, first);
  expect((await call('PUT', `/api/accounts/${id}/rights`, { rights: ['store', 'read'] })).status).toBe(200);
  expect(await sessionStatus(lan)).toBe(200);
});

test('whoever changes his own rights stays signed in where he does it', async () => {
  const { id, name, password: first } = await made(['read', 'manage']);
  const [own, elsewhere] = [await signIn(name, first), await signIn(name, first)];
  const rights = { rights: ['read', 'store', 'manage'] };
  expect((await call('PUT', `/api/accounts/${id}/rights`, rights, own)).body).toMatchObject(rights);
  expect([await sessionStatus(own), await sessionStatus(elsewhere)]).toEqual([200, 401]);
});

test('the last administrator can neither lose that right nor be removed, not even by two at the same time', async () => {
  const [{ id: adminId }] = (await list()) as [Listed];
  expect(await call('PUT', `/api/accounts/${adminId}/rights`, { rights: ['read'] })).toMatchObject({
    status: 409,
    body: { code: 'lastManager' },
  });
  const token = await createToken({ database: postgres.database.pool, name: 'script', rights: ['manage'] });
  const script = { authorization: `Bearer ${token}` };
  expect(await call('DELETE', `/api/accounts/${adminId}`, undefined, script)).toMatchObject({
    status: 409,
    body: { code: 'lastManager' },
  });

  // Six managers beside admin; each of the seven is taken away at the same time, half of them as a right only.
  const managers = [adminId];
  for (let n = 0; n < 6; n++) managers.push((await made(['manage'])).id);
  const outcomes = await Promise.all(
    managers.map((id, at) =>
      at % 2 === 0
        ? call('PUT', `/api/accounts/${id}/rights`, { rights: ['read'] }, script)
        : call('DELETE', `/api/accounts/${id}`, undefined, script),
    ),
  );
  expect(outcomes.filter(({ status }) => status === 409)).toHaveLength(1);
  const { rows } = await postgres.database.pool.query(`SELECT FROM site.account WHERE 'manage' = ANY (rights)`);
  expect(rows).toHaveLength(1);
  await postgres.database.pool.query(`UPDATE site.account SET rights = '{store,read,manage}' WHERE name = 'admin'`);
  await expect.poll(async () => (await call('GET', '/api/accounts')).status, within).toBe(200);
});

test('nobody removes himself, nor makes himself a password without the old one', async () => {
  const { id, name, password: first } = await made(['read', 'manage']);
  const own = await signIn(name.toLowerCase(), first);
  for (const [method, what] of [
    ['DELETE', ''],
    ['POST', '/password'],
  ] as const) {
    const vi = { ...own, 'accept-language': 'vi' };
    const refused = await call(method, `/api/accounts/${id}${what}`, undefined, vi);
    expect(refused).toMatchObject({ status: 409, body: { code: 'ownAccount' } });
    expect(refused.body['detail']).toMatch(/^Không thể tự xoá/);
  }
  expect(await sessionStatus(own)).toBe(200);
});

test('a session that was opened before the clock was set back by a day was not opened lately', async () => {
  const { name, password: secret } = await made(['manage']);
  const own = await signIn(name, secret);
  await postgres.database.pool.query(`UPDATE site.session SET created_at = created_at + interval '1 day'`);
  const change = () => call('POST', '/api/accounts/0/password', undefined, own);
  await expect.poll(async () => (await change()).status, within).toBe(403);
});

test('a session that was opened a while ago changes no account until its owner signs in again', async () => {
  const [{ name, password: secret }, { id }] = [await made(['manage']), await made()];
  const own = await signIn(name, secret);
  const changes = [
    ['POST', '', { name: 'Bs Mai', rights: ['manage'] }],
    ['PUT', `/${id}/rights`, { rights: ['manage'] }],
    ['POST', `/${id}/password`],
    ['DELETE', `/${id}`],
  ] as const;
  await postgres.database.pool.query('UPDATE site.session SET created_at = created_at - make_interval(mins => $1)', [
    limits.access.signedInLatelyMinutes,
  ]);
  // What it was is remembered for a moment.
  const list = () => call('POST', '/api/accounts/0/password', undefined, own);
  await expect.poll(async () => (await list()).status, within).toBe(403);
  const before = archive.lines.length;
  for (const [method, path, value] of changes)
    expect(await call(method, `/api/accounts${path}`, value, own)).toMatchObject({
      status: 403,
      body: { code: 'signInAgain' },
    });
  const records = archive.lines.slice(before).filter(({ msg }) => msg === 'access');
  expect(records).toMatchObject(
    changes.map(() => ({ caller: `account ${name}`, action: 'refused', managed: 'signed in too long ago' })),
  );
  // It goes on for all else.
  expect((await call('GET', '/api/accounts', undefined, own)).body.accounts.map((each) => each.name)).not.toContain(
    'Bs Mai',
  );
  const again = await postJson(archive.port, '/api/login', { name, password: secret }, own);
  const cookie = again.headers['set-cookie']![0]!.split(';')[0]!;
  for (const [method, path, value] of changes)
    expect((await call(method, `/api/accounts${path}`, value, { cookie })).status).toBeLessThan(300);
  // The session of before has ended with that.
  expect(await sessionStatus(own)).toBe(401);
});

test('accounts are for administrators', async () => {
  const { id, name, password: first } = await made(['read', 'store']);
  const doctor = await signIn(name, first);
  for (const [method, path, body] of [
    ['GET', '/api/accounts'],
    ['POST', '/api/accounts', { name: 'Mai', rights: ['manage'] }],
    ['PUT', `/api/accounts/${id}/rights`, { rights: ['manage'] }],
    ['POST', `/api/accounts/${id}/password`],
    ['DELETE', `/api/accounts/${id}`],
  ] as const)
    expect((await call(method, path, body, doctor)).status).toBe(403);
  expect(await list()).toHaveLength(2);
});

test('each change is one access record that names the account, and never a password', async () => {
  const from = archive.lines.length;
  const { body } = await call('POST', '/api/accounts', { name: 'Lan', rights: ['read'] });
  const { id } = body.account;
  await call('PUT', `/api/accounts/${id}/rights`, { rights: ['read', 'store'] });
  const again = await call('POST', `/api/accounts/${id}/password`);
  await call('DELETE', `/api/accounts/${id}`);
  const lines = archive.lines.slice(from);
  const managed = lines.filter(({ action }) => action === 'manage').map((line) => [line['caller'], line['managed']]);
  expect(managed).toEqual([
    ['account admin', `account ${id} (Lan) added: read`],
    ['account admin', `account ${id} (Lan) may read, store`],
    ['account admin', `account ${id} (Lan) got a new password`],
    ['account admin', `account ${id} (Lan) removed`],
  ]);
  for (const secret of [body.password, again.body.password]) expect(JSON.stringify(lines)).not.toContain(secret);
});

test('every address is in the description of the API', async () => {
  const { body } = await call('GET', '/api/openapi.json');
  const paths = body['paths'] as Record<string, object>;
  expect(Object.keys(paths).filter((path) => /account|password/.test(path))).toEqual([
    '/api/password',
    '/api/accounts',
    '/api/accounts/{account}/rights',
    '/api/accounts/{account}/password',
    '/api/accounts/{account}',
  ]);
});
