/** One search key as a condition in SQL: the matching of PS3.4 C.2.2.2, by attribute. Values never become SQL text. */
import { sql } from 'kysely';
import { limits } from '#settings/limits.ts';
import type { IndexedAttribute } from './attributes.ts';
import { BadKey, fewPatterns } from './bad-key.ts';
import type { Fragment } from './composed.ts';
import { dateCondition, timeCondition } from './range-matching.ts';
import { personName } from './name-matching.ts';
import { storableText } from './storable.ts';
import { hasWildcard, likePattern } from './wildcards.ts';

/** A key as it is compared: without padding, and without what PostgreSQL does not take. */
export function cleanKey(value: string): string {
  return storableText(value).trim();
}

/** The key of empty value matching (C.2.2.2.7), where that is agreed on: two quotation marks and nothing else. */
export function isEmptyKey(value: string): boolean {
  return cleanKey(value) === '""';
}

/** That an attribute has no value, be it empty or absent. @param column as of `condition` */
export function emptyCondition(
  { matching, column: own }: IndexedAttribute,
  column: (name: string) => Fragment,
): Fragment {
  switch (matching) {
    case 'uid':
      return sql`false`;
    case 'number':
      return sql`${column(own)} IS NULL`;
    case 'modalities':
    case 'uids':
      return sql`${column(own)} = '{}'`;
    default:
      return sql`${column(own)} = ''`;
  }
}

/**
 * @param column  gives a column of the attribute's table, qualified
 * @param every   of several values of the key, all have to match (C.2.2.2.8), where the attribute may have several
 * @returns       undefined where the key matches everything (universal matching, C.2.2.2.3)
 * @throws BadKey
 */
export function condition(
  attribute: IndexedAttribute,
  column: (name: string) => Fragment,
  value: string,
  every = false,
): Fragment | undefined {
  const key = cleanKey(value);
  if (key === '' || /^\*+$/.test(key)) return undefined;
  const own = column(attribute.column);
  switch (attribute.matching) {
    case 'uid':
      return uidList(attribute, own, key);
    case 'text':
      return texts(attribute, own, listed(attribute, key));
    case 'name':
      return personName(attribute, column, key);
    case 'date':
      return dateCondition(attribute, own, key);
    case 'time':
      return timeCondition(attribute, own, key);
    case 'number':
      return sql`${own} = ANY (${listed(attribute, key).map((each) => wholeNumber(attribute, each))}::bigint[])`;
    case 'modalities':
      return modalities(attribute, own, listed(attribute, key.replaceAll(',', '\\')), every);
    case 'uids': {
      const uids = uidsOf(attribute, key);
      return every ? sql`${own} @> ${uids}::text[]` : sql`${own} && ${uids}::text[]`;
    }
    case 'none':
      return undefined;
  }
}

/** True for attributes that keys are compared with. */
export function isMatched(attribute: IndexedAttribute): boolean {
  return attribute.matching !== 'none';
}

/**
 * Several values match where one of them does: UIDs by C.2.2.2.2; others by our choice, for unless every one is agreed to be
 * there (C.2.2.2.8), the standard gives them no meaning. @throws BadKey
 */
export function listed(attribute: IndexedAttribute, key: string): string[] {
  const values = key.split('\\').map((each) => each.trim());
  if (values.length > limits.search.values) throw new BadKey(attribute, `has at most ${limits.search.values} values`);
  return values.filter((each) => each !== '' || values.length === 1);
}

/** Values that are all empty leave no condition: they match everything, as one empty value does (C.2.2.2.3). */
function anyOf(conditions: readonly Fragment[]): Fragment | undefined {
  if (conditions.length === 0) return undefined;
  return conditions.length === 1 ? (conditions[0] as Fragment) : sql`(${sql.join(conditions, sql` OR `)})`;
}

/** Single value and wildcard matching: case counts (C.2.2.2.1, C.2.2.2.4). */
function texts(attribute: IndexedAttribute, column: Fragment, keys: readonly string[]): Fragment | undefined {
  const plain = keys.filter((key) => !hasWildcard(key));
  const conditions = fewPatterns(attribute, keys.filter(hasWildcard)).map((key) => like(column, likePattern(key)));
  if (plain.length === 1) conditions.push(sql`${column} = ${plain[0]}`);
  else if (plain.length > 1) conditions.push(sql`${column} = ANY (${plain}::text[])`);
  return anyOf(conditions);
}

/** What has a character is not empty: said for the planner, whose partial indexes leave empty values out. */
function like(column: Fragment, pattern: string): Fragment {
  return /[^%]/.test(pattern) ? sql`(${column} LIKE ${pattern} AND ${column} <> '')` : sql`true`;
}

function modalities(
  attribute: IndexedAttribute,
  column: Fragment,
  keys: readonly string[],
  every: boolean,
): Fragment | undefined {
  const plain = keys.filter((key) => !hasWildcard(key));
  const conditions = fewPatterns(attribute, keys.filter(hasWildcard)).map(
    (key) => sql`EXISTS (SELECT FROM unnest(${column}) AS modality WHERE modality LIKE ${likePattern(key)})`,
  );
  if (plain.length > 0)
    conditions.push(every ? sql`${column} @> ${plain}::text[]` : sql`${column} && ${plain}::text[]`);
  if (every && conditions.length > 1) return sql`(${sql.join(conditions, sql` AND `)})`;
  return anyOf(conditions);
}

function wholeNumber(attribute: IndexedAttribute, key: string): number {
  if (!/^[+-]?\d{1,12}$/.test(key)) throw new BadKey(attribute, 'is a whole number');
  return Number(key);
}

/** List of UID matching (C.2.2.2.2); QIDO-RS separates by commas, DIMSE by backslashes. */
function uidList(attribute: IndexedAttribute, column: Fragment, key: string): Fragment {
  const uids = uidsOf(attribute, key);
  if (attribute.column === 'sop_class')
    return sql`${column} IN (SELECT id FROM index.known_uid WHERE uid = ANY (${uids}::text[]))`;
  return uids.length === 1 ? sql`${column} = ${uids[0]}` : sql`${column} = ANY (${uids}::text[])`;
}

/** @throws BadKey */
function uidsOf(attribute: IndexedAttribute, key: string): string[] {
  const uids = listed(attribute, key.replaceAll(',', '\\'));
  if (!uids.every((uid) => /^[\d.]{1,64}$/.test(uid))) throw new BadKey(attribute, 'is a UID or a list of them');
  return uids;
}
