/**
 * Studies on which nothing has come for a while count as complete, as long as nobody says it better. One archive looks at
 * a time, and where it has looked up to is written down with what it found.
 */
import type { Pool } from 'pg';

import { routeStudy } from './routes.ts';

/** A transaction may take so long until what it changed is seen. */
const overlap = `interval '20 seconds'`;

/** @returns how many sends are to be done now, and whether there are more studies to look at */
export async function routeQuietStudies(
  database: Pool,
  { quietSeconds, days, studies }: { readonly quietSeconds: number; readonly days: number; readonly studies: number },
): Promise<{ readonly sends: number; readonly isMore: boolean }> {
  const client = await database.connect();
  let broken = true;
  try {
    await client.query('BEGIN');
    const { rowCount } = await client.query('SELECT FROM site.routing FOR UPDATE SKIP LOCKED');
    let sends = 0;
    let isMore = false;
    if (rowCount === 1) {
      const { rows } = await client.query<{ uid: string; changedAt: string }>({
        name: 'quiet-studies',
        // A clock that was set back must not hold everything up.
        text: `SELECT study_instance_uid AS uid, changed_at::text AS "changedAt" FROM index.study
               WHERE changed_at > least((SELECT seen_until FROM site.routing), now()) - ${overlap}
                 AND changed_at <= now() - make_interval(secs => $1)
               ORDER BY changed_at LIMIT $2`,
        values: [quietSeconds, studies],
      });
      for (const { uid } of rows) sends += await routeStudy(client, uid, { days });
      isMore = rows.length === studies;
      await client.query(
        'UPDATE site.routing SET seen_until = coalesce($1::timestamptz, now() - make_interval(secs => $2))',
        [isMore ? rows.at(-1)?.changedAt : null, quietSeconds],
      );
    }
    await client.query('COMMIT');
    broken = false;
    return { sends, isMore };
  } finally {
    client.release(broken);
  }
}
