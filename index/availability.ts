/** Which devices have yet to be told that a study's instances can be retrieved here (PS3.4 Annex R), and what they are. */
import type pg from 'pg';
import type { Database } from './database.ts';
import { storableText } from './storable.ts';

/** One N-CREATE that is due. */
export interface AvailabilityNotification {
  readonly id: number;
  readonly generation: number;
  readonly StudyInstanceUID: string;
  /** Of the notification: the same at each try. */
  readonly SOPInstanceUID: string;
  readonly device: number;
  readonly aeTitle: string;
  readonly host: string;
  /** Null when nobody has said where the device listens. */
  readonly port: number | null;
  /** As in the registry: how it is called, and what certificate it shows. */
  readonly tls: boolean;
  readonly tlsSubject: string | null;
  readonly tlsFingerprint: string | null;
}

export interface AvailableInstance {
  readonly SeriesInstanceUID: string;
  readonly SOPClassUID: string;
  readonly SOPInstanceUID: string;
  /** False for a rejected one: it is kept, and given to nobody (IHE RAD TF-3 4.49.4.1.2.2). */
  readonly isAvailable: boolean;
}

/** Another worker sees to it when this one was killed over it. */
const lease = `interval '10 minutes'`;
/** After a try that failed, doubling up to an hour. */
const longestRetry = `interval '1 hour'`;
const retryAfter = `least(interval '30 seconds' * power(2, least(attempts, 12) - 1), ${longestRetry})`;
/** What a device has not taken by then it does not want. */
const patience = `interval '7 days'`;
const causeCharacters = 200;

/** Owes a notification of each study to each device that wants them. */
export async function oweAvailability(connection: pg.PoolClient, studies: readonly string[]): Promise<void> {
  await connection.query('SELECT index.owe_availability($1)', [studies]);
}

/**
 * Takes what is due for devices other than those named; while it is taken nobody else gets it. What is owed to a device that
 * is gone or does not want it any more is forgotten.
 */
export async function takeDueNotifications(
  database: Database,
  limit: number,
  otherThan: readonly number[],
): Promise<AvailabilityNotification[]> {
  const { rows } = await database.pool.query<AvailabilityNotification>({
    name: 'take due notifications',
    text: `
      WITH unwanted AS (
        DELETE FROM site.availability_notification n
        WHERE NOT EXISTS (SELECT FROM site.device d WHERE d.id = n.device AND d.wants_availability AND d.state = 'approved'))
      UPDATE site.availability_notification n SET attempts = least(n.attempts + 1, 1000), due_at = now() + ${lease}
      FROM site.device d
      WHERE d.id = n.device AND d.wants_availability AND d.state = 'approved' AND n.id IN (
        SELECT id FROM site.availability_notification
        -- What is due later than that was put off before the clock was set back.
        WHERE due_at NOT BETWEEN now() AND now() + ${longestRetry} AND device <> ALL ($2::integer[])
        ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED)
      RETURNING n.id, n.generation, n.study_instance_uid AS "StudyInstanceUID", n.sop_instance_uid AS "SOPInstanceUID",
        n.device, d.ae_title AS "aeTitle", d.host, d.port, d.tls, d.tls_subject AS "tlsSubject",
        d.tls_fingerprint AS "tlsFingerprint"`,
    values: [limit, otherThan],
  });
  return rows;
}

/** The device has it. What has happened since it was taken is owed still. */
export async function settleNotification(
  database: Database,
  { id, generation }: AvailabilityNotification,
): Promise<void> {
  await database.pool.query('DELETE FROM site.availability_notification WHERE id = $1 AND generation = $2', [
    id,
    generation,
  ]);
}

/** It is tried again later. @returns false when it has been tried for long enough: then it is owed no more */
export async function postponeNotification(
  database: Database,
  { id, generation }: AvailabilityNotification,
  cause: string,
): Promise<boolean> {
  const given = await database.pool.query(
    `DELETE FROM site.availability_notification WHERE id = $1 AND owed_at < now() - ${patience}`,
    [id],
  );
  if (given.rowCount === 1) return false;
  await database.pool.query(
    `UPDATE site.availability_notification SET due_at = now() + ${retryAfter}, error = $3 WHERE id = $1 AND generation = $2`,
    [id, generation, storableText(cause, causeCharacters)],
  );
  return true;
}

/** Whoever took it tells it to nobody after all: it is due at once, as if it had not been taken. */
export async function giveBackNotification(
  database: Database,
  { id, generation }: AvailabilityNotification,
): Promise<void> {
  await database.pool.query(
    `UPDATE site.availability_notification SET due_at = now(), attempts = greatest(attempts - 1, 0)
     WHERE id = $1 AND generation = $2`,
    [id, generation],
  );
}

/** The instances of a study, series by series, rejection notes left out. */
export async function availableInstances(database: Database, StudyInstanceUID: string): Promise<AvailableInstance[]> {
  const { rows } = await database.pool.query<AvailableInstance>(
    `SELECT e.series_instance_uid AS "SeriesInstanceUID", c.uid AS "SOPClassUID", i.sop_instance_uid AS "SOPInstanceUID",
       i.state = 0 AS "isAvailable"
     FROM index.study s JOIN index.series e ON e.study = s.id JOIN index.instance i ON i.series = e.id
     JOIN index.known_uid c ON c.id = i.sop_class
     WHERE s.study_instance_uid = $1 AND i.state IN (0, 2) AND NOT EXISTS (SELECT FROM index.rejection n WHERE n.note = i.id)
     ORDER BY e.id, i.id`,
    [StudyInstanceUID],
  );
  return rows;
}
