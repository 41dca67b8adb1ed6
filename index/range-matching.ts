/** Dates and times (PS3.4 C.2.2.2.5): single values, ranges, and a date range and a time range as one range of moments. */
import { sql } from 'kysely';
import type { IndexedAttribute } from './attributes.ts';
import { BadKey } from './bad-key.ts';
import type { Fragment } from './composed.ts';

interface Range {
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** A value alone is not a range. */
  readonly isRange: boolean;
}

const date = String.raw`\d{4}\.?\d{2}\.?\d{2}`;
const time = String.raw`\d{2}(?::?\d{2}(?::?\d{2}(?:\.\d{1,6})?)?)?`;
const ranges = {
  date: new RegExp(`^(${date})?(?: *(-) *)?(${date})?$`),
  time: new RegExp(`^(${time})?(?: *(-) *)?(${time})?$`),
};

function readRange(attribute: IndexedAttribute, kind: 'date' | 'time', key: string): Range {
  const found = ranges[kind].exec(key);
  const [, from, dash, to] = found ?? [];
  if (!found || (dash === undefined && to !== undefined) || (from === undefined && to === undefined))
    throw new BadKey(
      attribute,
      kind === 'date' ? 'is YYYYMMDD or a range of it' : 'is HHMMSS.FFFFFF, in part or as a range',
    );
  const plain = (text: string | undefined): string | undefined => text?.replaceAll(kind === 'date' ? '.' : ':', '');
  return { from: plain(from), to: plain(to), isRange: dash !== undefined };
}

/** @throws BadKey */
export function dateCondition(attribute: IndexedAttribute, column: Fragment, key: string): Fragment {
  const { from, to, isRange } = readRange(attribute, 'date', key);
  if (!isRange) return sql`${column} = ${from}`;
  if (from !== undefined && to !== undefined) return sql`${column} BETWEEN ${from} AND ${to}`;
  return from === undefined ? sql`(${column} <= ${to} AND ${column} <> '')` : sql`${column} >= ${from}`;
}

/**
 * The same of dates that clocks elsewhere show, on the dates of ours: two days wider, so that an index finds what may match.
 * @throws BadKey
 */
export function nearbyDates(attribute: IndexedAttribute, column: Fragment, key: string): Fragment {
  const { from, to, isRange } = readRange(attribute, 'date', key);
  const limits = [sql`${column} <> ''`];
  if (from !== undefined) limits.push(sql`${column} >= ${shifted(from, -2)}`);
  const last = isRange ? to : from;
  if (last !== undefined) limits.push(sql`${column} <= ${shifted(last, 2)}`);
  return sql`(${sql.join(limits, sql` AND `)})`;
}

/** How many days a key names; Infinity where it has no beginning or no end. @throws BadKey */
export function daysNamed(attribute: IndexedAttribute, key: string): number {
  const { from, to, isRange } = readRange(attribute, 'date', key);
  if (!isRange) return 1;
  return from === undefined || to === undefined
    ? Infinity
    : (dayAt(to).valueOf() - dayAt(from).valueOf()) / 86_400_000 + 1;
}

/** No further than a date can be written. */
function shifted(day: string, days: number): string {
  const at = dayAt(day, days);
  const year = at.getUTCFullYear();
  if (year < 0) return '00000101';
  return year > 9999 ? '99991231' : at.toISOString().slice(0, 10).replaceAll('-', '');
}

function dayAt(day: string, later = 0): Date {
  const at = new Date(0);
  at.setUTCFullYear(Number(day.slice(0, 4)), Number(day.slice(4, 6)) - 1, Number(day.slice(6)) + later);
  return at;
}

/** @throws BadKey */
export function timeCondition(attribute: IndexedAttribute, column: Fragment, key: string): Fragment {
  const range = readRange(attribute, 'time', key);
  return sql`(${column} <> '' AND ${moment(column)} BETWEEN ${first(range)} AND ${last(range)})`;
}

/**
 * Combined date-time matching (C.2.2.2.5.2): from the first date's first time to the last date's last time.
 * @returns undefined unless both keys are ranges; each is then matched by itself
 * @throws BadKey
 */
export function combinedCondition(
  dates: { readonly attribute: IndexedAttribute; readonly column: Fragment; readonly key: string },
  times: { readonly attribute: IndexedAttribute; readonly column: Fragment; readonly key: string },
): Fragment | undefined {
  const days = readRange(dates.attribute, 'date', dates.key);
  const hours = readRange(times.attribute, 'time', times.key);
  if (!days.isRange || !hours.isRange) return undefined;
  const at = sql`(${dates.column}, ${moment(times.column)})`;
  const limits = [sql`${dates.column} <> '' AND ${times.column} <> ''`];
  // The dates by themselves too: that is what an index finds.
  if (days.from !== undefined)
    limits.push(sql`${dates.column} >= ${days.from} AND ${at} >= (${days.from}, ${first(hours)})`);
  if (days.to !== undefined) limits.push(sql`${dates.column} <= ${days.to} AND ${at} <= (${days.to}, ${last(hours)})`);
  return sql`(${sql.join(limits, sql` AND `)})`;
}

/** A column of times as HHMMSS.FFFFFF, whatever precision each was written with. */
const moment = (column: Fragment): Fragment =>
  sql`rpad(rpad(split_part(replace(${column}, ':', ''), '.', 1), 6, '0') || '.' || split_part(${column}, '.', 2), 13, '0')`;

const first = ({ from }: Range): string => (from === undefined ? '000000.000000' : fill(from, '000000', '0'));

/** A value alone, or the end of a range, means all that begins with it. Open at its end: a leap second is in, too. */
function last({ from, to, isRange }: Range): string {
  const end = isRange ? to : from;
  return end === undefined ? '235960.999999' : fill(end, '235959', '9');
}

/** A time as HHMMSS.FFFFFF, its missing parts filled up. */
function fill(text: string, clockFill: string, fractionFill: string): string {
  const [clock = '', fraction = ''] = text.split('.');
  return `${clock}${clockFill.slice(clock.length)}.${fraction.padEnd(6, fractionFill)}`;
}
