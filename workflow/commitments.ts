/**
 * Requests for storage commitment (PS3.4 Annex J) from their acceptance until the device has its answer. A row is taken
 * by one archive for some time; one that is killed leaves it to whoever comes next.
 */
import type { Database } from '#index/database.ts';
import type { DeviceFailure } from '#index/device-failure.ts';
import { storableCause } from '#index/storable.ts';
import { inTransaction } from '#index/transaction.ts';
import { limits } from '#settings/limits.ts';

export interface Reference {
  readonly sopClassUID: string;
  readonly sopInstanceUID: string;
}

/** An instance that we do not commit to, by its place in the request, and why (Failure Reason, PS3.3 C.14.1.1). */
export interface FailedReference {
  readonly at: number;
  readonly reason: number;
}

/** Whose request it is: several machines may have one AE title, and those of a network one entry in the registry. */
export interface Asker {
  readonly callingAETitle: string;
  /** In the registry; undefined for a caller that is not there, or not any more. */
  readonly device?: number | undefined;
  readonly address?: string | undefined;
}

export interface Commitment extends Asker {
  readonly id: number;
  readonly transactionUID: string;
  readonly requested: readonly Reference[];
  /** Undefined until the objects were read. */
  readonly failed: readonly FailedReference[] | undefined;
  /** Reports that did not arrive. */
  readonly attempts: number;
  readonly ageSeconds: number;
}

interface Row {
  id: number;
  transaction_uid: string;
  calling_ae_title: string;
  device: number | null;
  address: string | null;
  requested: [string, string][];
  failed: [number, number][] | null;
  attempts: number;
  age_seconds: number;
}

const columns = `id, transaction_uid, calling_ae_title, device, address, requested, failed, attempts,
  extract(epoch FROM now() - requested_at)::double precision AS age_seconds`;

function commitmentOf(row: Row): Commitment {
  return {
    id: row.id,
    transactionUID: row.transaction_uid,
    callingAETitle: row.calling_ae_title,
    device: row.device ?? undefined,
    address: row.address ?? undefined,
    requested: row.requested.map(([sopClassUID, sopInstanceUID]) => ({ sopClassUID, sopInstanceUID })),
    failed: row.failed?.map(([at, reason]) => ({ at, reason })),
    attempts: row.attempts,
    ageSeconds: row.age_seconds,
  };
}

/**
 * Keeps a request; when this resolves it survives every restart. The caller has it for `leaseSeconds`. The same request
 * sent again while it is open, for its answer was lost, is the request that is there; its Transaction UID with other
 * instances is a request of its own, of which every instance fails.
 * @param duplicateReason the Failure Reason for that
 * @returns undefined when it is there already
 */
export async function addCommitment(
  { pool }: Database,
  request: Asker & Pick<Commitment, 'transactionUID' | 'requested'>,
  { leaseSeconds, duplicateReason }: { leaseSeconds: number; duplicateReason: number },
): Promise<Commitment | undefined> {
  const { device = null, address = null } = request;
  const requested = JSON.stringify(request.requested.map((each) => [each.sopClassUID, each.sopInstanceUID]));
  return inTransaction(pool, async (client) => {
    // The same request may come on another association at this moment.
    await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [request.transactionUID]);
    const { rows: open } = await client.query<{ same: boolean }>(
      `SELECT requested = $3::jsonb AS same FROM site.commitment
       WHERE transaction_uid = $1 AND state IN ('checking', 'reporting') AND calling_ae_title = $2
         AND device IS NOT DISTINCT FROM $4 AND (device IS NOT NULL OR address IS NOT DISTINCT FROM $5)`,
      [request.transactionUID, request.callingAETitle, requested, device, address],
    );
    if (open.some(({ same }) => same)) return undefined;
    const failed = open.length > 0 ? JSON.stringify(request.requested.map((_, at) => [at, duplicateReason])) : null;
    const { rows } = await client.query<Row>(
      `INSERT INTO site.commitment (transaction_uid, calling_ae_title, device, address, requested, failed, state, next_at)
       VALUES ($1, $2, $6, $7, $3::jsonb, $4::jsonb, CASE WHEN $4::jsonb IS NULL THEN 'checking' ELSE 'reporting' END,
         now() + make_interval(secs => $5)) RETURNING ${columns}`,
      [request.transactionUID, request.callingAETitle, requested, failed, leaseSeconds, device, address],
    );
    return commitmentOf(rows[0] as Row);
  });
}

/** Takes the request that is due for longest, for `leaseSeconds`. @param otherThan whose requests are left alone */
export async function takeCommitment(
  { pool }: Database,
  leaseSeconds: number,
  otherThan: readonly Asker[],
): Promise<Commitment | undefined> {
  const { rows } = await pool.query<Row>(
    `UPDATE site.commitment SET next_at = now() + make_interval(secs => $1)
     WHERE id = (SELECT id FROM site.commitment c WHERE state IN ('checking', 'reporting')
         -- What is due later than any attempt waits for was put off before the clock was set back.
         AND (next_at <= now() OR next_at > now() + make_interval(secs => $5))
         AND NOT EXISTS (
           SELECT FROM unnest($2::text[], $3::integer[], $4::text[]) AS busy (calling_ae_title, device, address)
           WHERE busy.calling_ae_title = c.calling_ae_title AND busy.device IS NOT DISTINCT FROM c.device
             AND busy.address IS NOT DISTINCT FROM c.address)
       ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED)
     RETURNING ${columns}`,
    [
      leaseSeconds,
      otherThan.map(({ callingAETitle }) => callingAETitle),
      otherThan.map(({ device }) => device ?? null),
      otherThan.map(({ address }) => address ?? null),
      limits.commitment.longestRetrySeconds + 60,
    ],
  );
  return rows[0] && commitmentOf(rows[0]);
}

/** Whoever works on it needs it for longer. */
export async function keepCommitment({ pool }: Database, id: number, leaseSeconds: number): Promise<void> {
  await pool.query('UPDATE site.commitment SET next_at = now() + make_interval(secs => $2) WHERE id = $1', [
    id,
    leaseSeconds,
  ]);
}

/** The objects were read. */
export async function commitmentChecked(
  { pool }: Database,
  id: number,
  failed: readonly FailedReference[],
): Promise<void> {
  await pool.query(
    `UPDATE site.commitment SET state = 'reporting', failed = $2::jsonb, checked_at = now() WHERE id = $1`,
    [id, JSON.stringify(failed.map(({ at, reason }) => [at, reason]))],
  );
}

export async function commitmentReported({ pool }: Database, id: number): Promise<void> {
  await pool.query(`UPDATE site.commitment SET state = 'reported', reported_at = now(), error = NULL WHERE id = $1`, [
    id,
  ]);
}

/** It is tried again after some time, or, without one, never. */
export async function commitmentPostponed(
  { pool }: Database,
  id: number,
  { failure, seconds }: { failure: DeviceFailure; seconds: number | undefined },
): Promise<void> {
  await pool.query(
    `UPDATE site.commitment SET error = $2::jsonb, attempts = attempts + 1,
       state = CASE WHEN $3::double precision IS NULL THEN 'given-up' ELSE state END,
       next_at = now() + make_interval(secs => coalesce($3, 0))
     WHERE id = $1`,
    [id, storableCause(failure), seconds ?? null],
  );
}

/** What was answered, or given up, so long ago is forgotten. */
export async function forgetCommitments({ pool }: Database, days: number): Promise<void> {
  await pool.query(
    `DELETE FROM site.commitment WHERE state IN ('reported', 'given-up')
       AND coalesce(reported_at, next_at) < now() - make_interval(days => $1)`,
    [days],
  );
}

/** What a commitment is checked against: the object of an instance as it was received. */
export interface CommittedObject {
  readonly sopInstanceUID: string;
  readonly sopClassUID: string;
  readonly store: number;
  readonly key: string;
  readonly offset: number;
  readonly length: number;
  /** SHA-256 in hexadecimal. */
  readonly digest: string;
}

/**
 * By SOP Instance UID, of those that are there. An instance that a rejection note hides is kept as before, so it is
 * here. The current one comes first; other bytes that came after it, and wait for a person's decision, are some device's too.
 */
export async function committedObjects(
  { pool }: Database,
  sopInstanceUIDs: readonly string[],
): Promise<Map<string, CommittedObject[]>> {
  const { rows } = await pool.query<CommittedObject>({
    name: 'committed-objects',
    text: `SELECT i.sop_instance_uid AS "sopInstanceUID", c.uid AS "sopClassUID", i.store, i.key,
        i."offset", i.length, encode(i.digest, 'hex') AS digest
      FROM index.instance i JOIN index.known_uid c ON c.id = i.sop_class
      WHERE i.sop_instance_uid = ANY ($1::text[]) AND (i.state IN (0, 2) OR EXISTS (
        SELECT FROM index.instance o
        WHERE o.sop_instance_uid = i.sop_instance_uid AND o.state IN (0, 2) AND o.version < i.version))
      ORDER BY i.sop_instance_uid, i.state = 1, i.version`,
    values: [sopInstanceUIDs],
  });
  return Map.groupBy(rows, ({ sopInstanceUID }) => sopInstanceUID);
}

/** Study Instance UIDs of the studies of which every current instance is among these. */
export async function studiesWithin({ pool }: Database, sopInstanceUIDs: readonly string[]): Promise<string[]> {
  const { rows } = await pool.query<{ uid: string }>(
    `SELECT s.study_instance_uid AS uid
     FROM index.study s JOIN index.series e ON e.study = s.id JOIN index.instance i ON i.series = e.id AND i.state = 0
     WHERE s.id IN (
       SELECT named.study FROM index.series named JOIN index.instance n ON n.series = named.id
       WHERE n.sop_instance_uid = ANY ($1::text[]))
     GROUP BY s.id HAVING bool_and(i.sop_instance_uid = ANY ($1::text[]))`,
    [sopInstanceUIDs],
  );
  return rows.map(({ uid }) => uid);
}
