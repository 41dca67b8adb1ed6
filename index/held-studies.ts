/** How much the index holds of certain studies and of their instances, and whether there are others. */
import type { Database } from './database.ts';

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

/** Instances of each of these studies, by Study Instance UID; one that is not held is left out. */
export async function heldInstances(database: Database, studies: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await database.pool.query<{ uid: string; count: number }>({
    name: 'held instances',
    text: `SELECT study_instance_uid AS uid, number_of_instances AS count FROM index.study
           WHERE study_instance_uid = ANY ($1) AND NOT is_empty`,
    values: [studies],
  });
  return new Map(rows.map(({ uid, count }) => [uid, count]));
}

/** Which of these instances came in, also those that a rejection note hides. */
export async function knownInstances(database: Database, instances: readonly string[]): Promise<Set<string>> {
  const { rows } = await database.pool.query<{ uid: string }>({
    name: 'known instances',
    text: 'SELECT sop_instance_uid AS uid FROM index.instance WHERE sop_instance_uid = ANY ($1)',
    values: [instances],
  });
  return new Set(rows.map(({ uid }) => uid));
}
