/**
 * The files of an embedded PostgreSQL, made and migrated once in a run of the tests and copied for each that needs them: making
 * them takes seconds of processor time, copying them hardly any. And a server on such a copy for each of vitest's workers, in
 * which each test that needs a database has one of its own: a server more would cost more than most of these tests. These servers
 * keep their files in memory where there is room: what is durable is tried on servers of their own, on the disk. Set up and
 * removed around the run by vitest, in its own process; who wants either asks there, and what nobody asks for is not made.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rename, rm, statfs } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { inject } from 'vitest';
import type { TestProject } from 'vitest/node';
import { openDatabase } from '#index/database.ts';
import { EmbeddedPostgres } from '#index/embedded.ts';
import { migrate } from '#index/migrate.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of the socket that answers a worker's number with the address of its server, and an empty line with where the files are. */
    clusters: string;
  }
}

/** Linux's file system in memory, and what must be free there and in the whole machine: ten times what was seen in a run. */
const inMemory = '/dev/shm';
const room = { there: 4e9, memory: 8e9 };

/** @returns what ends it */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join((await hasRoomInMemory()) ? inMemory : tmpdir(), 'lightbox-clusters-'));
  let template: Promise<string> | undefined;
  const servers = new Map<string, Promise<EmbeddedPostgres>>();
  async function answer(worker: string): Promise<string> {
    const migrated = await (template ??= make(directory));
    if (worker === '') return migrated;
    if (!servers.has(worker)) servers.set(worker, start(migrated, join(directory, worker)));
    return (await servers.get(worker)!).url;
  }

  const door = createServer({ allowHalfOpen: true }, (asking) => {
    asking.on('error', () => {});
    void text(asking)
      .then(answer)
      .then(
        (found) => asking.end(found),
        (error: unknown) => asking.end(`failed: ${String(error)}`),
      );
  });
  const socket = join(directory, 'door');
  door.listen(socket);
  await once(door, 'listening');
  provide('clusters', socket);
  return async () => {
    door.close();
    for (const server of await Promise.allSettled(servers.values()))
      if (server.status === 'fulfilled') await server.value.stop();
    await rm(directory, { recursive: true, force: true });
  };
}

async function hasRoomInMemory(): Promise<boolean> {
  if (process.platform !== 'linux' || freemem() < room.memory) return false;
  const found = await statfs(inMemory).catch(() => undefined);
  return found !== undefined && found.bsize * found.bavail >= room.there;
}

/** Puts PostgreSQL's files into a data directory in which there are none: the next start there finds a migrated, empty database. */
export async function giveCluster(dataDir: string): Promise<void> {
  await copy(await ask(''), dataDir);
}

/** The address of the server that all tests of this worker share, one after the other; its database is only to be copied. */
export function sharedServer(): Promise<string> {
  return ask(process.env['VITEST_POOL_ID'] ?? '1');
}

async function ask(worker: string): Promise<string> {
  const answer = await text(connect(inject('clusters')).end(worker));
  if (answer.startsWith('failed: ')) throw new Error(`No PostgreSQL for tests: ${answer}`);
  return answer;
}

async function make(directory: string): Promise<string> {
  const making = join(directory, 'making');
  const postgres = await EmbeddedPostgres.start({ dataDir: making, onLog: () => {} });
  const database = openDatabase(postgres.url, { max: 1, applicationName: 'test' });
  await migrate(database);
  // What a killed server leaves of its shared memory lies in its directory then, and goes with it.
  await database.pool.query("ALTER SYSTEM SET dynamic_shared_memory_type = 'mmap'");
  await database.close();
  await postgres.stop();
  const template = join(directory, 'migrated');
  await rename(making, template);
  return template;
}

async function start(template: string, dataDir: string): Promise<EmbeddedPostgres> {
  await copy(template, dataDir);
  return EmbeddedPostgres.start({ dataDir, onLog: () => {} });
}

async function copy(template: string, dataDir: string): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  // Node's own copying leaves the owner out, and PostgreSQL does not run as root.
  await promisify(execFile)('cp', ['-a', `${template}/.`, dataDir]);
}
