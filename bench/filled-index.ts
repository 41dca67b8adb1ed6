/**
 * Lightboxes whose index is full: rows as ingest makes them, with no objects behind them. A million studies take minutes to
 * make, so they are kept below BENCH_INDEX_DIR from run to run, until what makes them changes.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { openDatabase, type Database } from '#index/database.ts';
import { EmbeddedPostgres } from '#index/embedded.ts';
import { migrate } from '#index/migrate.ts';
import { registerJobs } from '#index/owed.ts';
import { wrongCounts } from '#index/verify.ts';
import { fillIndex } from '#tests/filled-index/fill-index.ts';
import { jobs } from '#worker/jobs/all.ts';

import { BenchFailed } from './bench-failed.ts';

/** A study with its 3 series, 5 instances and their indexes, twice that while it is being made. */
const bytesPerStudy = 12_000;
const keptFreeBytes = 20e9;

/** Some of the studies, for questions that find something. */
export interface KnownStudy {
  readonly study_instance_uid: string;
  readonly series_instance_uid: string;
  readonly patient_id: string;
  readonly accession_number: string;
  readonly study_date: string;
  readonly study_time: string;
  readonly id: number;
  readonly patient_name_folded: string;
  readonly patient_name_words: string;
  readonly patient_birth_date: string;
}

export interface TableSize {
  readonly table: string;
  readonly rows: number;
  readonly tableBytes: number;
  readonly indexBytes: number;
}

export interface FilledIndex {
  readonly studies: number;
  readonly dataDir: string;
  /** YYYYMMDD: the day of the newest studies. */
  readonly lastDay: string;
  readonly known: readonly KnownStudy[];
  readonly sizes: readonly TableSize[];
  /** How long it took to fill, when it was. */
  readonly filledInSeconds: number;
}

const kept = z.object({ lastDay: z.string(), filledInSeconds: z.number() });

/** @throws BenchFailed when the disk is too small, or the counts of what was made do not agree with its rows */
export async function filledIndex(studies: number): Promise<FilledIndex> {
  const home = process.env['BENCH_INDEX_DIR'] ?? join(tmpdir(), 'lightbox-bench-index');
  const directory = join(home, `${studies}-studies-${await version()}`);
  if (!existsSync(directory)) await make(studies, home, directory);
  const { lastDay, filledInSeconds } = kept.parse(JSON.parse(await readFile(join(directory, 'filled.json'), 'utf8')));
  return read(studies, join(directory, 'data'), lastDay, filledInSeconds);
}

/** The same, made anew where it is told, for what would leave much behind in a kept one. */
export async function temporaryIndex(studies: number, dataDir: string): Promise<FilledIndex> {
  const { lastDay, filledInSeconds } = await fill(studies, dataDir);
  return read(studies, dataDir, lastDay, filledInSeconds);
}

async function read(studies: number, dataDir: string, lastDay: string, filledInSeconds: number): Promise<FilledIndex> {
  const { known, sizes } = await withDatabase(dataDir, async (database) => ({
    known: await knownStudies(database, studies),
    sizes: await tableSizes(database),
  }));
  return { studies, dataDir, lastDay: lastDay.replaceAll('-', ''), filledInSeconds, known, sizes };
}

async function make(studies: number, home: string, directory: string): Promise<void> {
  await mkdir(home, { recursive: true });
  const { bavail, bsize } = await statfs(home);
  if (bavail * bsize < studies * bytesPerStudy + keptFreeBytes)
    throw new BenchFailed(`${home} has no room for ${studies} studies. BENCH_INDEX_DIR names another place.`);
  // What an older version of the same size left behind.
  for (const name of await readdir(home))
    if (name.startsWith(`${studies}-studies-`)) await rm(join(home, name), { recursive: true });
  const unfinished = `${directory}.unfinished`;
  process.stderr.write(`Filling an index with ${studies} studies, once, in ${directory}\n`);
  const made = await fill(studies, join(unfinished, 'data'));
  await writeFile(join(unfinished, 'filled.json'), JSON.stringify(made));
  await rename(unfinished, directory);
}

async function fill(studies: number, dataDir: string): Promise<{ lastDay: string; filledInSeconds: number }> {
  const started = performance.now();
  const lastDay = new Date(Date.now() - 24 * 3_600_000).toISOString().slice(0, 10);
  const wrong = await withDatabase(dataDir, async (database) => {
    // Before there are series, or each would be owed a thumbnail; with it, what is stored later costs what it does elsewhere.
    await registerJobs(database, jobs);
    await fillIndex(database, { studies, lastDay });
    return wrongCounts(database);
  });
  if (wrong.length > 0) throw new BenchFailed(`${wrong.length} counts are wrong: ${wrong[0]?.what}`);
  const filledInSeconds = (performance.now() - started) / 1000;
  return { lastDay, filledInSeconds };
}

/** One without a study, which owes the same jobs for what comes into it. */
export function emptyIndex(dataDir: string): Promise<void> {
  return withDatabase(dataDir, (database) => registerJobs(database, jobs));
}

async function withDatabase<T>(dataDir: string, use: (database: Database) => Promise<T>): Promise<T> {
  await mkdir(dataDir, { recursive: true });
  await using postgres = await EmbeddedPostgres.start({ dataDir, onLog: () => {} });
  await using database = openDatabase(postgres.url, { max: 2, applicationName: 'bench' });
  await migrate(database);
  return await use(database);
}

/** Changes with what makes the rows. */
async function version(): Promise<string> {
  const hash = createHash('sha256');
  for (const name of ['fill-index.ts', 'parts.ts', 'rows.sql'])
    hash.update(await readFile(new URL(`../tests/filled-index/${name}`, import.meta.url)));
  return hash.digest('hex').slice(0, 12);
}

/** Spread over all of them, each with an accession number and a Patient ID. */
async function knownStudies(database: Database, studies: number): Promise<KnownStudy[]> {
  const { rows } = await database.pool.query<KnownStudy>(
    `SELECT s.*, (SELECT series_instance_uid FROM index.series e WHERE e.study = s.id ORDER BY id LIMIT 1)
     FROM generate_series(1, $1::bigint, greatest(1, $1 / 997)) AS n JOIN index.study s ON s.id = n
     WHERE s.accession_number <> '' AND s.patient_id <> '' AND s.patient_name_folded NOT LIKE '%=%'`,
    [studies],
  );
  return rows;
}

async function tableSizes(database: Database): Promise<TableSize[]> {
  const { rows } = await database.pool.query<TableSize>(
    `SELECT relname AS table, reltuples::bigint AS rows, pg_table_size(oid) AS "tableBytes", pg_indexes_size(oid) AS "indexBytes"
     FROM pg_class WHERE oid = ANY ('{index.patient,index.study,index.series,index.instance}'::regclass[]) ORDER BY oid`,
  );
  return rows;
}
