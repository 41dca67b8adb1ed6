import { once } from 'node:events';
import http from 'node:http';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { addAccount, changeRights, removeAccount } from '#access/account-registry.ts';
import { createToken } from '#access/tokens.ts';
import { limits } from '#settings/limits.ts';
import type { Resource } from './resource.ts';
import { ask, type Answer, basic, startTestArchive, type TestArchive } from './test-archive.ts';

/** Answers that are under way. */
let underWay = 0;
let streams = 0;
const resources: Resource[] = [
  {
    method: 'get',
    path: '/lasts',
    right: 'read',
    async handle(_request, response) {
      underWay++;
      response.write('begun');
      await once(response, 'close');
      underWay--;
    },
  },
  {
    method: 'post',
    path: '/lasts',
    right: 'store',
    async handle(request, response) {
      underWay++;
      response.once('close', () => underWay--);
      for await (const _ of request);
      response.end();
    },
  },
  {
    method: 'get',
    path: '/stream',
    right: 'read',
    isStream: true,
    async handle(_request, response) {
      streams++;
      response.write('begun');
      await once(response, 'close');
      streams--;
    },
  },
  { method: 'get', path: '/soon', right: 'read', handle: async (_request, response) => void response.end('done') },
];
let archive: TestArchive;
beforeAll(async () => {
  archive = await startTestArchive({ dicomweb: resources });
});
afterAll(() => archive[Symbol.asyncDispose]());

interface Begun {
  readonly over: Promise<unknown>;
  end(): void;
}

/** Sends a request whose body, if it has one, never ends. */
function send(method: 'GET' | 'POST', authorization: string, path = '/lasts', localAddress = '127.0.0.1'): Begun {
  const headers = { authorization, 'content-type': 'application/dicom' };
  const address = { host: '127.0.0.1', port: archive.port, localAddress };
  const request = http.request({ ...address, path: `/dicom-web${path}`, method, headers, agent: false });
  const over = new Promise((resolve) => void request.on('error', resolve).once('close', resolve));
  request.on('response', (response) => response.on('error', () => {}).resume());
  if (method === 'POST') request.write('some of it');
  else request.end();
  return { over, end: () => request.destroy() };
}

/** The same, and waits until it is being answered. */
async function begin(method: 'GET' | 'POST', authorization: string): Promise<Begun> {
  const before = underWay;
  const begun = send(method, authorization);
  await expect.poll(() => underWay).toBe(before + 1);
  return begun;
}

test('a download and an upload end soon after their account was removed or has other rights, and those of others go on', async () => {
  const { pool } = archive.postgres.database;
  const made = async (name: string) => (await addAccount({ database: pool, name, rights: ['read', 'store'] }))!;
  const [an, binh, chi] = [await made('An'), await made('Bình'), await made('Chi')];
  const download = await begin('GET', basic('An', an.password));
  const upload = await begin('POST', basic('Bình', binh.password));
  const other = await begin('GET', basic('Chi', chi.password));
  await removeAccount({ database: pool, id: an.account.id });
  await changeRights({ database: pool, id: binh.account.id, rights: ['read'] });
  await Promise.all([download.over, upload.over]);
  await expect.poll(() => underWay).toBe(1);
  expect(archive.lines.filter(({ msg }) => msg === 'request ended').map(({ caller }) => caller)).toEqual(
    expect.arrayContaining(['account An', 'account Bình']),
  );
  other.end();
  await expect.poll(() => underWay).toBe(0);
}, 15_000);

test('of one caller some are answered at once, those behind them wait, and still more are asked to come again; others are answered', async () => {
  const { pool } = archive.postgres.database;
  const { answeredPerAddress, requestsPerAddress } = limits.http;
  const bearer = async (name: string) => `Bearer ${await createToken({ database: pool, name, rights: ['read'] })}`;
  const [greedy, other] = [await bearer('greedy'), await bearer('other')];
  const streaming = send('GET', greedy, '/stream');
  await expect.poll(() => streams).toBe(1);
  const all = Array.from({ length: requestsPerAddress - 1 }, () => send('GET', greedy));
  const get = (authorization: string) => ask(archive.port, '/dicom-web/soon', { headers: { authorization } });
  await expect.poll(() => underWay).toBe(answeredPerAddress);
  let refused: Answer | undefined;
  await expect.poll(async () => (refused = await Promise.race([get(greedy), later()]))?.status).toBe(503);
  expect(refused!.headers['retry-after']).toBe('2');
  expect(JSON.parse(refused!.body)).toMatchObject({
    code: 'tooManyAtOnce',
    reason: `one account or token has at most ${requestsPerAddress} requests under way at once from one address`,
  });
  expect((await get(other)).body).toBe('done');
  expect(underWay).toBe(answeredPerAddress);
  // Who goes gives the place to the next one, and who went while it waited takes none.
  for (const each of all.splice(0, requestsPerAddress - 1 - answeredPerAddress)) each.end();
  await expect.poll(() => underWay).toBe(answeredPerAddress);
  const waiting = get(greedy);
  for (const each of all) each.end();
  expect((await waiting).body).toBe('done');
  await expect.poll(() => underWay).toBe(0);
  streaming.end();
  await expect.poll(() => streams).toBe(0);
});

test('who has waited long for a turn is told to come again, before the connection would be cut for silence', async () => {
  const { answeredPerAddress, turnMs, stalledMs } = limits.http;
  expect(turnMs).toBeLessThan(stalledMs);
  const token = await createToken({ database: archive.postgres.database.pool, name: 'patient', rights: ['read'] });
  const authorization = `Bearer ${token}`;
  const all = Array.from({ length: answeredPerAddress }, () => send('GET', authorization));
  await expect.poll(() => underWay).toBe(answeredPerAddress);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    let answer: Answer | undefined;
    void ask(archive.port, '/dicom-web/soon', { headers: { authorization } }).then((told) => (answer = told));
    // It may not have come yet.
    await expect.poll(() => (vi.advanceTimersByTime(turnMs), answer?.status)).toBe(503);
    expect(answer!.headers['retry-after']).toBe('2');
    expect(JSON.parse(answer!.body)).toMatchObject({ code: 'tooManyAtOnce' });
  } finally {
    vi.useRealTimers();
  }
  // Nothing of it waits any more, and who has a turn keeps it.
  expect(underWay).toBe(answeredPerAddress);
  for (const each of all) each.end();
  await expect.poll(() => underWay).toBe(0);
  expect((await ask(archive.port, '/dicom-web/soon', { headers: { authorization } })).body).toBe('done');
});

test('an account that many share: who takes all that one address may have leaves others theirs, and those that wait have their turn by address', async () => {
  const { answeredPerCaller, answeredPerAddress, requestsPerAddress } = limits.http;
  const token = await createToken({ database: archive.postgres.database.pool, name: 'ward', rights: ['read'] });
  const authorization = `Bearer ${token}`;
  const soon = (localAddress: string) =>
    ask(archive.port, '/dicom-web/soon', { headers: { authorization }, localAddress });
  const all = Array.from({ length: requestsPerAddress }, () => send('GET', authorization));
  await expect.poll(() => underWay).toBe(answeredPerAddress);
  expect((await soon('127.0.0.2')).body).toBe('done');
  // All that the account may have, by four addresses: who comes from a fifth is the next one, before all that wait.
  for (const address of ['127.0.0.2', '127.0.0.3', '127.0.0.4'])
    all.push(...Array.from({ length: answeredPerAddress }, () => send('GET', authorization, '/lasts', address)));
  await expect.poll(() => underWay).toBe(answeredPerCaller);
  const waiting = soon('127.0.0.5');
  await later();
  all[0]!.end();
  expect((await waiting).body).toBe('done');
  for (const each of all) each.end();
  await expect.poll(() => underWay).toBe(0);
});

/** One of those that were sent may not have come yet: then this one waits in its place. */
const later = () => new Promise<undefined>((resolve) => void setTimeout(resolve, 200, undefined));
