/** Callers that the registry does not know: so many are kept, waiting for approval, and what gave way to later ones is counted. */
import type { Pool } from 'pg';
import { limits } from '#settings/limits.ts';

/** Entries that gave way: one caller counts as often as it came back and had to go again. */
export interface GivenWay {
  readonly entries: number;
  readonly since: Date;
}

/** None has given way for so long that counting begins anew. What is later than now was noted before the clock was set back. */
const isOver = (row: string): string =>
  `(${row}.last_at NOT BETWEEN now() - interval '${limits.access.givenWayDays} days' AND now() + interval '1 minute')`;

/** Shows a stranger in the registry. The longest unseen give way, first those of the same address, so that one machine cannot push the others out. */
export async function noteWaiting(database: Pool, aeTitle: string, address: string, wanted: string[]): Promise<void> {
  const { waitingDevices, waitingDevicesPerAddress } = limits.access;
  await database.query(
    `INSERT INTO site.device (ae_title, host, state, last_seen_at, asked) VALUES ($1, $2, 'waiting', now(), $3)
     ON CONFLICT (ae_title, host) DO UPDATE SET last_seen_at = now(), asked = excluded.asked`,
    [aeTitle, address, wanted],
  );
  await database.query(
    `WITH gone AS (
       DELETE FROM site.device WHERE id IN (
         SELECT id FROM (
           SELECT id, row_number() OVER (ORDER BY last_seen_at DESC, id DESC) AS place,
             row_number() OVER (PARTITION BY host ORDER BY last_seen_at DESC, id DESC) AS place_of_host
           FROM site.device WHERE state = 'waiting'
         ) AS waiting WHERE place > $1 OR place_of_host > $2)
       RETURNING 1)
     INSERT INTO site.given_way AS g (entries, since, last_at) SELECT count(*), now(), now() FROM gone HAVING count(*) > 0
     ON CONFLICT (one) DO UPDATE SET last_at = now(),
       entries = CASE WHEN ${isOver('g')} THEN 0 ELSE g.entries END + excluded.entries,
       since = CASE WHEN ${isOver('g')} THEN now() ELSE g.since END`,
    [waitingDevices, waitingDevicesPerAddress],
  );
}

/** @returns undefined when none has for some days */
export async function givenWay(database: Pool): Promise<GivenWay | undefined> {
  const { rows } = await database.query<GivenWay>(
    `SELECT g.entries, g.since FROM site.given_way g WHERE NOT ${isOver('g')}`,
  );
  return rows[0];
}
