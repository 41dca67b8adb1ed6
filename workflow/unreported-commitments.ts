/**
 * Reports of storage commitment that were given up: a device that never heard that its images are safe may keep them until
 * its disk is full, or a person deletes them without knowing. People see to the device, and have it told once more.
 */
import type { Database } from '#index/database.ts';
import type { DeviceFailure } from '#index/device-failure.ts';

/** What one device was never told. */
export interface UnreportedCommitments {
  readonly callingAETitle: string;
  /** Where it is, for several may have its AE title: the host of its entry in the registry, else the address that it asked from. */
  readonly host: string | null;
  readonly requests: number;
  /** When it asked for the first of them. */
  readonly since: Date;
  /** Why the last try was in vain. */
  readonly failure: DeviceFailure;
}

/**
 * Of the last days. A device that has taken a report since can be reached again, and asks anew for what it misses; that another one of
 * its AE title has says nothing.
 */
const isUnreported = `c.state = 'given-up' AND c.next_at > now() - make_interval(days => $1) AND NOT EXISTS (
  SELECT FROM site.commitment r
  WHERE r.state = 'reported' AND r.calling_ae_title = c.calling_ae_title AND r.device IS NOT DISTINCT FROM c.device
    AND (c.address IS NULL OR r.address = c.address OR (
      c.device IS NOT NULL AND EXISTS (SELECT FROM site.device d WHERE d.id = c.device AND position('/' IN d.host) = 0)))
    AND r.reported_at > c.next_at)`;

/** Each machine of a network has its own. */
const place = `CASE WHEN position('/' IN e.host) = 0 THEN e.host ELSE c.address END`;

/** What is given up in the last days, by device. */
export async function unreportedCommitments({ pool }: Database, days: number): Promise<UnreportedCommitments[]> {
  const { rows } = await pool.query<UnreportedCommitments>({
    name: 'unreported-commitments',
    text: `SELECT c.calling_ae_title AS "callingAETitle", ${place} AS host, count(*)::integer AS requests, min(c.requested_at) AS since,
        (array_agg(c.error ORDER BY c.next_at DESC))[1] AS failure
      FROM site.commitment c LEFT JOIN site.device e ON e.id = c.device
      WHERE ${isUnreported}
      GROUP BY c.calling_ae_title, c.device, ${place} ORDER BY c.calling_ae_title, ${place}`,
    values: [days],
  });
  return rows;
}

/**
 * Each is tried once more, at once. What was found of the objects is weeks old: they are read again, before a device is
 * told that it may let go of them. What was wrong with the request itself stays wrong. @returns how many
 */
export async function retryUnreported({ pool }: Database, days: number): Promise<number> {
  const { rowCount } = await pool.query(
    `UPDATE site.commitment c SET next_at = now(), checked_at = NULL,
       state = CASE WHEN failed IS NULL OR checked_at IS NOT NULL THEN 'checking' ELSE 'reporting' END,
       failed = CASE WHEN checked_at IS NULL THEN failed END
     WHERE ${isUnreported}`,
    [days],
  );
  return rowCount ?? 0;
}
