/** Whether what a modality says it made has arrived. */
import type { Database } from '#index/database.ts';

/** How many of these instances are here, whoever may see them. */
export async function instancesThere({ pool }: Database, sopInstanceUIDs: readonly string[]): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `SELECT count(DISTINCT sop_instance_uid)::integer AS count FROM index.instance WHERE sop_instance_uid = ANY ($1::text[])`,
    [sopInstanceUIDs],
  );
  return rows[0]?.count ?? 0;
}
