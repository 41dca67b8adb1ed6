/**
 * The database for a command: that of the Lightbox that is running on DATA_DIR, or one opened for this command alone.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { clusterDirectory } from '#index/cluster-directory.ts';
import { type Database, type DatabaseOptions, openDatabase } from '#index/database.ts';
import { EmbeddedPostgres } from '#index/embedded.ts';
import { migrate } from '#index/migrate.ts';
import { otherPrograms } from '#index/other-programs.ts';
import { refuseUnfinishedRebuild } from '#index/rebuild.ts';
import { maskAddress } from '#settings/mask.ts';
import { BadSetting, type Settings } from '#settings/settings.ts';

import { isDataDirLocked, lockDataDir } from './data-dir-lock.ts';
import { LogFile, logsOf } from './log-file.ts';
import { readRunFile } from './run-file.ts';

/** Connections for one command: a few statements at once. */
const connections = 8;

/**
 * Calls `use` with a migrated database and closes whatever was opened for it.
 * @throws DataDirInUse when a Lightbox that is just starting or stopping holds DATA_DIR; BadSetting where none was ever started
 */
export function withDatabase<T>(settings: Settings, use: (database: Database) => Promise<T>): Promise<T> {
  return withDatabaseUrl(settings, async (url) => {
    await using database = await openAnswering(url, settings, { max: connections });
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
  await refuseNewDataDir(settings);
  return withDatabaseAlone(settings, use);
}

/** @param url  what `DATABASE_URL` says, or where the embedded PostgreSQL is. @throws Error, BadSetting where none answers there */
export async function openAnswering(
  url: string,
  { dataDir, databaseUrl }: Settings,
  { applicationName = 'lightbox command', ...options }: Partial<DatabaseOptions>,
): Promise<Database> {
  const database = openDatabase(url, { max: 1, applicationName, ...options });
  try {
    await database.pool.query('SELECT');
    return database;
  } catch (cause) {
    await database.close();
    const reason = cause instanceof Error ? cause.message : String(cause);
    // It may just be started again after a crash, and nobody has set an address.
    if (databaseUrl === undefined)
      throw new Error(
        `The embedded PostgreSQL does not answer (${reason}); try again in half a minute, and see ${join(dataDir, 'logs/postgres.log')}.`,
        { cause },
      );
    throw new BadSetting('DATABASE_URL', maskAddress(url), `a PostgreSQL that answers (${reason})`, { cause });
  }
}

/** A command that is given another DATA_DIR than the start would make a database there, and find everything empty. @throws BadSetting */
export async function refuseNewDataDir({ dataDir, databaseUrl }: Settings): Promise<void> {
  if (databaseUrl !== undefined) return;
  const error = await stat(clusterDirectory(dataDir)).then(
    () => undefined,
    (thrown: NodeJS.ErrnoException) => thrown,
  );
  if (error?.code !== 'ENOENT') return; // whatever else is wrong with it is said by who wants to use it
  const reason = 'there is no database in it, and DATABASE_URL is not set';
  throw new BadSetting('DATA_DIR', dataDir, `the same as at the start of Lightbox (${reason})`);
}

/** The same while no Lightbox may run on DATA_DIR; the database is made where there is none. @throws DataDirInUse */
export async function withDatabaseAlone<T>(settings: Settings, use: (url: string) => Promise<T>): Promise<T> {
  await using _lock = await lockDataDir(settings.dataDir);
  if (settings.databaseUrl !== undefined) return await use(settings.databaseUrl);
  using log = new LogFile(logsOf(settings.dataDir), 'postgres');
  await using postgres = await EmbeddedPostgres.start({ dataDir: settings.dataDir, onLog: (line) => log.write(line) });
  return await use(postgres.url);
}

/** For what must not be done while anything is on its way in, from whatever machine. @param then what to do once it is stopped */
export async function refuseWhileRunning(database: Database, then: string): Promise<void> {
  const others = await otherPrograms(database.pool);
  if (others.length > 0)
    throw new Error(`Lightbox uses this database (${others.join(', ')}); stop it everywhere, ${then}.`);
}
