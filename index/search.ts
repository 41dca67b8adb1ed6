/**
 * Searches the index and gives rows in batches: patients, studies, series or instances with what stands above them.
 * What may match little is found first and put in order then; all else is read in order until there is enough. Each batch is a
 * statement of its own: no transaction, no cursor and no connection is held while the reader of a long answer takes his time.
 */
<<<<<<< HEAD
import type { Level } from '#index/attributes.ts';
=======
import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';
import { indexedAttributes, indexedSequences } from '#index/attributes.ts';
import type { IndexedAttribute, IndexedSequence, Level } from '#index/attributes.ts';
>>>>>>> main
import { cancellable } from '#index/cancel.ts';
import type { Database } from '#index/database.ts';
import { cleanKey } from '#index/matching.ts';
import { keyName } from '#index/query.ts';
import type { FoundRow, Match, Query, ScopeUids } from '#index/query.ts';
import { counting, finding, known, orders, pages } from '#index/search-statements.ts';
import { hasWildcard } from '#index/wildcards.ts';
import { limits } from '#settings/limits.ts';

/** Rows of the first batch and of each later one: most answers are whole after the first. */
const firstBatch = 256;
const laterBatches = 1_000;

<<<<<<< HEAD
=======
/** The levels that an answer at `level` is made of. */
export function levelsDownTo(level: Level): readonly Level[] {
  return levels.slice(0, levels.indexOf(level) + 1);
}

/** The name of an attribute's column in a row of the answer, or in an item of it. */
export function resultColumn({ level, column }: IndexedAttribute): string {
  return `${level}_${column}`;
}

/** The items of a sequence in a row of the answer: those that match the keys, each by `resultColumn`. */
export function itemsOf(row: FoundRow, sequence: number): readonly FoundRow[] {
  const found = indexedSequences.find(({ tag }) => tag === sequence);
  return (found && (row[sequenceColumn(found)] as readonly FoundRow[] | null | undefined)) ?? [];
}

function sequenceColumn({ level, table }: IndexedSequence): string {
  return `${level}_${table}`;
}

>>>>>>> main
/**
 * @param signal  ends the search: the statement that is running is cancelled
 * @throws BadKey, the signal's reason
 */
export async function* searchIndex(
  database: Database,
  query: Query,
  scope: ScopeUids,
  signal: AbortSignal,
): AsyncGenerator<FoundRow[], void, void> {
  const { limit = Infinity, offset = 0 } = query;
  const few = isGuesswork(query) ? await findFew(database, query, scope, signal) : undefined;
  if (few) yield* rowsOf(database, query, scope, few.slice(offset, offset + limit), signal);
  else yield* rowsInOrder(database, query, scope, signal);
}

/** Goes through the order of the level from the newest on, until there are as many as are wanted. */
async function* rowsInOrder(
  database: Database,
  query: Query,
  scope: ScopeUids,
  signal: AbortSignal,
): AsyncGenerator<FoundRow[], void, void> {
  const page = pages(query, scope);
  let { limit: left = Infinity, offset = 0, after } = query;
  while (left > 0) {
    const size = Math.min(left, after ? laterBatches : firstBatch);
    const rows = await cancellable(database, page({ size, offset, after }).compile(database.kysely), signal);
    if (rows.length > 0) yield rows;
    if (rows.length < size) return;
    left -= rows.length;
    offset = 0;
    after = keysOf(rows.at(-1) as FoundRow, query.level);
  }
}

async function* rowsOf(
  database: Database,
  query: Query,
  scope: ScopeUids,
  ids: readonly number[],
  signal: AbortSignal,
): AsyncGenerator<FoundRow[], void, void> {
  for (let at = 0, size = firstBatch; at < ids.length; at += size, size = laterBatches) {
    const these = ids.slice(at, at + size);
    const rows = await cancellable(database, known(query, scope, these).compile(database.kysely), signal);
    if (rows.length > 0) yield rows;
  }
}

/** Keys whose number of matches is known well enough: few, found at once. */
const telling = new Set(['PatientID', 'AccessionNumber', 'ScheduledProcedureStepID', 'RequestedProcedureID']);

/**
 * Whether PostgreSQL can only guess how many match and how they lie in the order of dates: a word of a name, an old modality,
 * the beginning of a number. A wrong guess would read every study until a page is full.
 */
function isGuesswork({ level, matches, text = '' }: Query): boolean {
  const asked = matches.filter(({ value }) => cleanKey(value) !== '');
  const isTold = asked.some(
    ({ attribute: { matching, keyword }, value }) =>
      (matching === 'uid' && keyword !== 'SOPClassUID') || (telling.has(keyword) && !hasWildcard(value)),
  );
  const isByDate = ({ attribute }: Match): boolean => /^study_(date|time)$/.test(attribute.column);
  return level !== 'patient' && !isTold && (cleanKey(text) !== '' || !asked.every(isByDate));
}

/** @returns the keys of all that match, in order; undefined when there are so many that a page is soon full */
async function findFew(
  database: Database,
  query: Query,
  scope: ScopeUids,
  signal: AbortSignal,
): Promise<readonly number[] | undefined> {
  const most = limits.search.total;
  const [row] = await cancellable(database, finding(query, scope, most + 1).compile(database.kysely), signal);
  const ids = row?.ids ?? [];
  return ids.length > most ? undefined : ids;
}

/** Where a row stands in the order of its level: what `after` takes. */
export function keysOf(row: FoundRow, level: Level): unknown[] {
  return orders[level].map((_, at) => row[keyName(at)]);
}

/**
 * A page with how many match in all, counted to one more than `limits.search.total`: what was found to make the page is not
 * looked for again to be counted.
 * @throws as `searchIndex`
 */
export async function searchAndCount(
  database: Database,
  query: Query,
  scope: ScopeUids,
  signal: AbortSignal,
): Promise<{ readonly rows: FoundRow[]; readonly count: number }> {
  const { limit = Infinity, offset = 0 } = query;
  if (!isGuesswork(query)) {
    const [rows, count] = await Promise.all([
      allRows(rowsInOrder(database, query, scope, signal)),
      countMatches(database, query, scope, limits.search.total + 1, signal),
    ]);
    return { rows, count };
  }
  const few = await findFew(database, query, scope, signal);
  const rows = few
    ? rowsOf(database, query, scope, few.slice(offset, offset + limit), signal)
    : rowsInOrder(database, query, scope, signal);
  return { rows: await allRows(rows), count: few?.length ?? limits.search.total + 1 };
}

/** For an answer with a limit. */
export async function allRows(batches: AsyncIterable<FoundRow[]>): Promise<FoundRow[]> {
  const rows: FoundRow[] = [];
  for await (const batch of batches) rows.push(...batch);
  return rows;
}

/** How many match, counted up to `most`. @throws BadKey, the signal's reason */
export async function countMatches(
  database: Database,
  query: Query,
  scope: ScopeUids,
  most: number,
  signal: AbortSignal,
): Promise<number> {
  const [row] = await cancellable(database, counting(query, scope, most).compile(database.kysely), signal);
  return row?.count ?? 0;
}
<<<<<<< HEAD
=======

/** The table in which an attribute stands, in a query at this level: below the patient level, patients are part of studies. */
function tableOf(attribute: IndexedAttribute, level: Level): Level {
  return attribute.level === 'patient' && level !== 'patient' ? 'study' : attribute.level;
}

function columnOf(attribute: IndexedAttribute, level: Level, scope: ScopeUids, column = attribute.column): Fragment {
  if (attribute.level === 'patient' && level !== 'patient' && !attribute.received)
    return sql`(SELECT ${sql.ref(column)} FROM index.readable_patients(${scope}::text[]) AS counted WHERE counted.id = study.patient)`;
  return sql.ref(`${tableOf(attribute, level)}.${column}`);
}

function matched(query: Query, scope: ScopeUids): Fragment[] {
  const { level, text } = query;
  const depth = levelsDownTo(level);
  const matches = query.matches.filter(
    ({ attribute }) => depth.includes(attribute.level) && attribute.within === undefined,
  );
  const { conditions, rest } = query.combinedDateTime
    ? combined(matches, level, scope)
    : { conditions: [], rest: matches };
  for (const { attribute, value } of rest) {
    const made = condition(attribute, (name) => columnOf(attribute, level, scope, name), value);
    if (made) conditions.push(made);
  }
  for (const sequence of indexedSequences) {
    const keys = itemConditions(sequence, query);
    if (keys.length > 0) conditions.push(sql`EXISTS (SELECT FROM ${items(sequence, keys)})`);
  }
  if (query.flagged) conditions.push(sql`study.flags <> '{}'`);
  if (text !== undefined && cleanKey(text) !== '') conditions.push(typed(cleanKey(text)));
  return conditions;
}

/** What the keys within a sequence ask of one item: all of them of the same (PS3.4 C.2.2.2.6). */
function itemConditions({ tag, table }: IndexedSequence, { level, matches }: Query): Fragment[] {
  const depth = levelsDownTo(level);
  return matches
    .filter(({ attribute }) => attribute.within === tag && depth.includes(attribute.level))
    .map(({ attribute, value }) => condition(attribute, (name) => sql.ref(`${table}.${name}`), value))
    .filter((made) => made !== undefined);
}

/** The items of the row at hand that match. */
function items({ table, level }: IndexedSequence, keys: readonly Fragment[]): Fragment {
  const own = sql`${sql.ref(`${table}.${level}`)} = ${sql.ref(`${level}.id`)}`;
  return sql`${sql.table(`index.${table}`)} AS ${sql.ref(table)} ${filter([own, ...keys])}`;
}

/** Dates and times that belong together: their columns differ in the last word. */
function combined(
  matches: readonly Match[],
  level: Level,
  scope: ScopeUids,
): { conditions: Fragment[]; rest: Match[] } {
  const conditions: Fragment[] = [];
  let rest = [...matches];
  for (const dates of matches) {
    if (dates.attribute.matching !== 'date') continue;
    const pair = dates.attribute.column.replace(/_date$/, '_time');
    const times = rest.find(({ attribute }) => attribute.level === dates.attribute.level && attribute.column === pair);
    if (!times || cleanKey(dates.value) === '' || cleanKey(times.value) === '') continue;
    const made = combinedCondition(
      ...([dates, times].map(({ attribute, value }) => ({
        attribute,
        column: columnOf(attribute, level, scope),
        key: cleanKey(value),
      })) as [Parameters<typeof combinedCondition>[0], Parameters<typeof combinedCondition>[1]]),
    );
    if (!made) continue;
    conditions.push(made);
    rest = rest.filter((match) => match !== dates && match !== times);
  }
  return { conditions, rest };
}

const patientName = indexedAttributes.find(({ keyword }) => keyword === 'PatientName') as IndexedAttribute;

function typed(key: string): Fragment {
  const study = (name: string): Fragment => sql.ref(`study.${name}`);
  const words = key.split(/\s+/).map((word) => (/[*?^=]/.test(word) ? word : `${word}*`));
  const name = condition(patientName, study, words.join(' '));
  return sql`(${name ?? sql`true`} OR ${study('patient_id')} = ${key} OR ${study('accession_number')} = ${key})`;
}

const uids = indexedAttributes.filter(
  ({ column, level }) => column === `${level === 'instance' ? 'sop' : level}_instance_uid`,
);

function columns(query: Query, scope: ScopeUids): Fragment[] {
  const { level, returned, withState } = query;
  const depth = levelsDownTo(level);
  const wanted = new Set([...uids, ...returned].filter((attribute) => depth.includes(attribute.level)));
  const atTop = [...wanted].filter(({ within }) => within === undefined);
  const selected = atTop.map((attribute) => {
    const column = columnOf(attribute, level, scope);
    const value =
      attribute.column === 'sop_class' ? sql`(SELECT uid FROM index.known_uid WHERE id = ${column})` : column;
    return sql`${value} AS ${sql.ref(resultColumn(attribute))}`;
  });
  for (const sequence of indexedSequences) {
    const attributes = [...wanted].filter(({ within }) => within === sequence.tag);
    if (attributes.length > 0)
      selected.push(sql`${itemColumns(sequence, attributes, query)} AS ${sql.ref(sequenceColumn(sequence))}`);
  }
  if (withState) selected.push(sql`study.flags AS study_flags`, sql`study.changed_at AS study_changed_at`);
  return [sql`${sql.ref(`${level}.id`)} AS id`, ...selected];
}

function itemColumns(sequence: IndexedSequence, attributes: readonly IndexedAttribute[], query: Query): Fragment {
  const { table } = sequence;
  const pairs = attributes.map(
    (attribute) => sql`${resultColumn(attribute)}::text, ${sql.ref(`${table}.${attribute.column}`)}`,
  );
  return sql`(SELECT jsonb_agg(jsonb_build_object(${sql.join(pairs)}) ORDER BY ${sql.ref(`${table}.item`)})
    FROM ${items(sequence, itemConditions(sequence, query))})`;
}

function source(level: Level, scope: ScopeUids): Fragment {
  if (level === 'patient') return sql`index.readable_patients(${scope}::text[]) AS patient`;
  if (level === 'study') return sql`index.readable_studies(${scope}::text[]) AS study`;
  const study = sql`JOIN index.study AS study ON study.id = series.study`;
  if (level === 'series') return sql`index.readable_series(${scope}::text[]) AS series ${study}`;
  return sql`index.readable_instances(${scope}::text[]) AS instance JOIN index.series AS series ON series.id = instance.series ${study}`;
}

function filter(conditions: readonly Fragment[]): Fragment {
  return conditions.length ? sql`WHERE ${sql.join(conditions, sql` AND `)}` : sql``;
}

interface OrderColumn {
  readonly by: Fragment;
  readonly descending: boolean;
}

const descending = (column: string): OrderColumn => ({ by: sql.ref(column), descending: true });
const ascending = (column: string): OrderColumn => ({ by: sql.ref(column), descending: false });
/** Without a number comes last. */
const numbered = (column: string): OrderColumn => ({
  by: sql`coalesce(${sql.ref(column)}, 2147483647)`,
  descending: false,
});

const studyOrder = [descending('study.study_date'), descending('study.study_time'), descending('study.id')];
const seriesOrder = [...studyOrder, numbered('series.series_number'), ascending('series.id')];

/** Newest study first, then as the reader scrolls. Ends in a key, so that pages neither repeat nor leave out. */
const orders: Readonly<Record<Level, readonly OrderColumn[]>> = {
  patient: [descending('patient.id')],
  study: studyOrder,
  series: seriesOrder,
  instance: [...seriesOrder, numbered('instance.instance_number'), ascending('instance.id')],
};

const keyName = (at: number): string => `key_${at}`;

/**
 * What comes behind a row. PostgreSQL compares rows of values in one direction only: so one comparison for each run of
 * columns in the same direction, and the first once more by itself, because an index helps with that.
 */
function behind(order: readonly OrderColumn[], row: FoundRow): Fragment {
  const runs: { descending: boolean; by: Fragment[]; values: unknown[] }[] = [];
  for (const [at, column] of order.entries()) {
    if (runs.at(-1)?.descending !== column.descending) runs.push({ descending: column.descending, by: [], values: [] });
    runs.at(-1)?.by.push(column.by);
    runs.at(-1)?.values.push(row[keyName(at)]);
  }
  const compare = ({ by, values }: (typeof runs)[number], operator: string): Fragment =>
    sql`(${sql.join(by)}) ${sql.raw(operator)} (${sql.join(values)})`;
  const rest = runs.reduceRight<Fragment | undefined>((inner, run) => {
    const beyond = compare(run, run.descending ? '<' : '>');
    return inner ? sql`(${beyond} OR (${compare(run, '=')} AND ${inner}))` : beyond;
  }, undefined) as Fragment;
  const first = runs[0] as (typeof runs)[number];
  return runs.length === 1 ? rest : sql`(${compare(first, first.descending ? '<=' : '>=')} AND ${rest})`;
}
>>>>>>> main
