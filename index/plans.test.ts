/**
 * How searches are carried out where it matters: on as many studies as years bring. What each kind costs must not grow with the
 * archive, so no table is read from end to end, and nothing is sorted whose number nothing bounds. PostgreSQL itself tells
 * the plan of each statement that a search ran (auto_explain).
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { foldPersonName, nameWords } from '#dicom/data/person-name.ts';
import { tagOf } from '#dicom/data/dictionary.ts';
import { limits } from '#settings/limits.ts';
import { fillIndex } from '#tests/filled-index/fill-index.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import { plannedStudies as studies } from '#tests/thorough.ts';
import { attributeAt, indexedAttributes } from './attributes.ts';
import type { IndexedAttribute } from './attributes.ts';
import { openDatabase, type Database } from './database.ts';
import type { Query } from './query.ts';
import { countMatches, searchIndex } from './search.ts';
import { wrongCounts } from './verify.ts';

const page = 50;
const nobody = new AbortController().signal;
/** The commonest family name, which two of five people have, is found so many times before counting ends. */
const mostRead = 4 * limits.search.total;

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Sort Method'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  /** Of an index-only scan: rows that it had to look at all the same. */
  readonly 'Heap Fetches'?: number;
  readonly Plans?: readonly Plan[];
}

let running: TestDatabase;
let explained: Database;
let plans: Plan[] = [];

beforeAll(async () => {
  running = await startTestDatabase();
  await fillIndex(running.database, { studies, lastDay: '2026-03-01' });
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

const returned = indexedAttributes.filter(
  ({ level, received, isDear }) => !isDear && (level === 'study' || (level === 'patient' && received)),
);

/** Within a sequence, too. */
function attributeCalled(keyword: string): IndexedAttribute {
  const found = indexedAttributes.find((attribute) => attribute.keyword === keyword);
  if (!found) throw new TypeError(`${keyword} is no column of the index`);
  return found;
}

const query = (keys: Readonly<Record<string, string>>, more: Partial<Query> = {}): Query => ({
  level: 'study',
  matches: Object.entries(keys).map(([keyword, value]) => ({ attribute: attributeCalled(keyword), value })),
  returned,
  limit: page,
  ...more,
});

const byOtherNumber = (value: string, more: Partial<Query> = {}): Query =>
  query(
    {},
    {
      matches: [
        { attribute: attributeAt([tagOf('OtherPatientIDsSequence'), tagOf('PatientID')]) as IndexedAttribute, value },
      ],
      ...more,
    },
  );

/** Asks for a page, and counts what there is. */
async function ask(asked: Query): Promise<{ count: number; nodes: Plan[] }> {
  plans = [];
  for await (const rows of searchIndex(explained, asked, null, nobody)) expect(rows.length).toBeLessThanOrEqual(page);
  const count = await countMatches(explained, asked, null, limits.search.total + 1, nobody);
  return { count, nodes: plans.flatMap(nodesOf) };
}

function nodesOf(plan: Plan): Plan[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}

/** Rows that it looked at; what an index alone tells apart costs next to nothing. */
const read = (node: Plan): number =>
  /^Bitmap(And|Or| Index Scan)$/.test(node['Node Type'])
    ? 0
    : (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'];
const tables = ['study', 'other_patient_ids', 'series', 'request_attributes', 'instance', 'patient', 'person_name'];
const wholeTables = (nodes: readonly Plan[]): Plan[] =>
  nodes.filter((node) => node['Node Type'] === 'Seq Scan' && tables.includes(node['Relation Name'] ?? ''));
/** Rows that come into a sort which keeps them all. */
const sorted = (nodes: readonly Plan[]): number[] =>
  nodes.flatMap((node) => (node['Node Type'] === 'Sort' ? (node.Plans ?? []).map((plan) => plan['Actual Rows']) : []));

test(`the rows of ${studies} studies are as ingest makes them: names folded alike, counts that agree`, async () => {
  expect(await wrongCounts(running.database)).toEqual([]);
  const { rows } = await running.database.pool.query<Record<string, string>>(
    'SELECT DISTINCT patient_name, patient_name_folded, patient_name_words FROM index.study WHERE id % 7 = 0',
  );
  expect(rows.length).toBeGreaterThan(1_000);
  const { rows: wrong } = await running.database.pool.query(
    `SELECT FROM index.study s LEFT JOIN index.person_name n ON n.id = s.name
     WHERE (n.patient_name_folded, n.patient_name_words) IS DISTINCT FROM (s.patient_name_folded, s.patient_name_words)
       OR s.modality_bits <> index.modality_bits(s.modalities)`,
  );
  expect(wrong).toEqual([]);
  for (const { patient_name = '', patient_name_folded, patient_name_words } of rows) {
    expect(patient_name_folded).toBe(foldPersonName(patient_name));
    expect(patient_name_words).toBe(nameWords(foldPersonName(patient_name)));
  }
});

/** Of a study in the middle. */
const known = async (): Promise<Record<string, string>> => {
  const { rows } = await running.database.pool.query<Record<string, string>>(
    `SELECT s.*, other_patient_id, series_instance_uid, sop_instance_uid, scheduled_procedure_step_id
     FROM index.study s JOIN index.other_patient_ids o ON o.study = s.id JOIN index.series e ON e.study = s.id JOIN index.instance i ON i.series = e.id
       JOIN index.request_attributes r ON r.series = e.id
     WHERE s.id >= $1 AND accession_number <> '' AND patient_id LIKE 'BN%' AND scheduled_procedure_step_id <> '' ORDER BY s.id LIMIT 1`,
    [studies / 2],
  );
  return rows[0]!;
};

describe('what is looked for by something rare touches no table as a whole', () => {
  test.each<[string, (of: Record<string, string>) => Query]>([
    ['a Patient ID', (of) => query({ PatientID: of['patient_id']! })],
    ['an accession number', (of) => query({ AccessionNumber: of['accession_number']! })],
    ['a Study ID', (of) => query({ StudyID: of['study_id']! })],
    ['a study', (of) => query({ StudyInstanceUID: of['study_instance_uid']! })],
    ['the series of a study', (of) => query({ StudyInstanceUID: of['study_instance_uid']! }, { level: 'series' })],
    ['a series', (of) => query({ SeriesInstanceUID: of['series_instance_uid']! }, { level: 'series' })],
    ['the instances of a study', (of) => query({ StudyInstanceUID: of['study_instance_uid']! }, { level: 'instance' })],
    ['an instance', (of) => query({ SOPInstanceUID: of['sop_instance_uid']! }, { level: 'instance' })],
    [
      'a scheduled step',
      (of) => query({ ScheduledProcedureStepID: of['scheduled_procedure_step_id']! }, { level: 'series' }),
    ],
    ['a number in the box', (of) => query({}, { text: of['patient_id']! })],
    ["a citizen's number in the box", (of) => query({}, { text: of['other_patient_id']! })],
    ["a citizen's number", (of) => byOtherNumber(of['other_patient_id']!)],
    [
      "a patient by the citizen's number",
      (of) => byOtherNumber(of['other_patient_id']!, { level: 'patient', returned: [] }),
    ],
    [
      'a whole name, turned',
      (of) => query({}, { text: of['patient_name_words']!.trim().split(' ').reverse().join(' ') }),
    ],
    ['a rare family name', () => query({}, { text: 'ksor' })],
    ['a part of a word', () => query({ PatientName: '*hlan*' })],
    ['a name by components', () => query({ PatientName: 'BACH^THI H*' })],
    ['a name and a modality', () => query({ ModalitiesInStudy: 'NM', PatientName: 'nguyen' })],
    ['a name on a day', (of) => query({ StudyDate: of['study_date']!, PatientName: 'nguyen' })],
    ['nobody', () => query({}, { text: 'nguyen zzyz' })],
    ['a rare modality', () => query({ ModalitiesInStudy: 'PT' })],
    ['a modality that is not there', () => query({ ModalitiesInStudy: 'XX' })],
    ['series of a rare modality', () => query({ Modality: 'NM' }, { level: 'series' })],
    ['a birth date', (of) => query({ PatientBirthDate: of['patient_birth_date']! })],
    ['a physician', () => query({ ReferringPhysicianName: 'Hoàng Nhung' })],
    ['a day', (of) => query({ StudyDate: of['study_date']! })],
    [
      'a modality on three days',
      (of) => query({ StudyDate: `${of['study_date']!}-${Number(of['study_date']) + 2}`, ModalitiesInStudy: 'CT' }),
    ],
    ['what waits for a check', () => query({}, { flagged: true })],
    ['a patient by name', () => query({ PatientName: 'ksor' }, { level: 'patient', returned: [] })],
  ])('%s', async (_, make) => {
    const { count, nodes } = await ask(make(await known()));
    expect(wholeTables(nodes)).toEqual([]);
    expect(Math.max(0, ...sorted(nodes))).toBeLessThanOrEqual(limits.search.total);
    // Besides what is found, only what an index cannot tell apart.
    expect(Math.max(...nodes.map(read))).toBeLessThanOrEqual(Math.max(1_000, 10 * count));
  });
});

describe('words of a name are looked for among the names, and the studies of each are read from one index alone', () => {
  test.each<[string, Query]>([
    ['in any order', query({}, { text: 'an nguyen van' })],
    ['with a modality', query({ ModalitiesInStudy: 'CT' }, { text: 'nguyen van an' })],
    ['one word with a common modality', query({ ModalitiesInStudy: 'CT' }, { text: 'pham' })],
    ['with two modalities', query({ ModalitiesInStudy: 'CT\\MR', PatientName: 'thi nguyen' })],
    ['within months', query({ StudyDate: '20251001-' }, { text: 'nguyen van an' })],
    ['by components', query({ PatientName: 'NGUYEN^VAN H*' })],
    ['with wildcards', query({ PatientName: '*guye* v?n an*' })],
  ])('%s', async (_, asked) => {
    const { count, nodes } = await ask(asked);
    expect(count).toBeGreaterThan(page);
    // Without those of functions that PostgreSQL runs to know their values when it plans.
    const ofTables = plans.map(nodesOf).filter((each) => each.some((node) => node['Relation Name'] === 'study'));
    const [finding, known, counting] = ofTables as [Plan[], Plan[], Plan[]];
    for (const part of [finding, counting]) {
      const ofStudies = part.filter((node) => node['Index Name']?.startsWith('study_'));
      const byName = ofStudies.filter((node) => node['Index Name'] === 'study_by_name');
      expect(byName.map((node) => [node['Node Type'], node['Heap Fetches']])).toEqual([['Index Only Scan', 0]]);
      expect(ofStudies.map((node) => node['Index Name'])).not.toContain('study_modalities');
      expect(part.filter((node) => node['Relation Name'] === 'study' && node['Node Type'] === 'Seq Scan')).toEqual([]);
    }
    expect(Math.max(...known.map(read))).toBeLessThanOrEqual(page);
    expect(wholeTables(nodes)).toEqual([]);
  });

  test('beginnings of words with a modality are looked up as words, not as text', async () => {
    const { nodes } = await ask(query({ ModalitiesInStudy: 'CT' }, { text: 'nguyen van an' }));
    const ofNames = nodes.map((node) => node['Index Name']).filter((name) => name?.startsWith('person_name'));
    expect(new Set(ofNames)).toEqual(new Set(['person_name_lexemes']));
  });

  test('names by components are read from their indexes alone, those of several groups too', async () => {
    const { nodes } = await ask(query({ PatientName: 'NGUYEN^VAN H*' }));
    const ofNames = nodes.filter((node) => node['Relation Name'] === 'person_name');
    expect(new Set(ofNames.map((node) => `${node['Node Type']} of ${node['Index Name']}`))).toEqual(
      new Set(['Index Only Scan of person_name_folded', 'Index Only Scan of person_name_groups']),
    );
    expect(ofNames.every((node) => node['Heap Fetches'] === 0)).toBe(true);
  });

  test('one person by name and birth date, without a look at who else was born on that day', async () => {
    const { patient_name_words = '', patient_birth_date = '' } = await known();
    const { nodes } = await ask(
      query({ PatientName: patient_name_words.trim(), PatientBirthDate: patient_birth_date }),
    );
    const ofStudies = nodes.filter((node) => node['Relation Name'] === 'study');
    expect(new Set(ofStudies.map((node) => node['Index Name']))).toEqual(new Set(['study_birth_date', 'study_pkey']));
    expect(ofStudies.map((node) => node['Rows Removed by Filter'] ?? 0)).toEqual(ofStudies.map(() => 0));
  });

  test('which finds what a look at every study finds', async () => {
    const seen = async (where: string): Promise<number> => {
      const { rows } = await running.database.pool.query<{ count: number }>(
        `SELECT count(*) FROM index.study WHERE ${where}`,
      );
      return rows[0]!.count;
    };
    const all = `patient_name_words LIKE '% nguyen%' AND patient_name_words LIKE '% van%' AND patient_name_words LIKE '% an%'`;
    expect((await ask(query({}, { text: 'nguyen van an' }))).count).toBe(await seen(all));
    const ct = await ask(query({ ModalitiesInStudy: 'CT' }, { text: 'nguyen van an' }));
    expect(ct.count).toBe(await seen(`${all} AND 'CT' = ANY (modalities)`));
    expect((await ask(query({ PatientName: 'NGUYEN^VAN H*' }))).count).toBe(
      await seen(`patient_name_folded LIKE 'nguyen^van h%' OR patient_name_folded LIKE '%=nguyen^van h%'`),
    );
  });
});

describe('what is common is read until there is enough of it', () => {
  test.each<[string, Query]>([
    ['the first page', query({})],
    ['a page far behind', query({}, { offset: 50_000 })],
    ['the page behind a study', query({}, { after: ['20251001', '120000', studies] })],
    ['a family name', query({}, { text: 'nguyen' })],
    ['a letter', query({}, { text: 'h' })],
    ['a family name by components', query({ PatientName: 'NGUYEN^*' })],
    ['a common modality', query({ ModalitiesInStudy: 'DX' })],
    ['the last months', query({ StudyDate: '20251001-' })],
  ])('%s', async (_, asked) => {
    const { count, nodes } = await ask(asked);
    expect(count).toBe(limits.search.total + 1);
    expect(Math.max(0, ...wholeTables(nodes).map(read))).toBeLessThanOrEqual(mostRead);
    expect(Math.max(0, ...sorted(nodes))).toBeLessThanOrEqual(limits.search.total + 1);
  });
});
