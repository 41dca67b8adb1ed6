/**
 * The statements of a search: a query's levels, keys and columns as SQL. `search.ts` says when each is run.
 */
import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';
import { indexedAttributes, indexedSequences } from './attributes.ts';
import type { IndexedAttribute, Level } from './attributes.ts';
import type { Fragment } from './composed.ts';
import { cleanKey, condition, emptyCondition } from './matching.ts';
import { isLookedThrough, modalitiesByBits } from './modality-bits.ts';
import { amongNames, inRow, patientName, typed, typedName, typedNumber } from './named-studies.ts';
import type { ByName } from './named-studies.ts';
import { combinedCondition, nearbyDates } from './range-matching.ts';
import { keyName, levelsBelow, levelsDownTo, resultColumn, sequenceColumn } from './query.ts';
import type { FoundRow, Match, Query, ScopeUids } from './query.ts';
import { itemColumns, itemConditions, items } from './search-items.ts';
import { behind, ordering, orders } from './search-order.ts';
import { filter, readable, source } from './search-sources.ts';

interface Page {
  readonly size: number;
  readonly offset: number;
  readonly after: readonly unknown[] | undefined;
}

/** The statement that gives so many rows from a place on. @throws BadKey */
export function pages(query: Query, scope: ScopeUids): (page: Page) => RawBuilder<FoundRow> {
  const { level } = query;
  const from = source(level, scope);
  // Patients have an index of their names' numbers, and none of their words.
  const conditions = matched(query, scope, level === 'patient' ? among(query) : inRow);
  const selected = selection(query, scope);
  return ({ size, offset, after }) => {
    const where = after ? [...conditions, behind(level, after)] : conditions;
    const page = sql`ORDER BY ${ordering(level)} LIMIT ${size} OFFSET ${offset}`;
    return level === 'study' && offset > 0
      ? // What is left out is read from the index alone, and whole rows only of the page.
        sql`SELECT ${selected} FROM (SELECT study.id FROM ${from} ${filter(where)} ${page}) AS page
          JOIN index.study AS study ON study.id = page.id ORDER BY ${ordering(level)}`
      : sql`SELECT ${selected} FROM ${from} ${filter(where)} ${page}`;
  };
}

/**
 * The statement that finds what matches, wherever it lies, up to `most`: how many, and unless they are `most`, the keys of the
 * first `wanted` in order. @throws BadKey
 */
export function finding(
  query: Query,
  scope: ScopeUids,
  { most, wanted }: { readonly most: number; readonly wanted: number },
): RawBuilder<{ count: number; ids: number[] | null }> {
  const sorted = orders[query.level].map(
    ({ descending }, at) => sql`${sql.ref(keyName(at))} ${sql.raw(descending ? 'DESC' : 'ASC')}`,
  );
  const first = Number.isFinite(wanted) ? sql`LIMIT ${wanted}` : sql``;
  return sql`WITH found AS MATERIALIZED (${found(query, scope, most)})
    SELECT count, CASE WHEN count < ${most} THEN ARRAY(SELECT id FROM found ORDER BY ${sql.join(sorted)} ${first}) END AS ids
    FROM (SELECT count(*) FROM found) AS counted`;
}

/** The statement that gives rows by their keys, in order. */
export function known(query: Query, scope: ScopeUids, ids: readonly number[]): RawBuilder<FoundRow> {
  const { level } = query;
  return sql`SELECT ${selection(query, scope)} FROM ${source(level, scope)}
    WHERE ${sql.ref(`${level}.id`)} = ANY (${ids}::bigint[]) ORDER BY ${ordering(level)}`;
}

/** The statement that counts what matches, up to `most`. @throws BadKey */
export function counting(query: Query, scope: ScopeUids, most: number): RawBuilder<{ count: number }> {
  const { after: _, ...all } = query;
  return sql`SELECT count(*) FROM (${found(all, scope, most)}) AS found`;
}

/** Keys of what matches and of its place in the order, up to `most`, in no order. */
function found(query: Query, scope: ScopeUids, most: number): Fragment {
  const { level, after, text = '' } = query;
  const order = orders[level];
  const keys = order.map(({ by }, at) => sql`${by} AS ${sql.ref(keyName(at))}`);
  const byName = among(query);
  const conditions = matched(query, scope, byName);
  if (after) conditions.push(behind(level, after));
  const select = (more: readonly Fragment[]): Fragment =>
    sql`SELECT ${sql.ref(`${level}.id`)} AS id, ${sql.join(keys)} FROM ${source(level, scope)}
      ${filter([...conditions, ...more])} LIMIT ${most}`;
  const key = cleanKey(text);
  const name = byName(typedName(key));
  if (key === '' || name === undefined) return select([]);
  // Either is found by indexes of its own, and nothing twice.
  const numbered = [typedNumber(key), sql`NOT ${inRow(typedName(key))}`];
  return sql`SELECT * FROM ((${select([name])}) UNION ALL (${select(numbered)})) AS either LIMIT ${most}`;
}

function among({ matches, text = '' }: Query): ByName {
  return amongNames([text, ...matches.map(({ value }) => value)].filter((key) => cleanKey(key) !== '').length === 1);
}

/** The table in which an attribute stands, in a query at this level: below the patient level, patients are part of studies. */
function tableOf(attribute: IndexedAttribute, level: Level): Level {
  return attribute.level === 'patient' && level !== 'patient' ? 'study' : attribute.level;
}

function columnOf(
  attribute: IndexedAttribute,
  { level, timezone }: Pick<Query, 'level' | 'timezone'>,
  scope: ScopeUids,
  column = attribute.column,
): Fragment {
  if (attribute.level === 'patient' && level !== 'patient' && !attribute.received)
    return sql`(SELECT ${sql.ref(column)} FROM index.readable_patients(${scope}::text[]) AS counted WHERE counted.id = study.patient)`;
  if (attribute.keyword === 'SOPClassesInStudy') return sopClassesInStudy(scope);
  const table = tableOf(attribute, level);
  if (timezone && attribute.keyword === 'TimezoneOffsetFromUTC') return sql`${timezone.offset}::text`;
  const adjusted = timezone && /^(.+)_(date|time)$/.exec(column);
  if (!adjusted || attribute.level === 'patient') return sql.ref(`${table}.${column}`);
  const [, name, kind] = adjusted;
  return sql`${sql.raw(`index.${kind}_at`)}(${sql.ref(`${table}.${name}_date`)}, ${sql.ref(`${table}.${name}_time`)},
    study.timezone_offset, ${timezone.site}, ${timezone.offset})`;
}

/**
 * SOP Classes in Study (PS3.4 C.3.4), from the instances: a column of their own would cost every store, and it is asked for
 * rarely.
 */
function sopClassesInStudy(scope: ScopeUids): Fragment {
  return sql`ARRAY(SELECT known.uid FROM index.known_uid AS known WHERE known.id IN (SELECT below.sop_class
    FROM ${readable('series', scope)} AS held JOIN ${readable('instance', scope)} AS below ON below.series = held.id
    WHERE held.study = study.id) ORDER BY known.uid COLLATE "C")`;
}

function matched(query: Query, scope: ScopeUids, byName: ByName = inRow): Fragment[] {
  const { level, text } = query;
  const conditions = conditionsOf(query, levelsDownTo(level), scope, byName);
  const below = query.matches.filter(({ attribute }) => levelsBelow(level).includes(attribute.level));
  if (below.some(({ value }) => cleanKey(value) !== '')) conditions.push(anyBelow({ ...query, matches: below }, scope));
  if (query.flagged) conditions.push(sql`study.flags <> '{}'`);
  if (byName === inRow && text !== undefined && cleanKey(text) !== '') conditions.push(typed(cleanKey(text)));
  return conditions;
}

/** What the keys of some levels ask of the rows that are joined for them. */
function conditionsOf(query: Query, levels: readonly Level[], scope: ScopeUids, byName: ByName = inRow): Fragment[] {
  const matches = query.matches.filter(
    ({ attribute }) => levels.includes(attribute.level) && attribute.within === undefined,
  );
  const { conditions, rest } = query.combinedDateTime
    ? combined(matches, query, scope)
    : { conditions: [], rest: matches };
  const isHidden = isLookedThrough(query);
  for (const { attribute, value } of rest) {
    const column = (name: string): Fragment => {
      const own = columnOf(attribute, query, scope, name);
      return isHidden && attribute.matching === 'modalities' ? sql`(${own} || '{}'::text[])` : own;
    };
    const isFuzzy = query.fuzzyNames === true && attribute.matching === 'name';
    const key = isFuzzy ? value.replace(/[\^=]/g, ' ') : value;
    const isAmongNames = attribute === patientName && byName !== inRow;
    const made = isAmongNames
      ? byName(key, query.level === 'patient' ? 'patient' : 'study')
      : condition(attribute, column, key, query.everyValue);
    if (!made) continue;
    const isByBits = isHidden && attribute.matching === 'modalities' && byName !== inRow;
    conditions.push(isByBits ? modalitiesByBits(attribute, key, made, query.everyValue) : made);
  }
  if (query.timezone)
    for (const { attribute, value } of matches)
      if (attribute.matching === 'date' && attribute.level !== 'patient' && cleanKey(value) !== '')
        conditions.push(nearbyDates(attribute, columnOf(attribute, { level: query.level }, scope), cleanKey(value)));
  for (const attribute of query.empty ?? [])
    if (levels.includes(attribute.level) && attribute.within === undefined)
      conditions.push(emptyCondition(attribute, (name) => columnOf(attribute, { level: query.level }, scope, name)));
  for (const sequence of indexedSequences) {
    const keys = itemConditions(sequence, query, levels);
    if (keys.length > 0) conditions.push(sql`EXISTS (SELECT FROM ${items(sequence, query, scope, keys)})`);
  }
  return conditions;
}

/** Keys of lower levels (relational queries, PS3.4 C.4.1.2.2.1): there is something below that matches them all. */
function anyBelow(query: Query, scope: ScopeUids): Fragment {
  const below = levelsBelow(query.level);
  const lowest = below.findLast((level) => query.matches.some(({ attribute }) => attribute.level === level)) as Level;
  const levels = below.slice(0, below.indexOf(lowest) + 1);
  const joined = levels.map((level) => {
    const above = sql`${sql.ref(`${level}.${parents[level]}`)} = ${sql.ref(`${parents[level]}.id`)}`;
    return { table: sql`${readable(level, scope)} AS ${sql.ref(level)}`, above };
  });
  const tables = joined.map(({ table, above }, at) => (at === 0 ? table : sql`JOIN ${table} ON ${above}`));
  const [first] = joined as [(typeof joined)[number]];
  // At patient level the patient's own columns are the patient's; of a lower one, they are those of its studies.
  const conditions = conditionsOf(query, levels, scope);
  return sql`EXISTS (SELECT FROM ${sql.join(tables, sql` `)} ${filter([first.above, ...conditions])})`;
}

const parents: Readonly<Record<Level, string>> = { patient: '', study: 'patient', series: 'study', instance: 'series' };

/** Dates and times that belong together: their columns differ in the last word. */
function combined(
  matches: readonly Match[],
  query: Query,
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
        column: columnOf(attribute, query, scope),
        key: cleanKey(value),
      })) as [Parameters<typeof combinedCondition>[0], Parameters<typeof combinedCondition>[1]]),
    );
    if (!made) continue;
    conditions.push(made);
    rest = rest.filter((match) => match !== dates && match !== times);
  }
  return { conditions, rest };
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
    const column = columnOf(attribute, query, scope);
    const value =
      attribute.column === 'sop_class' ? sql`(SELECT uid FROM index.known_uid WHERE id = ${column})` : column;
    return sql`${value} AS ${sql.ref(resultColumn(attribute))}`;
  });
  for (const sequence of indexedSequences) {
    const attributes = [...wanted].filter(({ within }) => within === sequence.tag);
    if (attributes.length > 0)
      selected.push(sql`${itemColumns(sequence, attributes, query, scope)} AS ${sql.ref(sequenceColumn(sequence))}`);
  }
  if (withState) selected.push(sql`study.flags AS study_flags`, sql`study.changed_at AS study_changed_at`);
  return [sql`${sql.ref(`${level}.id`)} AS id`, ...selected];
}

/** What a row holds: the columns that were asked for, and the keys of its place. */
function selection(query: Query, scope: ScopeUids): Fragment {
  const keys = orders[query.level].map(({ by }, at) => sql`${by} AS ${sql.ref(keyName(at))}`);
  return sql.join([...columns(query, scope), ...keys]);
}
