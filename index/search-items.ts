/** Sequences in a search: what keys within one ask of its items, and the items that are returned. */
import { sql } from 'kysely';
import type { IndexedAttribute, IndexedSequence } from './attributes.ts';
import type { Fragment } from './composed.ts';
import { condition, emptyCondition } from './matching.ts';
import { levelsDownTo, resultColumn } from './query.ts';
import type { Query, ScopeUids } from './query.ts';
import { filter, readable } from './search-sources.ts';

/** What the keys within a sequence ask of one item: all of them of the same (PS3.4 C.2.2.2.6). */
export function itemConditions(
  { tag, table }: IndexedSequence,
  { level, matches, empty = [] }: Query,
  levels = levelsDownTo(level),
): Fragment[] {
  const isHere = (attribute: IndexedAttribute) => attribute.within === tag && levels.includes(attribute.level);
  const column = (name: string) => sql.ref(`${table}.${name}`);
  return [
    ...matches
      .filter(({ attribute }) => isHere(attribute))
      .map(({ attribute, value }) => condition(attribute, column, value)),
    ...empty.filter(isHere).map((attribute) => emptyCondition(attribute, column)),
  ].filter((made) => made !== undefined);
}

/** The items of the row at hand that match: a patient's are those of his studies. */
export function items(
  { table, level }: IndexedSequence,
  query: Query,
  scope: ScopeUids,
  keys: readonly Fragment[],
): Fragment {
  const owner = level === 'patient' ? 'study' : level;
  const rows = sql`${sql.table(`index.${table}`)} AS ${sql.ref(table)}`;
  const isOwn = sql`${sql.ref(`${table}.${owner}`)} = ${sql.ref(`${owner}.id`)}`;
  if (query.level !== 'patient') return sql`${rows} ${filter([isOwn, ...keys])}`;
  return sql`${rows} JOIN ${readable(owner, scope)} AS ${sql.ref(owner)} ON ${isOwn}
    ${filter([sql`study.patient = patient.id`, ...keys])}`;
}

/** Items as JSON, an object each by result column; null where there are none. */
export function itemColumns(
  sequence: IndexedSequence,
  attributes: readonly IndexedAttribute[],
  query: Query,
  scope: ScopeUids,
): Fragment {
  const { table } = sequence;
  const pairs = attributes.map(
    (attribute) => sql`${resultColumn(attribute)}::text, ${sql.ref(`${table}.${attribute.column}`)}`,
  );
  const object = sql`jsonb_build_object(${sql.join(pairs)})`;
  // Several studies of one patient say the same of him.
  const each =
    query.level === 'patient' ? sql`DISTINCT ${object}` : sql`${object} ORDER BY ${sql.ref(`${table}.item`)}`;
  return sql`(SELECT jsonb_agg(${each}) FROM ${items(sequence, query, scope, itemConditions(sequence, query))})`;
}
