import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { indexedInstance } from '#tests/indexed-instance.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import { indexedAttribute } from './attributes.ts';
import type { Level } from './attributes.ts';
import { InstanceWriter } from './write.ts';
import { countMatches, searchIndex } from './search.ts';
import type { FoundRow, Query, ScopeUids } from './query.ts';

const nobody = new AbortController().signal;
const uidColumn: Readonly<Record<Level, string>> = {
  patient: 'id',
  study: 'study_study_instance_uid',
  series: 'series_series_instance_uid',
  instance: 'instance_sop_instance_uid',
};

/** Many studies, some at the same moment, and one large study whose series and instances have numbers, or none. */
const small = 1_600;
let running: TestDatabase;
beforeAll(async () => {
  running = await startTestDatabase();
  await running.database.pool.query("INSERT INTO index.store (url) VALUES ('file:test')");
  await using writer = new InstanceWriter(running.url);
  const records = Array.from({ length: small }, (_, number) =>
    indexedInstance({
      StudyInstanceUID: `1.1.${number + 1}`,
      PatientID: `P-${number % 800}`,
      PatientName: `Nguyễn^Văn ${number % 800}`,
      StudyDate: `202401${String(10 + (number % 7))}`,
      StudyTime: number % 3 ? '120000' : '',
      Modality: 'CT',
    }),
  );
  for (let number = 0; number < 1_400; number++)
    records.push(
      indexedInstance(
        {
          StudyInstanceUID: '1.2',
          SeriesInstanceUID: `1.2.${number % 5}`,
          PatientID: 'LARGE',
          StudyDate: '20230101',
          SeriesNumber: number % 5 ? String(9 - (number % 5)) : '',
          InstanceNumber: number % 4 ? String(number % 90) : '',
          Modality: 'MR',
        },
        number,
      ),
    );
  await Promise.all(records.map((record) => writer.write(record)));
});
afterAll(() => running[Symbol.asyncDispose]());

const query = (level: Level, keys: Readonly<Record<string, string>> = {}, more: Partial<Query> = {}): Query => ({
  level,
  matches: Object.entries(keys).map(([keyword, value]) => ({ attribute: indexedAttribute(keyword), value })),
  returned: [],
  ...more,
});

async function all(asked: Query, scope: ScopeUids = null): Promise<FoundRow[]> {
  const rows: FoundRow[] = [];
  for await (const batch of searchIndex(running.database, asked, scope, nobody)) rows.push(...batch);
  return rows;
}

test.each(['patient', 'study', 'series', 'instance'] as const)(
  'a long answer at %s level has every match once, in the order of its pages',
  async (level) => {
    const total = await countMatches(running.database, query(level), null, 10_000, nobody);
    const whole = (await all(query(level))).map((row) => row[uidColumn[level]]);
    expect(whole).toHaveLength(total);
    expect(new Set(whole).size).toBe(total);
    const pages: unknown[] = [];
    for (let offset = 0; offset < total; offset += 250)
      pages.push(...(await all(query(level, {}, { offset, limit: 250 }))).map((row) => row[uidColumn[level]]));
    expect(pages).toEqual(whole);
  },
);

test('studies come newest first, series and instances by number, without a number last', async () => {
  const studies = await all(query('study', {}, { returned: ['StudyDate', 'StudyTime'].map(indexedAttribute) }));
  const moments = studies.map((row) => `${String(row['study_study_date'])}${String(row['study_study_time'])}`);
  expect(moments).toEqual(moments.toSorted().toReversed());
  const returned = ['SeriesNumber', 'InstanceNumber'].map(indexedAttribute);
  const numbers = (await all(query('instance', { PatientID: 'LARGE' }, { returned }))).map((row) =>
    ['series_series_number', 'instance_instance_number'].map((column) => (row[column] as number | null) ?? Infinity),
  );
  expect(numbers).toHaveLength(1_400);
  expect(numbers).toEqual(numbers.toSorted((a, b) => a[0]! - b[0]! || a[1]! - b[1]!));
});

test('no connection is held while the reader takes its time with a batch', async () => {
  const { pool } = running.database;
  const batches = searchIndex(running.database, query('study'), null, nobody);
  await batches.next();
  expect(pool.idleCount).toBe(pool.totalCount);
  const { rows } = await pool.query(
    `SELECT FROM pg_stat_activity WHERE state <> 'idle' AND pid <> pg_backend_pid()
       AND datname = current_database() AND backend_type = 'client backend'`,
  );
  expect(rows).toEqual([]);
  await batches.return();
});

test('a total is counted up to a limit', async () => {
  const count = (most: number) =>
    countMatches(running.database, query('study', { PatientID: 'P-*' }), null, most, nobody);
  expect(await count(10_000)).toBe(small);
  expect(await count(1_000)).toBe(1_000);
});

describe('a search that nobody waits for any more', () => {
  test('is not begun', async () => {
    const batches = searchIndex(running.database, query('study'), null, AbortSignal.abort('gone'));
    await expect(batches.next()).rejects.toBe('gone');
  });

  test('does not go on after its first batch', async () => {
    const controller = new AbortController();
    const batches = searchIndex(running.database, query('study'), null, controller.signal);
    expect((await batches.next()).value?.length).toBeGreaterThan(0);
    controller.abort('gone');
    await expect(batches.next()).rejects.toBe('gone');
  });

  test('is cancelled in the database in the middle of a statement', async () => {
    const { pool } = running.database;
    const holder = await pool.connect();
    try {
      // Until this is taken back, whoever reads studies waits.
      await holder.query('BEGIN; LOCK TABLE index.study IN ACCESS EXCLUSIVE MODE');
      const controller = new AbortController();
      const found = searchIndex(running.database, query('study'), null, controller.signal).next();
      found.catch(() => {}); // told below
      const waiting = async (): Promise<number> => {
        const { rows } = await holder.query('SELECT FROM pg_locks WHERE NOT granted');
        return rows.length;
      };
      await expect.poll(waiting, { interval: 5 }).toBe(1);
      controller.abort('gone');
      await expect(found).rejects.toBe('gone');
      expect(await waiting()).toBe(0);
    } finally {
      await holder.query('ROLLBACK');
      holder.release();
    }
    expect(await all(query('study', { StudyInstanceUID: '1.2' }))).toHaveLength(1);
  });
});

describe('patients', () => {
  const returned = [
    'PatientName',
    'NumberOfPatientRelatedStudies',
    'NumberOfPatientRelatedSeries',
    'NumberOfPatientRelatedInstances',
  ].map(indexedAttribute);
  const counts = ({ patient_number_of_studies, patient_number_of_series, patient_number_of_instances }: FoundRow) => [
    patient_number_of_studies,
    patient_number_of_series,
    patient_number_of_instances,
  ];

  test('are found by ID and name, with what there is of them', async () => {
    const [large, ...others] = await all(query('patient', { PatientID: 'LARGE' }, { returned }));
    expect(others).toEqual([]);
    expect(counts(large!)).toEqual([1, 5, 1_400]);
    const [person] = await all(query('patient', { PatientName: '799 nguyen' }, { returned }));
    expect(person).toMatchObject({ patient_patient_name: 'Nguyễn^Văn 799' });
    expect(counts(person!)).toEqual([2, 2, 2]);
    expect(await all(query('patient', { PatientName: 'nguyen^van 79?' }))).toHaveLength(10);
  });

  test('show a caller no more than the studies that he may see', async () => {
    const rows = await all(query('patient', {}, { returned }), ['1.1.1', '1.2']);
    expect(rows.map(counts).toSorted()).toEqual([
      [1, 1, 1],
      [1, 5, 1_400],
    ]);
  });

  test('are counted in answers about their studies, too', async () => {
    const rows = await all(query('study', { PatientID: 'P-3' }, { returned }));
    expect(rows.map(counts)).toEqual([
      [2, 2, 2],
      [2, 2, 2],
    ]);
  });
});

test('a caller who may see one study finds that one only, at every level', async () => {
  for (const level of ['study', 'series', 'instance'] as const) {
    const rows = await all(query(level, { PatientID: '*' }), ['1.1.7']);
    expect(rows.map((row) => row['study_study_instance_uid'])).toEqual(['1.1.7']);
    expect(await all(query(level), [])).toEqual([]);
  }
});

test('a study of which nothing is current is not found', async () => {
  await using writer = new InstanceWriter(running.url);
  const there = { StudyInstanceUID: '1.3.1', SeriesInstanceUID: '1.3.1.1', SOPInstanceUID: '1.3.9' };
  const elsewhere = { StudyInstanceUID: '1.3.2', SeriesInstanceUID: '1.3.2.1', SOPInstanceUID: '1.3.9' };
  await writer.write(indexedInstance({ ...there, PatientID: 'TWICE' }));
  await writer.write({ ...indexedInstance({ ...elsewhere, PatientID: 'TWICE' }), digest: 'ff', key: 'k/other' });
  const uids = async (): Promise<unknown[]> =>
    (await all(query('study', { PatientID: 'TWICE' }))).map((row) => row['study_study_instance_uid']);
  expect(await uids()).toEqual(['1.3.1']);
  await writer.write(indexedInstance({ ...elsewhere, SOPInstanceUID: '1.3.10', PatientID: 'TWICE' }));
  expect((await uids()).toSorted()).toEqual(['1.3.1', '1.3.2']);
});

test('the modalities of a study are those of what is current in it', async () => {
  await using writer = new InstanceWriter(running.url);
  const there = { StudyInstanceUID: '1.4.1', SeriesInstanceUID: '1.4.1.1', SOPInstanceUID: '1.4.9', Modality: 'CT' };
  const elsewhere = { ...there, StudyInstanceUID: '1.4.2', SeriesInstanceUID: '1.4.2.1', Modality: 'PT' };
  const modalities = async (): Promise<unknown[]> => {
    const text = "SELECT modalities FROM index.study WHERE study_instance_uid LIKE '1.4.%' ORDER BY study_instance_uid";
    const { rows } = await running.database.pool.query<{ modalities: string[] }>(text);
    return rows.map((row) => row.modalities);
  };
  await writer.write(indexedInstance(there));
  await writer.write({ ...indexedInstance(elsewhere), digest: 'ff', key: 'k/of another study' });
  expect(await modalities()).toEqual([['CT'], []]);
  const inBoth = { StudyInstanceUID: '1.4.2', SOPInstanceUID: '1.4.10' };
  await writer.write(indexedInstance({ ...inBoth, SeriesInstanceUID: '1.4.2.2', Modality: 'MR' }));
  expect(await modalities()).toEqual([['CT'], ['MR']]);
});
