import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { addAccount } from '#access/account-registry.ts';
import { createToken } from '#access/tokens.ts';
import { limits } from '#settings/limits.ts';
import { ask, basic, postJson, startTestArchive, type TestArchive } from '../http/test-archive.ts';

let archive: TestArchive;
beforeAll(async () => {
  archive = await startTestArchive({});
});
afterAll(() => archive[Symbol.asyncDispose]());

/** A name of its own for each test: wrong passwords are counted by name. */
let name: string;
let first: string;
let at = 0;
beforeEach(async () => {
  name = `Bs Lan ${++at}`;
  first = (await addAccount({ database: archive.postgres.database.pool, name, rights: ['read'] }))!.password;
});
const chosen = 'mật khẩu tôi chọn';

async function signIn(password: string): Promise<{ cookie: string }> {
  const answer = await postJson(archive.port, '/api/login', { name, password });
  expect(answer.status).toBe(200);
  return { cookie: answer.headers['set-cookie']![0]!.split(';')[0]! };
}

async function change(headers: Record<string, string>, oldPassword: string, newPassword: string) {
  const answer = await ask(archive.port, '/api/password', {
    method: 'PUT',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ oldPassword, newPassword }),
  });
  const [cookie] = (answer.headers['set-cookie'] ?? []).map((each) => each.split(';')[0]!);
  return { ...answer, cookie, problem: JSON.parse(answer.body || '{}') as Record<string, unknown> };
}

async function session(headers: Record<string, string>) {
  const { status, body } = await ask(archive.port, '/api/session', { headers });
  return { status, ...(JSON.parse(body) as Record<string, unknown>) };
}

test('whoever changes his password stays signed in here, nowhere else, and the old one works no more', async () => {
  const [here, elsewhere] = [await signIn(first), await signIn(first)];
  expect(await session({ authorization: basic(name, first) })).toMatchObject({ status: 200, passwordGenerated: true });
  expect(await session(elsewhere)).toMatchObject({ status: 200, passwordGenerated: true });
  const { status, cookie } = await change(here, first, chosen);
  expect(status).toBe(204);
  expect(await session({ cookie: cookie! })).toMatchObject({ status: 200, name, passwordGenerated: false });
  // Nor does anybody who has the cookie of before.
  for (const each of [here, elsewhere]) expect((await session(each)).status).toBe(401);
  expect((await session({ authorization: basic(name, first) })).status).toBe(401);
  expect(await session(await signIn(chosen.normalize('NFD')))).toMatchObject({ passwordGenerated: false });
});

test('a wrong old password changes nothing, and is no end of the session', async () => {
  const here = await signIn(first);
  const refused = await change(here, 'wrong', chosen);
  expect([refused.status, refused.problem['code']]).toEqual([403, 'wrongPassword']);
  const vi = await change({ ...here, 'accept-language': 'vi' }, 'wrong too', chosen);
  expect(vi.problem['detail']).toMatch(/^Mật khẩu hiện tại không đúng/);
  expect((await session(here)).status).toBe(200);
  await signIn(first);
});

test('guesses of the old password count as those at the login do, and one limit stops both', async () => {
  const here = await signIn(first);
  const statuses: number[] = [];
  for (let n = 0; n <= limits.access.guessesPerAccount; n++)
    statuses.push((await change(here, `guess ${n}`, chosen)).status);
  expect(statuses).toEqual([...Array<number>(limits.access.guessesPerAccount).fill(403), 429]);
  const login = await postJson(archive.port, '/api/login', { name, password: 'another guess' });
  expect([login.status, Number(login.headers['retry-after'])]).toEqual([429, expect.any(Number)]);
  // Whoever is signed in is not touched by it.
  expect((await session(here)).status).toBe(200);
});

test('a password that is too short, too long, the name, the old one or not text is refused, and why is said', async () => {
  const here = await signIn(first);
  for (const [wrong, why] of [
    ['1234567', 'newPassword: 8 to 128 characters'],
    ['x'.repeat(129), 'newPassword: 8 to 128 characters'],
    [name.toUpperCase(), 'newPassword: is the name of the account'],
    [first, 'newPassword: is the old one'],
  ] as const)
    expect((await change(here, first, wrong)).problem).toMatchObject({ status: 400, reason: why });
  expect((await change(here, first, '🔑'.repeat(128))).status).toBe(204);
});

test('a long password works as keyboards send it, letter and marks each for itself', async () => {
  const [{ cookie: here }, long] = [await signIn(first), 'ế'.repeat(limits.access.passwordCharacters)];
  const typed = long.normalize('NFD');
  const { status, cookie } = await change({ cookie: here }, first, typed);
  expect(status).toBe(204);
  expect((await session(await signIn(typed))).status).toBe(200);
  expect((await session({ authorization: basic(name, typed) })).status).toBe(200);
  expect((await change({ cookie: cookie! }, typed, chosen)).status).toBe(204);
});

test('a program that sends its password with each request gets no session for changing it', async () => {
  const { status, cookie } = await change({ authorization: basic(name, first) }, first, chosen);
  expect([status, cookie]).toEqual([204, undefined]);
});

test('a token has no password to change', async () => {
  const token = await createToken({ database: archive.postgres.database.pool, name: 'his', rights: ['manage'] });
  expect((await change({ authorization: `Bearer ${token}` }, first, chosen)).status).toBe(403);
  expect(await session({ authorization: `Bearer ${token}` })).toMatchObject({ name: 'his', passwordGenerated: false });
});

test('both outcomes are in the access record, and neither password is', async () => {
  const here = await signIn(first);
  const from = archive.lines.length;
  await change(here, 'a wrong one', chosen);
  await change(here, first, chosen);
  const lines = archive.lines.slice(from);
  const records = lines.filter(({ msg }) => msg === 'access');
  expect(records.map(({ caller, action }) => [caller, action])).toEqual([
    [`account ${name}`, 'refused'],
    [`account ${name}`, 'manage'],
  ]);
  for (const secret of ['a wrong one', first, chosen]) expect(JSON.stringify(lines)).not.toContain(secret);
});
