/** What a search within a study of thousands of series costs: PostgreSQL itself tells the plan of each statement that it ran (auto_explain). */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tagOf } from '#dicom/data/dictionary.ts';
import { indexedInstance } from '#tests/indexed-instance.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import { attributeAt, indexedAttributes } from './attributes.ts';
import type { IndexedAttribute, Level } from './attributes.ts';
import { openDatabase, type Database } from './database.ts';
import type { FoundRow } from './query.ts';
import { findInstances, findMiddle } from './instances.ts';
import { listRejections } from './rejections.ts';
import { searchIndex } from './search.ts';
import { wrongCounts } from './verify.ts';
import { InstanceWriter } from './write.ts';

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Subplan Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly Plans?: readonly Plan[];
}

const series = 6_000;
const study = '1.7';
const ExplicitVRLittleEndian = '1.2.840.10008.1.2.1';
let running: TestDatabase;
let explained: Database;
let plans: Plan[] = [];

beforeAll(async () => {
  running = await startTestDatabase();
  const { pool } = running.database;
  await pool.query("INSERT INTO index.store (url) VALUES ('file:test')");
  await using writer = new InstanceWriter(running.url);
  await writer.write(
    indexedInstance({ StudyInstanceUID: study, SeriesNumber: '1', InstanceNumber: '1', Modality: 'CT' }),
  );
  // As many more of the same, which is a moment's work.
  for (const [table, changes] of [
    [
      'series',
      `jsonb_build_object('id', one.id + n, 'series_instance_uid', '${study}.1.' || n, 'series_number', n + 1)`,
    ],
    [
      'instance',
      `jsonb_build_object('id', one.id + n, 'series', one.series + n, 'sop_instance_uid', '${study}.1.1.' || n)`,
    ],
  ])
    await pool.query(
      `INSERT INTO index.${table} OVERRIDING SYSTEM VALUE SELECT (jsonb_populate_record(one, ${changes})).*
       FROM index.${table} one, generate_series(1, $1::integer) n`,
      [series - 1],
    );
  await pool.query('ANALYZE index.series, index.instance');
  explained = openDatabase(running.url, { max: 1, applicationName: 'plans' });
  explained.pool.on('connect', (client) =>
    client.on('notice', ({ message = '' }) => {
      const at = message.indexOf('{');
      if (message.includes('plan:')) plans.push((JSON.parse(message.slice(at)) as { Plan: Plan }).Plan);
    }),
  );
  await explained.pool.query(`LOAD 'auto_explain';
    SET auto_explain.log_min_duration = 0; SET auto_explain.log_analyze = on; SET auto_explain.log_timing = off;
    SET auto_explain.log_format = json; SET auto_explain.log_level = notice`);
});
afterAll(async () => {
  await explained[Symbol.asyncDispose]();
  await running[Symbol.asyncDispose]();
});

async function find(level: Level, more: { limit?: number; offset?: number } = {}): Promise<FoundRow[]> {
  plans = [];
  const matches = [{ attribute: attributeAt([tagOf('StudyInstanceUID') as number]) as IndexedAttribute, value: study }];
  const returned = indexedAttributes.filter((attribute) => attribute.level === 'series' && !attribute.isDear);
  const rows: FoundRow[] = [];
  const query = { level, matches, returned, ...more };
  for await (const batch of searchIndex(explained, query, null, new AbortController().signal)) rows.push(...batch);
  return rows;
}

const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
/** How many rows were put in order, by all statements together. */
const sorted = (): number =>
  plans
    .flatMap(nodesOf)
    .flatMap((node) => (node['Node Type'] === 'Sort' ? (node.Plans ?? []) : []))
    .reduce((sum, node) => sum + node['Actual Rows'] * node['Actual Loops'], 0);
const numbers = (rows: readonly FoundRow[]): unknown[] => rows.map((row) => row['series_series_number']);
const from = (first: number, count: number): number[] => Array.from({ length: count }, (_, at) => first + at);

test.each(['series', 'instance'] as const)('at the %s level all of it is put in order twice at most', async (level) => {
  expect(numbers(await find(level))).toEqual(from(1, series));
  // Once for the first rows, once for the others, and each of them once for itself.
  expect(sorted()).toBeLessThan(4 * series);
});

test.each(['series', 'instance'] as const)(
  'at the %s level what stands before a page is put in order, and not looked up',
  async (level) => {
    expect(numbers(await find(level, { offset: 5_000, limit: 100 }))).toEqual(from(5_001, 100));
    const lookedUp = plans.flatMap(nodesOf).filter((node) => node['Relation Name'] === 'request_attributes');
    expect(Math.max(...lookedUp.map((node) => node['Actual Loops']))).toBeLessThan(200);
    expect(await find(level, { offset: series, limit: 100 })).toEqual([]);
  },
);

test('its instances are read some hundred at a time, in reading order', async () => {
  plans = [];
  const found = await findInstances(explained, { StudyInstanceUID: study }, null);
  expect(found.map(({ sop_instance_uid }) => Number(sop_instance_uid.split('.')[4] ?? 0))).toEqual(from(0, series));
  expect(plans.length).toBeGreaterThan(1);
  expect(Math.max(...plans.map((plan) => plan['Actual Rows']))).toBeLessThanOrEqual(500);
});

test('the one in its middle is the only row that is read of it, and of the first series that has pictures', async () => {
  const { pool } = running.database;
  const middle = async (SeriesInstanceUID?: string) => {
    plans = [];
    const selection = { StudyInstanceUID: study, ...(SeriesInstanceUID !== undefined && { SeriesInstanceUID }) };
    const found = await findMiddle(explained, selection, null, [ExplicitVRLittleEndian]);
    return found?.sop_instance_uid;
  };
  expect(await middle()).toBeUndefined();
  await pool.query(`UPDATE index.instance SET pixel_offset = 1
    FROM index.series e WHERE e.id = series AND e.series_number IN (3, 5)`);
  expect(await middle()).toBe(`${study}.1.1.2`);
  expect(await middle(`${study}.1.4`)).toBe(`${study}.1.1.4`);
  // All of them in one series, and the middle one by number.
  await pool.query(`UPDATE index.instance i SET instance_number = e.series_number, pixel_offset = 1,
    series = (SELECT id FROM index.series WHERE series_number = 1) FROM index.series e WHERE e.id = i.series`);
  expect(await middle()).toBe(`${study}.1.1.${series / 2}`);
  expect(plans.map((plan) => plan['Actual Rows'])).toEqual([1]);
  await pool.query(`UPDATE index.instance i SET instance_number = 1, pixel_offset = NULL, series = e.id
    FROM index.series e WHERE e.series_number = i.instance_number`);
});

test('a rejection of all of it is listed by looking at each series a few times at most', async () => {
  const { pool } = running.database;
  await pool.query(
    `INSERT INTO index.rejection (note, sop_instance_uid, code, issuer, patient_id, received_at, source)
       SELECT 1000000, '1.7.9', '113001', '', patient_id, now(), (SELECT min(id) FROM index.source) FROM index.study WHERE study_instance_uid = $1`,
    [study],
  );
  await pool.query(
    `INSERT INTO index.rejected (study_instance_uid, sop_instance_uid, note) SELECT $1, sop_instance_uid, 1000000 FROM index.instance`,
    [study],
  );
  await pool.query('UPDATE index.instance SET state = 2');
  await pool.query('ANALYZE index.rejected, index.instance');
  plans = [];
  const { rejections } = await listRejections(explained, 50, undefined);
  expect(rejections[0]?.studies).toMatchObject([{ named: series, hidden: series, hiddenByThis: series }]);
  const read = plans
    .flatMap(nodesOf)
    .filter((node) => node['Relation Name'] === 'series')
    .reduce((sum, node) => sum + node['Actual Rows'] * node['Actual Loops'], 0);
  expect(read).toBeLessThan(4 * series);
});

test('a rejection of all of it is settled by one statement for all series, which counts each of them once', async () => {
  const { pool } = running.database;
  await pool.query(`INSERT INTO index.job (name, happening) VALUES ('thumbnail', 'InstanceStored')`);
  await explained.pool.query('SET auto_explain.log_nested_statements = on');
  plans = [];
  await explained.pool.query(`SELECT index.settle_rejection(1000000, 'infinity')`);
  await explained.pool.query('SET auto_explain.log_nested_statements = off');
  expect(await wrongCounts(running.database)).toEqual([]);
  const { rows } = await pool.query('SELECT count(*) AS owed, max(generation) AS generation FROM index.owed');
  expect(rows).toEqual([{ owed: series, generation: 1 }]);
  expect(plans.length).toBeLessThan(50);
  const counts = plans.flatMap(nodesOf).filter((node) => node['Subplan Name']?.startsWith('SubPlan'));
  expect(counts.reduce((sum, node) => sum + node['Actual Loops'], 0)).toBe(series);
});
