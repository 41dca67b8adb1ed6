import { createHash } from 'node:crypto';
import http from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createToken } from '#access/tokens.ts';
import { admin, ask, startTestArchive, type TestArchive } from '../http/test-archive.ts';

let archive: TestArchive;
beforeAll(async () => {
  archive = await startTestArchive({});
});
afterAll(() => archive[Symbol.asyncDispose]());
const database = () => archive.postgres.database.pool;
const get = (path: string, headers: http.OutgoingHttpHeaders = admin) => ask(archive.port, path, { headers });

async function value<T>(text: string, values: unknown[] = []): Promise<T> {
  const { rows } = await database().query<{ value: T }>(text, values);
  return rows[0]!.value;
}

/** A study with series numbered 1, 2, …, as the ingest would have left it. */
async function addStudy(StudyInstanceUID: string, series: number): Promise<number[]> {
  const patient = await value<number>(
    `INSERT INTO index.patient (issuer, patient_id, patient_name, patient_birth_date, patient_sex)
     VALUES ('', '', '', '', '') RETURNING id AS value`,
  );
  const study = await value<number>(
    `INSERT INTO index.study OVERRIDING SYSTEM VALUE
     SELECT (jsonb_populate_record(NULL::index.study, $1)).* RETURNING id AS value`,
    [
      JSON.stringify(
        await emptyRow('study', { id: 1, patient, study_instance_uid: StudyInstanceUID, number_of_instances: 1 }),
      ),
    ],
  );
  const ids: number[] = [];
  for (let number = 1; number <= series; number++)
    ids.push(
      await value<number>(
        `INSERT INTO index.series OVERRIDING SYSTEM VALUE SELECT (jsonb_populate_record(NULL::index.series, $1)).* RETURNING id AS value`,
        [
          JSON.stringify(
            await emptyRow('series', {
              id: number,
              study,
              series_instance_uid: `${StudyInstanceUID}.${number}`,
              series_number: number,
              number_of_instances: 1,
            }),
          ),
        ],
      ),
    );
  return ids;
}

/** Every required column empty, whatever columns there are. */
async function emptyRow(table: string, given: object): Promise<object> {
  const { rows } = await database().query<{ column_name: string; data_type: string }>(
    `SELECT column_name, data_type FROM information_schema.columns
     WHERE table_schema = 'index' AND table_name = $1 AND is_nullable = 'NO'`,
    [table],
  );
  const empty = (type: string) =>
    type === 'ARRAY' ? [] : type.startsWith('timestamp') ? '2026-01-01T00:00:00Z' : type === 'text' ? '' : 0;
  return { ...Object.fromEntries(rows.map((row) => [row.column_name, empty(row.data_type)])), ...given };
}

async function addThumbnail(series: number, text: string): Promise<void> {
  const key = `d/${series}-${text}`;
  const object = await archive.storage.begin(key);
  await object.write(Buffer.from(text));
  await object.commit();
  const store = await value<number>(
    `INSERT INTO index.store (url) VALUES ('file:test') ON CONFLICT (url) DO UPDATE SET url = excluded.url RETURNING id AS value`,
  );
  await database().query(
    `INSERT INTO index.derived (series, kind, generation, store, key, length, media_type, digest)
     VALUES ($1, 'thumbnail', 1, $2, $3, $4, 'image/webp', $5)
     ON CONFLICT (series, kind) DO UPDATE SET key = excluded.key, length = excluded.length, digest = excluded.digest`,
    [series, store, key, text.length, createHash('sha256').update(text).digest()],
  );
}

beforeEach(() => database().query('TRUNCATE index.derived, index.series, index.study, index.patient CASCADE'));

test('a study shows its first series that has a picture, a series its own', async () => {
  const [, second, third] = await addStudy('1.2.3', 3);
  await addThumbnail(third!, 'third');
  await addThumbnail(second!, 'second');
  const answer = await get('/api/studies/1.2.3/thumbnail');
  expect([answer.body, answer.headers['content-type']]).toEqual(['second', 'image/webp']);
  expect((await get('/api/studies/1.2.3/series/1.2.3.3/thumbnail')).body).toBe('third');
  expect((await get('/api/studies/1.2.3/series/1.2.3.1/thumbnail')).status).toBe(204);
  expect((await get('/api/studies/1.2.4/series/1.2.3.3/thumbnail')).status).toBe(404);
  expect((await get('/api/studies/1.2.4/thumbnail')).status).toBe(404);
});

test('while there is no picture yet the answer is empty, which is no error, and nobody keeps it', async () => {
  const [first] = await addStudy('1.2.3', 2);
  for (const path of ['/api/studies/1.2.3/thumbnail', '/api/studies/1.2.3/series/1.2.3.1/thumbnail']) {
    const { status, body, headers } = await get(path);
    expect([status, body, headers['cache-control'], headers.etag]).toEqual([204, '', 'no-store', undefined]);
  }
  await addThumbnail(first!, 'first');
  expect((await get('/api/studies/1.2.3/thumbnail')).body).toBe('first');
});

test('a picture is asked for anew each time, and sent only when it has changed', async () => {
  const [first] = await addStudy('1.2.3', 1);
  await addThumbnail(first!, 'before');
  const { headers } = await get('/api/studies/1.2.3/thumbnail');
  expect(headers['cache-control']).toBe('private, no-cache');
  expect(headers.etag).toMatch(/^"[\w-]{43}"$/);
  const again = await get('/api/studies/1.2.3/thumbnail', { ...admin, 'if-none-match': headers.etag! });
  expect([again.status, again.body]).toEqual([304, '']);
  await addThumbnail(first!, 'after');
  const changed = await get('/api/studies/1.2.3/thumbnail', { ...admin, 'if-none-match': headers.etag! });
  expect([changed.status, changed.body]).toEqual([200, 'after']);
});

test.each([
  ['gone', (key: string) => archive.storage.remove(key)],
  ['cut', () => database().query('UPDATE index.derived SET length = length + 1')],
])('a picture whose object is %s is not there, which is no failure of ours', async (how, harm) => {
  const [first] = await addStudy('1.2.3', 1);
  await addThumbnail(first!, how);
  await harm(`d/${first}-${how}`);
  const answer = await get('/api/studies/1.2.3/thumbnail');
  expect([answer.status, answer.body]).toEqual([204, '']);
  expect(answer.headers.etag).toBeUndefined();
});

test('nobody sees a picture outside of what was given to them', async () => {
  const [first] = await addStudy('1.2.3', 1);
  await addThumbnail(first!, 'secret');
  const token = await createToken({ database: database(), name: 'share', rights: ['read'] });
  await database().query(`UPDATE site.token SET studies = '{1.2.4}' WHERE name = 'share'`);
  const bearer = { authorization: `Bearer ${token}` };
  expect((await get('/api/studies/1.2.3/thumbnail', bearer)).status).toBe(404);
  expect((await get('/api/studies/1.2.3/thumbnail', {})).status).toBe(401);
});

test('an address that holds no UID is a bad request', async () => {
  for (const wrong of ['..%2f..%2fetc', '1.2.a', `1.${'2'.repeat(70)}`, "1'--"])
    expect((await get(`/api/studies/${wrong}/thumbnail`)).status).toBe(400);
});
