/**
 * The files of an embedded PostgreSQL, made and migrated once in a run of the tests and copied for each test that needs a
 * database: making them takes seconds of processor time, copying them hardly any. Set up and removed around the run by vitest.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inject } from 'vitest';
import type { TestProject } from 'vitest/node';
import { openDatabase } from '#index/database.ts';
import { EmbeddedPostgres } from '#index/embedded.ts';
import { migrate } from '#index/migrate.ts';

declare module 'vitest' {
  interface ProvidedContext {
    clusterTemplates: string;
  }
}

/** @returns what ends it */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'lightbox-templates-'));
  provide('clusterTemplates', directory);
  return () => rm(directory, { recursive: true, force: true });
}

/** Puts PostgreSQL's files into a data directory in which there are none: the next start there finds a migrated, empty database. */
export async function giveCluster(dataDir: string): Promise<void> {
  const template = await made(inject('clusterTemplates'));
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  // Node's own copying leaves the owner out, and PostgreSQL does not run as root.
  await promisify(execFile)('cp', ['-a', `${template}/.`, dataDir]);
}

async function made(directory: string): Promise<string> {
  const template = join(directory, 'migrated');
  if (await exists(template)) return template;
  const own = await mkdtemp(join(directory, 'making-'));
  const postgres = await EmbeddedPostgres.start({ dataDir: own, onLog: () => {} });
  const database = openDatabase(postgres.url, { max: 1, applicationName: 'test' });
  await migrate(database);
  await database.close();
  await postgres.stop();
  // Another worker may have made one meanwhile: the first stays.
  await rename(own, template).catch(async (error: unknown) => {
    if (!(await exists(template))) throw error;
    await rm(own, { recursive: true });
  });
  return template;
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
