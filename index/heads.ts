/** For results of a search: the instance that stands for each, with where its bytes lie. */
import type { Level } from './attributes.ts';
import type { Database } from './database.ts';
import { instanceColumns, type InstanceRow } from './instances.ts';

/** As the reader scrolls: the first image of the first series. */
const instanceOf: Readonly<Record<Exclude<Level, 'patient'>, string>> = {
  study: `SELECT i.* FROM index.readable_instances(NULL) i JOIN index.series e ON e.id = i.series WHERE e.study = asked.id
    ORDER BY e.series_number NULLS LAST, e.id, i.instance_number NULLS LAST, i.id LIMIT 1`,
  series: `SELECT i.* FROM index.readable_instances(NULL) i WHERE i.series = asked.id
    ORDER BY i.instance_number NULLS LAST, i.id LIMIT 1`,
  instance: 'SELECT i.* FROM index.readable_instances(NULL) i WHERE i.id = asked.id',
};

/**
 * @param ids  keys of studies, series or instances that the caller was found to see
 * @returns    by those keys; one that went meanwhile is missing
 */
export async function standingFor(
  database: Database,
  level: Exclude<Level, 'patient'>,
  ids: readonly number[],
): Promise<Map<number, InstanceRow>> {
  const { rows } = await database.pool.query<InstanceRow & { asked: number }>({
    name: `standing for ${level}`,
    text: `SELECT asked.id AS asked, ${instanceColumns} FROM unnest($1::bigint[]) AS asked (id)
      CROSS JOIN LATERAL (${instanceOf[level]}) i
      JOIN index.series e ON e.id = i.series JOIN index.study s ON s.id = e.study
      JOIN index.known_uid c ON c.id = i.sop_class JOIN index.known_uid t ON t.id = i.transfer_syntax`,
    values: [ids],
  });
  return new Map(rows.map((row) => [row.asked, row]));
}
