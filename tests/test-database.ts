/**
 * A database of a test's own, migrated and empty, which is gone afterwards: in the server that the tests of this worker share,
 * or, for what looks at the server or changes it, in one of its own.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase, type Database } from '#index/database.ts';
import { EmbeddedPostgres } from '#index/embedded.ts';
import { giveCluster, sharedServer } from './cluster-template.ts';

export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
  readonly database: Database;
}

export async function startTestDatabase(): Promise<TestDatabase> {
  const server = await sharedServer();
  const name = `test_${randomBytes(6).toString('hex')}`;
  await inServer(server, `CREATE DATABASE ${name} TEMPLATE lightbox STRATEGY FILE_COPY`);
  const address = new URL(server);
  address.pathname = name;
  return opened(address.href, () => inServer(server, `DROP DATABASE ${name} WITH (FORCE)`));
}

/** The only database of a PostgreSQL whose settings and databases the test may change. */
export async function startTestServer(): Promise<TestDatabase> {
  const dataDir = await mkdtemp(join(tmpdir(), 'lightbox-database-'));
  await giveCluster(dataDir);
  const postgres = await EmbeddedPostgres.start({ dataDir, onLog: () => {} });
  return opened(postgres.url, async () => {
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
}

function opened(url: string, end: () => Promise<void>): TestDatabase {
  const database = openDatabase(url, { max: 8, applicationName: 'test' });
  return {
    url,
    database,
    async [Symbol.asyncDispose]() {
      await database.close();
      await end();
    },
  };
}

async function inServer(server: string, statement: string): Promise<void> {
  const address = new URL(server);
  // Not in "lightbox": what is copied may have nobody in it.
  address.pathname = 'postgres';
  await using database = openDatabase(address.href, { max: 1, applicationName: 'test' });
  await database.pool.query(statement);
}
