/**
 * The database for a command: that of the Lightbox that is running on DATA_DIR, or one opened for this command alone.
 */
import { type Database, openDatabase } from '#index/database.ts';
import { EmbeddedPostgres } from '#index/embedded.ts';
import { migrate } from '#index/migrate.ts';
import { otherPrograms } from '#index/other-programs.ts';
import { refuseUnfinishedRebuild } from '#index/rebuild.ts';
import type { Settings } from '#settings/settings.ts';

import { isDataDirLocked, lockDataDir } from './data-dir-lock.ts';
import { LogFile } from './log-file.ts';
import { readRunFile } from './run-file.ts';

/** Connections for one command: a few statements at once. */
const connections = 8;

/**
 * Calls `use` with a migrated database and closes whatever was opened for it.
 * @throws DataDirInUse when a Lightbox that is just starting or stopping holds DATA_DIR
 */
export function withDatabase<T>(settings: Settings, use: (database: Database) => Promise<T>): Promise<T> {
  return withDatabaseUrl(settings, async (url) => {
    await using database = openDatabase(url, { max: connections, applicationName: 'lightbox command' });
    await refuseUnfinishedRebuild(database);
    await migrate(database);
    return await use(database);
  });
}

/** The same with the database's address, and with the database as it is. @throws DataDirInUse */
export async function withDatabaseUrl<T>(settings: Settings, use: (url: string) => Promise<T>): Promise<T> {
  if (settings.databaseUrl !== undefined) return use(settings.databaseUrl);
  if (await isDataDirLocked(settings.dataDir)) {
    const running = await readRunFile(settings.dataDir);
    if (running) return use(running.databaseUrl);
  }
  return withDatabaseAlone(settings, use);
}

/** The same while no Lightbox may run on DATA_DIR. @throws DataDirInUse */
export async function withDatabaseAlone<T>(settings: Settings, use: (url: string) => Promise<T>): Promise<T> {
  await using _lock = await lockDataDir(settings.dataDir);
  if (settings.databaseUrl !== undefined) return await use(settings.databaseUrl);
  const log = new LogFile(settings.dataDir, 'postgres');
  await using postgres = await EmbeddedPostgres.start({ dataDir: settings.dataDir, onLog: (line) => log.write(line) });
  return await use(postgres.url);
}

/** For what must not be done while anything is on its way in, from whatever machine. @param then what to do once it is stopped */
export async function refuseWhileRunning(database: Database, then: string): Promise<void> {
  const others = await otherPrograms(database.pool);
  if (others.length > 0)
    throw new Error(`Lightbox uses this database (${others.join(', ')}); stop it everywhere, ${then}.`);
}
