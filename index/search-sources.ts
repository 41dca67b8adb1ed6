/** What a search reads from: the rows that a caller may see, joined with those of the levels above. */
import { sql } from 'kysely';
import type { Level } from './attributes.ts';
import type { Fragment } from './composed.ts';
import type { ScopeUids } from './query.ts';

/** The rows of one level that are not rejected, of the studies in the scope. */
export function readable(level: Level, scope: ScopeUids): Fragment {
  if (level === 'patient') return sql`index.readable_patients(${scope}::text[])`;
  if (level === 'study') return sql`index.readable_studies(${scope}::text[])`;
  return level === 'series'
    ? sql`index.readable_series(${scope}::text[])`
    : sql`index.readable_instances(${scope}::text[])`;
}

/** The same, with its series and study. */
export function source(level: Level, scope: ScopeUids): Fragment {
  const rows = sql`${readable(level, scope)} AS ${sql.ref(level)}`;
  if (level === 'patient' || level === 'study') return rows;
  const study = sql`JOIN index.study AS study ON study.id = series.study`;
  if (level === 'series') return sql`${rows} ${study}`;
  return sql`${rows} JOIN index.series AS series ON series.id = instance.series ${study}`;
}

export function filter(conditions: readonly Fragment[]): Fragment {
  return conditions.length ? sql`WHERE ${sql.join(conditions, sql` AND `)}` : sql``;
}
