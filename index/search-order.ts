/**
 * The order in which a search answers, as SQL: what stands first, and what comes behind a row that was given already.
 */
import { sql } from 'kysely';
import type { Level } from './attributes.ts';
import type { Fragment } from './composed.ts';

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
export const orders: Readonly<Record<Level, readonly OrderColumn[]>> = {
  patient: [descending('patient.id')],
  study: studyOrder,
  series: seriesOrder,
  instance: [...seriesOrder, numbered('instance.instance_number'), ascending('instance.id')],
};

export function ordering(level: Level): Fragment {
  return sql.join(orders[level].map(({ by, descending }) => sql`${by} ${sql.raw(descending ? 'DESC' : 'ASC')}`));
}

/**
 * What comes behind a row. PostgreSQL compares rows of values in one direction only: so one comparison for each run of
 * columns in the same direction, and the first once more by itself, because an index helps with that.
 */
export function behind(level: Level, keys: readonly unknown[]): Fragment {
  const runs: { descending: boolean; by: Fragment[]; values: unknown[] }[] = [];
  for (const [at, column] of orders[level].entries()) {
    if (runs.at(-1)?.descending !== column.descending) runs.push({ descending: column.descending, by: [], values: [] });
    runs.at(-1)?.by.push(column.by);
    runs.at(-1)?.values.push(keys[at]);
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
