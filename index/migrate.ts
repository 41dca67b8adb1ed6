/**
 * Brings a database to the form this program needs: `migrations/NNNN-schema-name.sql` once each, forward only, then every
 * `functions/*.sql` that changed. The second word of a migration's name is the schema (`index` or `site`) that keeps
 * its record, so that a dropped `index` takes its records along and is made anew at the next start.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

import type pg from 'pg';

import type { Database } from './database.ts';
import { otherPrograms } from './other-programs.ts';

/** The database and this program do not fit together; the message says what to do. */
class CannotMigrate extends Error {
  override name = 'CannotMigrate';
}

interface SqlFile {
  readonly schema: Schema;
  /** `0001-index.sql`, or `functions/readable.sql`. */
  readonly name: string;
  readonly sql: string;
  readonly hash: string;
}

type Schema = 'index' | 'site';

/** Any number that nobody else locks in this database. */
const lockKey = 4_242_011_112;

const here = new URL('./', import.meta.url);

export interface MigrateOptions {
  /** Leaves the rest to the next time; what is under way is undone. */
  readonly signal?: AbortSignal;
  /** Before a migration, which may take minutes where there are many studies. */
  readonly onMigration?: (name: string) => void;
  /** How long archives and workers that are just being stopped may take to be gone. */
  readonly othersMs?: number;
}

const usualOthersMs = 20_000;
const lookMs = 500;

/**
 * Safe to call from several machines at once, and again.
 *
 * @returns names of what was applied
 * @throws CannotMigrate, and the signal's reason
 */
export async function migrate(
  database: Database,
  directory: URL = here,
  { signal, onMigration, othersMs = usualOthersMs }: MigrateOptions = {},
): Promise<string[]> {
  const migrations = await readMigrations(new URL('migrations/', directory));
  const functions = await readFunctions(new URL('functions/', directory));
  const client = await database.pool.connect();
  // Closing the connection releases the lock in every case, also when a statement left it broken, and undoes what is under way.
  const release = onlyOnce(() => client.release(true));
  signal?.addEventListener('abort', release, { once: true });
  try {
    signal?.throwIfAborted();
    await refuseEncoding(client);
    await client.query('SELECT pg_advisory_lock($1)', [lockKey]);
    const applied = await readRecords(client);
    refuseForeign(applied, migrations);
    const pending = migrations.filter(({ name }) => !applied.has(name));
    // A new migration may have dropped what a function file makes, so then all of them run again.
    const changed = functions.filter(({ name, hash }) => pending.length > 0 || applied.get(name) !== hash);
    if (pending.length + changed.length > 0) await refuseWhileOthersWork(client, othersMs, signal);
    for (const file of pending) {
      onMigration?.(file.name);
      await apply(client, file);
    }
    for (const file of changed) await apply(client, file);
    return [...pending, ...changed].map(({ name }) => name);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', release);
    release();
  }
}

/**
 * Before an index is dropped that can only be made again: what people entered stays, and has to be of a form that this program
 * knows. An index of another form is no hindrance, for it is made anew.
 * @throws CannotMigrate
 */
export async function refuseForeignSite({ pool }: Database, directory: URL = here): Promise<void> {
  refuseForeign(await readRecords(pool, ['site']), await readMigrations(new URL('migrations/', directory)));
}

/** An archive or worker of another version would find its tables and functions changed in the middle of its work. */
async function refuseWhileOthersWork(client: pg.PoolClient, withinMs: number, signal?: AbortSignal): Promise<void> {
  const find = () => otherPrograms(client, '(archive|ingest|worker)$');
  let others = await find();
  for (const end = performance.now() + withinMs; others.length > 0 && performance.now() < end; others = await find())
    await delay(lookMs, undefined, { signal });
  if (others.length > 0)
    throw new CannotMigrate(
      `The database has to be changed for this version, and another version uses it (${others.join(', ')}). Stop that one everywhere, then start this one.`,
    );
}

function onlyOnce(end: () => void): () => void {
  let ended = false;
  return () => {
    if (!ended) end();
    ended = true;
  };
}

/** In any other, the first image with a name that it lacks (Đ in LATIN1) would be refused, months later. */
async function refuseEncoding(client: pg.PoolClient): Promise<void> {
  const { rows } = await client.query<{ server_encoding: string }>('SHOW server_encoding');
  const encoding = rows[0]?.server_encoding;
  if (encoding !== 'UTF8')
    throw new CannotMigrate(
      `The database is encoded as ${encoding}, which cannot hold every name. Make it anew: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0.`,
    );
}

async function readMigrations(directory: URL): Promise<SqlFile[]> {
  return (await readSqlFiles(directory)).map(({ name, sql, hash }) => {
    const schema = /^\d{4}-(index|site)\b.*\.sql$/.exec(name)?.[1];
    if (schema === undefined)
      throw new CannotMigrate(`${name}: a migration is named NNNN-index….sql or NNNN-site….sql.`);
    return { schema: schema as Schema, name, sql, hash };
  });
}

async function readFunctions(directory: URL): Promise<SqlFile[]> {
  const files = await readSqlFiles(directory);
  return files.map(({ name, sql, hash }) => ({ schema: 'index', name: `functions/${name}`, sql, hash }));
}

async function readSqlFiles(directory: URL): Promise<Pick<SqlFile, 'name' | 'sql' | 'hash'>[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(name, directory), 'utf8');
      return { name, sql, hash: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/** What each schema says was applied to it; nothing for a schema that does not exist (yet, or any more). */
async function readRecords(
  client: pg.Pool | pg.PoolClient,
  schemas: readonly Schema[] = ['index', 'site'],
): Promise<Map<string, string>> {
  const applied = new Map<string, string>();
  for (const schema of schemas) {
    const { rows: found } = await client.query('SELECT to_regclass($1) IS NOT NULL AS exists', [`${schema}.migration`]);
    if (!found[0].exists) continue;
    const { rows } = await client.query<{ name: string; hash: string }>(`SELECT name, hash FROM ${schema}.migration`);
    for (const { name, hash } of rows) applied.set(name, hash);
  }
  return applied;
}

function refuseForeign(applied: ReadonlyMap<string, string>, migrations: readonly SqlFile[]): void {
  const known = new Map(migrations.map(({ name, hash }) => [name, hash]));
  for (const [name, hash] of applied) {
    if (name.startsWith('functions/')) continue;
    const ours = known.get(name);
    if (ours === undefined) {
      throw new CannotMigrate(
        `The database is newer than this program (it has ${name}). Start the newer version, or restore a backup.`,
      );
    }
    if (ours !== hash) {
      throw new CannotMigrate(
        `${name} was applied to this database in another form. Start the version that applied it, or restore a backup.`,
      );
    }
  }
}

async function apply(client: pg.PoolClient, { schema, name, sql, hash }: SqlFile): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(sql);
    await client.query(`
      CREATE TABLE IF NOT EXISTS ${schema}.migration (
        name text PRIMARY KEY,
        hash text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now()
      )`);
    await client.query(
      `INSERT INTO ${schema}.migration (name, hash) VALUES ($1, $2)
       ON CONFLICT (name) DO UPDATE SET hash = excluded.hash, applied_at = now()`,
      [name, hash],
    );
    await client.query('COMMIT');
  } catch (error) {
    throw new CannotMigrate(`${name} could not be applied: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
