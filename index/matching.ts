/** One search key as a condition in SQL: the matching of PS3.4 C.2.2.2, by attribute. Values never become SQL text. */
import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';
import { foldPersonName, nameWords } from '#dicom/data/person-name.ts';
import type { IndexedAttribute } from '#index/attributes.ts';

type Condition = RawBuilder<unknown>;

/** A key that cannot be read as its attribute's values are written. */
export class BadKey extends Error {
  override name = 'BadKey';
}

const hasWildcard = (value: string): boolean => /[*?]/.test(value);

/** `*` and `?` as LIKE writes them, everything else as it stands. */
function likePattern(value: string): string {
  return value
    .replace(/[\\%_]/g, '\\$&')
    .replace(/\*+/g, '%')
    .replaceAll('?', '_');
}

/**
 * @param column  the attribute's column, qualified
 * @returns       undefined where the key matches everything (universal matching, C.2.2.2.3)
 * @throws BadKey
 */
export function condition(
  attribute: IndexedAttribute,
  column: (name: string) => Condition,
  value: string,
): Condition | undefined {
  const key = value.trim().replaceAll('\0', '').toWellFormed();
  if (key === '' || /^\*+$/.test(key)) return undefined;
  switch (attribute.matching) {
    case 'uid':
      return uidList(attribute, column(attribute.column), key);
    case 'text':
      return hasWildcard(key)
        ? sql`${column(attribute.column)} LIKE ${likePattern(key)}`
        : sql`${column(attribute.column)} = ${key}`;
    case 'name':
      return personName(attribute, column, key);
    case 'date':
      return dateRange(attribute, column(attribute.column), key);
    case 'time':
      return timeRange(attribute, column(attribute.column), key);
    case 'number':
      if (!/^[+-]?\d{1,9}$/.test(key)) throw new BadKey(`${attribute.keyword} is a whole number`);
      return sql`${column(attribute.column)} = ${Number(key)}`;
    case 'modalities':
      return sql`${column(attribute.column)} && ${key.split(/[\\,]/)}::text[]`;
    case 'none':
      return undefined;
  }
}

/** True for attributes that keys are compared with. */
export function isMatched(attribute: IndexedAttribute): boolean {
  return attribute.matching !== 'none';
}

/** List of UID matching (C.2.2.2.2); QIDO-RS separates by commas, DIMSE by backslashes. */
function uidList(attribute: IndexedAttribute, column: Condition, key: string): Condition {
  const uids = key
    .split(/[\\,]/)
    .map((each) => each.trim())
    .filter(Boolean);
  if (attribute.column === 'sop_class')
    return sql`${column} IN (SELECT id FROM index.known_uid WHERE uid = ANY (${uids}::text[]))`;
  return sql`${column} = ANY (${uids}::text[])`;
}

/**
 * Names match without case, accents and đ. With `^` or `=` the components are compared as PS3.4 says; without, each word
 * must occur, in any order: that is how people type names. A word without a wildcard is a whole word.
 */
function personName(attribute: IndexedAttribute, column: (name: string) => Condition, key: string): Condition {
  const folded = foldPersonName(key);
  const foldedColumn = attribute.column
    .replace(/_name$/, '_name_folded')
    .replace('referring_physician_name_folded', 'referring_physician_folded');
  if (/[\^=]/.test(folded)) {
    // One group of the key matches any group of the name; several must match the whole.
    const whole = column(foldedColumn);
    if (folded.includes('=')) return sql`${whole} LIKE ${likePattern(folded)}`;
    return sql`EXISTS (SELECT 1 FROM unnest(string_to_array(${whole}, '=')) AS name_group WHERE name_group LIKE ${likePattern(folded)})`;
  }
  const where =
    attribute.column === 'patient_name'
      ? column('patient_name_words')
      : sql`' ' || translate(${column(foldedColumn)}, '^=', '  ') || ' '`;
  const words = nameWords(folded).split(' ').filter(Boolean);
  return sql`(${sql.join(
    words.map((word) => sql`${where} LIKE ${wordPattern(word)}`),
    sql` AND `,
  )})`;
}

/** A word as it stands between blanks; a wildcard at its end or beginning reaches into its neighbours. */
function wordPattern(word: string): string {
  const pattern = likePattern(word);
  return `%${pattern.startsWith('%') ? '' : ' '}${pattern}${pattern.endsWith('%') ? '' : ' '}%`.replace(/%+/g, '%');
}

function dateRange(attribute: IndexedAttribute, column: Condition, key: string): Condition {
  const range = /^(\d{8})?(-)?(\d{8})?$/.exec(key.replaceAll('.', ''));
  const [, from, dash, to] = range ?? [];
  if (!range || (!dash && to) || (!from && !to)) {
    throw new BadKey(`${attribute.keyword} is YYYYMMDD or a range of it`);
  }
  if (!dash) return sql`${column} = ${from}`;
  if (from && to) return sql`${column} BETWEEN ${from} AND ${to}`;
  return from ? sql`${column} >= ${from}` : sql`(${column} <= ${to} AND ${column} <> '')`;
}

/** A time as HHMMSS.FFFFFF, its missing parts filled up to the first or the last moment it can mean. */
function moment(text: string, end: 'first' | 'last'): string {
  const [clock = '', fraction = ''] = text.replaceAll(':', '').split('.');
  const fill = end === 'first' ? '000000' : '235959';
  return `${clock}${fill.slice(clock.length)}.${fraction.padEnd(6, end === 'first' ? '0' : '9')}`;
}

function timeRange(attribute: IndexedAttribute, column: Condition, key: string): Condition {
  const time = String.raw`\d{2}(?::?\d{2}(?::?\d{2}(?:\.\d{1,6})?)?)?`;
  const range = new RegExp(`^(${time})?(-)?(${time})?$`).exec(key);
  const [, from, dash, to] = range ?? [];
  if (!range || (!dash && to) || (!from && !to))
    throw new BadKey(`${attribute.keyword} is HHMMSS.FFFFFF, in part or as a range`);
  const stored = sql`rpad(rpad(split_part(replace(${column}, ':', ''), '.', 1), 6, '0') || '.' || split_part(${column}, '.', 2), 13, '0')`;
  const first = from === undefined ? '000000.000000' : moment(from, 'first');
  const last = dash ? (to === undefined ? '235960.999999' : moment(to, 'last')) : moment(from ?? '', 'last');
  return sql`(${column} <> '' AND ${stored} BETWEEN ${first} AND ${last})`;
}
