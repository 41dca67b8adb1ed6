/** Whether what a modality says it made has arrived. */
import type { Database } from '#index/database.ts';

/** Which of these instances are here, whoever may see them. */
export async function instancesThere(
  { pool }: Database,
  sopInstanceUIDs: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await pool.query<{ uid: string }>(
    `SELECT DISTINCT sop_instance_uid AS uid FROM index.instance WHERE sop_instance_uid = ANY ($1::text[])`,
    [sopInstanceUIDs],
  );
  return new Set(rows.map(({ uid }) => uid));
}
