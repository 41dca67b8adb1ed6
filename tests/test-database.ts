/**
 * A PostgreSQL of a test's own: embedded, migrated, in a directory that is removed afterwards.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase, type Database } from '#index/database.ts';
import { EmbeddedPostgres } from '#index/embedded.ts';
import { giveCluster } from '#tests/cluster-template.ts';

export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
  readonly database: Database;
}

export async function startTestDatabase(): Promise<TestDatabase> {
  const dataDir = await mkdtemp(join(tmpdir(), 'lightbox-database-'));
  await giveCluster(dataDir);
  const postgres = await EmbeddedPostgres.start({ dataDir, onLog: () => {} });
  const database = openDatabase(postgres.url, { max: 8, applicationName: 'test' });
  return {
    url: postgres.url,
    database,
    async [Symbol.asyncDispose]() {
      await database.close();
      await postgres.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
