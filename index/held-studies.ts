/** Whether the index holds studies other than certain ones, and how much of those. */
import type { Database } from '#index/database.ts';

export interface HeldStudies {
  /** Instances of the studies that were named. */
  readonly instances: number;
  /** There is a study that was not named. */
  readonly others: boolean;
}

export async function heldStudies(database: Database, studies: readonly string[]): Promise<HeldStudies> {
  const { rows } = await database.pool.query<HeldStudies>({
    name: 'held studies',
    text: `
      SELECT
        coalesce((SELECT sum(number_of_instances) FROM index.study WHERE study_instance_uid = ANY ($1)), 0)::integer AS instances,
        EXISTS (SELECT FROM index.study WHERE study_instance_uid <> ALL ($1)) AS others`,
    values: [studies],
  });
  return rows[0] as HeldStudies;
}
