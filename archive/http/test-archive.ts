/**
 * The HTTP door for tests: real PostgreSQL, real storage, real sockets, and whatever resources a test brings.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ensureAdministrator } from '#access/account-registry.ts';
import { openAccounts } from '#access/accounts.ts';
import { openCredentials } from '#access/credentials.ts';
import { openSessions } from '#access/sessions.ts';
import { openTokens } from '#access/tokens.ts';
import { openStorage, type Storage } from '#storage/storage.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import { pino } from 'pino';
import { openapiResource } from '../api/openapi.ts';
import { accessResources } from '../api/access.ts';
import { loginResources } from '../api/session.ts';
import { thumbnailResources } from '../api/thumbnails.ts';
import { openCertificates } from '#access/certificates.ts';
import { openHealth } from '../health.ts';
import { createHttp, type HttpParts } from '../http.ts';
import { errorFields } from '#settings/log.ts';
import { createMetrics } from '../metrics.ts';
import { OpenRequests } from './open-requests.ts';
import { listenHttp } from './server.ts';

export const password = 'mật khẩu của quản trị';
export const basic = (name: string, secret: string) => `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`;
export const admin = { authorization: basic('admin', password) };

export interface TestArchive extends AsyncDisposable {
  readonly port: number;
  readonly postgres: TestDatabase;
  readonly storage: Storage;
  /** Lines of the log so far. */
  readonly lines: Record<string, unknown>[];
  readonly viewerDirectory: string;
}

/** @param given  a database that resources were made with, or that several archives share; whoever gave it ends it */
export async function startTestArchive({
  postgres: given,
  dicomweb = [],
  wadoUri = [],
  api = [],
  settings = {},
  tls,
}: {
  postgres?: TestDatabase;
  dicomweb?: HttpParts['dicomweb'];
  wadoUri?: HttpParts['wadoUri'];
  api?: HttpParts['api'];
  settings?: Partial<HttpParts['settings']>;
  tls?: { certPath: string; keyPath: string };
}): Promise<TestArchive> {
  const postgres = given ?? (await startTestDatabase());
  const database = postgres.database.pool;
  const directory = await mkdtemp(join(tmpdir(), 'lightbox-http-'));
  const viewerDirectory = join(directory, 'viewer');
  for (const [name, text] of Object.entries(viewerFiles)) {
    await mkdir(dirname(join(viewerDirectory, name)), { recursive: true });
    await writeFile(join(viewerDirectory, name), text);
  }
  const storage = await openStorage(`file://${directory}/objects`, { spoolDir: join(directory, 'spool') });
  await ensureAdministrator({ database, password });

  const lines: Record<string, unknown>[] = [];
  const log = pino(
    { serializers: { err: errorFields } },
    { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  );
  const accounts = openAccounts({ database });
  const authenticators = {
    credentials: openCredentials({ accounts }),
    sessions: openSessions({ database }),
    tokens: openTokens({ database }),
  };
  const login = loginResources(authenticators, { log });
  const access = accessResources({ ...authenticators, accounts, database, log });
  const allApi = [...access, ...thumbnailResources({ database, storage, log }), ...api];
  const requests = new OpenRequests({ log });
  const application = createHttp({
    settings: { publicUrl: undefined, trustProxy: undefined, corsOrigins: [], tls, ...settings },
    authenticators,
    requests,
    dicomweb,
    wadoUri,
    api: allApi,
    openApi: [...login, openapiResource([...login, ...allApi])],
    health: openHealth({ database, storage, processes: () => [{ name: 'archive', pid: 1, state: 'running' }], log }),
    metrics: createMetrics(),
    log,
    viewerDirectory,
  });
  const { ended } = authenticators.sessions;
  const { revoked } = authenticators.tokens;
  const watching = requests.watch({
    lockedOut: async () => new Set(),
    generations: accounts.generations,
    ended,
    revoked,
  });
  const server = await listenHttp(application, {
    host: '127.0.0.1',
    port: 0,
    certificates: tls && (await openCertificates({ tls }, { log })),
  });
  return {
    port: server.port,
    postgres,
    storage,
    lines,
    viewerDirectory,
    async [Symbol.asyncDispose]() {
      await Promise.all([server.close(), watching[Symbol.asyncDispose]()]);
      await storage[Symbol.asyncDispose]();
      if (!given) await postgres[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

const viewerFiles = {
  'index.html': '<!doctype html><title>Lightbox</title>',
  'assets/main-1a2b3c.js': 'console.log("plain")',
  'assets/main-1a2b3c.js.br': 'brotli',
  'assets/codec-4d5e6f.wasm': '\0asm',
};

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

interface Asked {
  readonly method?: string;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: string;
  /** Of this machine, where it is to be another one than others have. */
  readonly localAddress?: string;
}

/** One request as a program would send it: nothing is added, decoded or followed. */
export function ask(
  port: number,
  path: string,
  { method = 'GET', headers = {}, body, localAddress = '127.0.0.1' }: Asked = {},
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const to = { host: '127.0.0.1', port, localAddress };
  const request = http.request({ ...to, path, method, headers, agent: false }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('error', reject);
    response.on('end', () =>
      resolve({
        status: response.statusCode!,
        headers: response.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      }),
    );
  });
  request.on('error', reject);
  request.end(body);
  return promise;
}

export function postJson(port: number, path: string, value: unknown, headers: http.OutgoingHttpHeaders = {}) {
  const body = JSON.stringify(value);
  return ask(port, path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });
}
