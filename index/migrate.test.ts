import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';

import { indexedInstance } from '#tests/indexed-instance.ts';
import { startTestServer, type TestDatabase } from '#tests/test-database.ts';

import { openDatabase } from './database.ts';
import { migrate } from './migrate.ts';
import { restoreRejection } from './rejections.ts';
import { wrongCounts } from './verify.ts';
import { InstanceWriter } from './write.ts';

let postgres: TestDatabase;
let directory: URL;

beforeAll(async () => {
  postgres = await startTestServer();
});
afterAll(() => postgres[Symbol.asyncDispose]());

/** A copy of the program's migrations, to which a test adds. */
beforeEach(async () => {
  const path = await mkdtemp(join(tmpdir(), 'lightbox-migrations-'));
  directory = pathToFileURL(`${path}/`);
  for (const name of ['migrations', 'functions']) {
    await cp(new URL(name, import.meta.url), new URL(name, directory), { recursive: true });
  }
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
  await postgres.database.pool.query('DROP SCHEMA index, site CASCADE');
  await migrate(postgres.database);
});

const add = (name: string, sql: string) => writeFile(new URL(name, directory), sql);

test('what is applied is not applied again', async () => {
  expect(await migrate(postgres.database)).toEqual([]);
});

test('a new migration is applied once, and every function file after it', async () => {
  await add('migrations/9000-index-try.sql', 'CREATE TABLE index.try (a int); INSERT INTO index.try VALUES (1);');
  const applied = await migrate(postgres.database, directory);
  expect(applied[0]).toBe('9000-index-try.sql');
  expect(applied).toContain('functions/write-instances.sql');
  expect(await migrate(postgres.database, directory)).toEqual([]);
  expect((await postgres.database.pool.query('SELECT a FROM index.try')).rows).toEqual([{ a: 1 }]);
});

test('a function file is applied again when it changed', async () => {
  await add('functions/try.sql', 'CREATE OR REPLACE FUNCTION index.try() RETURNS int LANGUAGE sql RETURN 1');
  expect(await migrate(postgres.database, directory)).toEqual(['functions/try.sql']);
  await add('functions/try.sql', 'CREATE OR REPLACE FUNCTION index.try() RETURNS int LANGUAGE sql RETURN 2');
  expect(await migrate(postgres.database, directory)).toEqual(['functions/try.sql']);
  expect((await postgres.database.pool.query('SELECT index.try()')).rows).toEqual([{ try: 2 }]);
});

/** Leaves the database as it was before a migration. @returns what applies it, to whatever lies there then */
async function before(migration: string): Promise<() => Promise<unknown>> {
  await postgres.database.pool.query('DROP SCHEMA index, site CASCADE');
  const name = `migrations/${migration}.sql`;
  const later = new URL(name, directory);
  const sql = await readFile(later, 'utf8');
  await rm(later);
  // This program's functions are written for what it makes of the tables.
  const functions = new URL('functions/', directory);
  await rm(functions, { recursive: true });
  await mkdir(functions);
  await migrate(postgres.database, directory);
  return async () => {
    await cp(new URL('functions/', import.meta.url), functions, { recursive: true });
    await add(name, sql);
    return migrate(postgres.database, directory);
  };
}

test('what an older index knew of the requests of a series is found as before', async () => {
  const { pool } = postgres.database;
  const bring = await before('0006-index-request-attributes');
  const empty = (table: string, values: Readonly<Record<string, string>>) =>
    pool.query(
      `INSERT INTO index.${table} OVERRIDING SYSTEM VALUE SELECT r.* FROM jsonb_populate_record(NULL::index.${table},
        (SELECT jsonb_object_agg(column_name, CASE data_type WHEN 'text' THEN '""' WHEN 'boolean' THEN 'false' WHEN 'ARRAY' THEN '[]'
          WHEN 'timestamp with time zone' THEN '"2026-01-01"' ELSE '1' END::jsonb)
         FROM information_schema.columns WHERE table_schema = 'index' AND table_name = '${table}') || $1::jsonb) r`,
      [JSON.stringify(values)],
    );
  await empty('patient', { id: '1' });
  await empty('study', { id: '1', patient: '1', study_instance_uid: '1.2' });
  await empty('series', { id: '1', study: '1', series_instance_uid: '1.2.1', requested_procedure_id: 'RP' });
  await empty('series', { id: '2', study: '1', series_instance_uid: '1.2.2' });
  await bring();
  const { rows } = await pool.query('SELECT * FROM index.request_attributes');
  expect(rows).toEqual([{ series: 1, item: 1, scheduled_procedure_step_id: '', requested_procedure_id: 'RP' }]);
});

test('patients of an older index have the numbers of their names, also of those that no study has', async () => {
  const { pool } = postgres.database;
  const bring = await before('0016-index-name-once');
  await pool.query(
    `INSERT INTO index.person_name (patient_name_folded, patient_name_words) VALUES ('le^a', ' le a ');
     INSERT INTO index.patient (issuer, patient_id, patient_name, patient_birth_date, patient_sex, patient_name_folded, patient_name_words)
     VALUES ('', '1', 'LÊ^A', '', '', 'le^a', ' le a '), ('', '2', 'VŨ^B', '', '', 'vu^b', ' vu b ')`,
  );
  await bring();
  const { rows } = await pool.query(
    `SELECT p.patient_id, n.patient_name_folded AS name, index.name_lexemes(n.patient_name_words) @@ '''v'' & ''b '''::tsquery AS is_vu
     FROM index.patient p JOIN index.person_name n ON n.id = p.name ORDER BY 1`,
  );
  expect(rows).toEqual([
    { patient_id: '1', name: 'le^a', is_vu: false },
    { patient_id: '2', name: 'vu^b', is_vu: true },
  ]);
});

test('why an older send was not through is kept as the reason', async () => {
  const { pool } = postgres.database;
  const bring = await before('0012-site-send-cause');
  await pool.query(
    `INSERT INTO site.send (destination, study_instance_uid, priority, cause)
     VALUES ('PACS', '1.2', 'high', 'destination: rejected'), ('PACS', '1.3', 'high', NULL)`,
  );
  await bring();
  const { rows } = await pool.query('SELECT cause FROM site.send ORDER BY id');
  expect(rows).toEqual([{ cause: { code: 'notAllSent', reason: 'destination: rejected' } }, { cause: null }]);
});

test('what had failed with a device before failures had words is kept as the reason', async () => {
  const { pool } = postgres.database;
  const bring = await before('0015-site-failure-causes');
  await pool.query(
    `INSERT INTO site.device (ae_title, host, state, last_failure)
     VALUES ('CT1', '10.0.0.5', 'approved', 'C-FIND C000: failed'), ('MR1', '10.0.0.6', 'approved', NULL)`,
  );
  await bring();
  const { rows } = await pool.query('SELECT last_failure FROM site.device ORDER BY ae_title');
  expect(rows).toEqual([
    { last_failure: { code: 'requestFailed', reason: 'C-FIND C000: failed' } },
    { last_failure: null },
  ]);
});

test('an older rejection note without an issuer hides what it names once the rule knows it, and no more', async () => {
  const { pool } = postgres.database;
  await pool.query(`
    CREATE OR REPLACE FUNCTION index.is_same_patient(note_issuer text, note_id text, study_issuer text, study_id text)
    RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT note_id = study_id AND note_issuer = study_issuer $$`);
  const patients = ['BV', 'BV', '', 'BV'].map((IssuerOfPatientID, at) => ({
    StudyInstanceUID: `1.${at}`,
    PatientID: 'P1',
    IssuerOfPatientID,
    Modality: 'CT',
  }));
  {
    await using writer = new InstanceWriter(postgres.url);
    for (const patient of patients) for (const number of [1, 2]) await writer.write(indexedInstance(patient, number));
    const issuers = ['', 'PK', 'BV', ''];
    for (const [at, patient] of patients.entries()) {
      const study_instance_uid = patient.StudyInstanceUID;
      const values = { ...patient, IssuerOfPatientID: issuers[at]!, SeriesInstanceUID: `1.${at}.9`, Modality: 'KO' };
      const studies = [{ study_instance_uid, sop_instance_uids: [`1.${at}.1.1`] }];
      await writer.write({ ...indexedInstance(values), rejection: { code: '113037', studies } });
    }
  }
  await restoreRejection(postgres.database, '1.3.9.1', 'account An');
  const shown = async () =>
    (await pool.query('SELECT number_of_instances AS n FROM index.study ORDER BY study_instance_uid')).rows.map(
      ({ n }) => n as number,
    );
  expect(await shown()).toEqual([2, 2, 2, 2]);

  for (const _again of [1, 2]) {
    await pool.query(`DELETE FROM index.migration WHERE name LIKE 'functions/%'`);
    await migrate(postgres.database);
    // Without an issuer in the note, of another issuer, without one in the study, restored.
    expect(await shown()).toEqual([1, 2, 1, 2]);
    expect(await wrongCounts(postgres.database)).toEqual([]);
  }
});

test('a migration that fails leaves nothing of itself behind', async () => {
  await add('migrations/9000-site-try.sql', 'CREATE TABLE site.try (a int); SELECT 1 / 0;');
  await expect(migrate(postgres.database, directory)).rejects.toThrow(
    '9000-site-try.sql could not be applied: division by zero',
  );
  expect((await postgres.database.pool.query(`SELECT to_regclass('site.try') AS found`)).rows).toEqual([
    { found: null },
  ]);
});

test('a migration that is given up leaves nothing of itself behind, and the next one need not wait for it', async () => {
  await add('migrations/9000-index-long.sql', 'CREATE TABLE index.try (a int); SELECT pg_sleep(600);');
  const stop = new AbortController();
  const begun: string[] = [];
  const onMigration = (name: string) => {
    begun.push(name);
    setTimeout(() => stop.abort(new Error('stopped')), 200);
  };
  await expect(migrate(postgres.database, directory, { signal: stop.signal, onMigration })).rejects.toThrow('stopped');
  expect(begun).toEqual(['9000-index-long.sql']);
  await add('migrations/9000-index-long.sql', 'CREATE TABLE index.try (a int);');
  expect(await migrate(postgres.database, directory)).toContain('9000-index-long.sql');
});

test('a database that a newer program made is refused', async () => {
  await add('migrations/9000-site-try.sql', 'CREATE TABLE site.try (a int)');
  await migrate(postgres.database, directory);
  await expect(migrate(postgres.database)).rejects.toThrow(
    'The database is newer than this program (it has 9000-site-try.sql).',
  );
});

test.each(['archive', 'ingest', 'worker'])(
  'a database is not changed under a lightbox %s of another version',
  async (program) => {
    await add('migrations/9000-site-try.sql', 'CREATE TABLE site.try (a int)');
    await add('functions/try.sql', 'CREATE OR REPLACE FUNCTION index.try() RETURNS int LANGUAGE sql RETURN 1');
    await using other = openDatabase(postgres.url, { max: 1, applicationName: `lightbox ${program}` });
    await other.pool.query('SELECT');
    await expect(migrate(postgres.database, directory, { othersMs: 0 })).rejects.toThrow(
      `another version uses it (lightbox ${program}`,
    );
    expect((await other.pool.query(`SELECT to_regclass('site.try') AS found`)).rows).toEqual([{ found: null }]);
    // One of this version is nobody's trouble.
    expect(await migrate(postgres.database)).toEqual([]);
    await rm(new URL('migrations/9000-site-try.sql', directory));
    await expect(migrate(postgres.database, directory, { othersMs: 0 })).rejects.toThrow('another version uses it');
    // One that is being stopped is waited for.
    const changing = migrate(postgres.database, directory);
    await delay(100);
    await other.close();
    expect(await changing).toEqual(['functions/try.sql']);
  },
);

test('a start that waits to change the database, and a command, do not stop another start from changing it', async () => {
  await add('migrations/9000-site-try.sql', 'CREATE TABLE site.try (a int)');
  await using command = openDatabase(postgres.url, { max: 1, applicationName: 'lightbox command' });
  await using start = openDatabase(postgres.url, { max: 1, applicationName: 'lightbox start' });
  await command.pool.query('SELECT');
  const both = await Promise.all([postgres.database, start].map((database) => migrate(database, directory)));
  expect(both.flat().filter((name) => name === '9000-site-try.sql')).toHaveLength(1);
});

test('a migration that was changed after it had been applied is refused', async () => {
  await add('migrations/0002-site.sql', 'SELECT 1');
  await expect(migrate(postgres.database, directory)).rejects.toThrow(
    '0002-site.sql was applied to this database in another form.',
  );
});

test('a database in which not every name can be kept is refused before anything is made in it', async () => {
  const { pool } = postgres.database;
  await pool.query(`CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`);
  const url = new URL(postgres.url);
  url.pathname = '/latin';
  {
    await using latin = openDatabase(url.href, { max: 1, applicationName: 'test' });
    await expect(migrate(latin)).rejects.toThrow('The database is encoded as LATIN1');
    const { rows } = await latin.pool.query("SELECT FROM pg_namespace WHERE nspname IN ('index', 'site')");
    expect(rows).toEqual([]);
  }
  await pool.query('DROP DATABASE latin');
});

test('a dropped index is made again, and what people entered stays', async () => {
  await postgres.database.pool.query(
    `INSERT INTO site.account (name, password_hash, rights) VALUES ('lan', 'x', '{read}')`,
  );
  await postgres.database.pool.query('DROP SCHEMA index CASCADE');
  expect(await migrate(postgres.database)).toContain('0001-index.sql');
  expect((await postgres.database.pool.query('SELECT name FROM site.account')).rows).toEqual([{ name: 'lan' }]);
});

test('two programs that start at once apply each migration once', async () => {
  await postgres.database.pool.query('DROP SCHEMA index, site CASCADE');
  await using other = openDatabase(postgres.url, { max: 1, applicationName: 'other' });
  const applied = await Promise.all([migrate(postgres.database), migrate(other)]);
  expect(applied.map((names) => names.length).sort()[0]).toBe(0);
  expect(applied.flat()).toContain('0001-index.sql');
});

test('counts come as numbers, and a date without a time zone stays as it is written', async () => {
  const { rows } = await postgres.database.pool.query(
    `SELECT count(*) AS n, ARRAY[1, 2]::int8[] AS many, date '1970-02-03' AS day, '\\x00ff'::bytea AS bytes`,
  );
  expect(rows).toEqual([{ n: 1, many: [1, 2], day: '1970-02-03', bytes: Buffer.from([0, 255]) }]);
});
