/** Rejection notes with what they hide: listed for people, and taken back by them. */
import type { Database } from './database.ts';
import { patiently } from './patience.ts';
import type { RejectionCode } from './rejection-note.ts';

export interface RejectedStudy {
  readonly StudyInstanceUID: string;
  /** Null while the study is not here; so with the rest. */
  readonly PatientName: string | null;
  readonly PatientID: string | null;
  readonly StudyDate: string | null;
  readonly StudyDescription: string | null;
  readonly named: number;
  /** Instances of these that are hidden now, by this note or another one. */
  readonly hidden: number;
  /** Of those that are hidden, the ones that this note rejects: these may be shown when it is taken back. */
  readonly hiddenByThis: number;
  /** The study is another patient's than the note's, so nothing of it is rejected. */
  readonly isOtherPatient: boolean;
}

export interface Rejection {
  /** SOP Instance UID of the note. */
  readonly id: string;
  readonly code: RejectionCode;
  readonly receivedAt: Date;
  readonly door: string;
  /** AE title of the device that sent it; '' for other doors. */
  readonly callingAETitle: string;
  readonly address: string;
  readonly restoredAt: Date | null;
  readonly restoredBy: string | null;
  readonly studies: readonly RejectedStudy[];
}

export interface RejectionPage {
  readonly rejections: readonly Rejection[];
  /** For the next page; undefined where there is no more. */
  readonly next: number | undefined;
}

const columns = `n.note, n.sop_instance_uid AS id, n.code, n.received_at AS "receivedAt", o.door, o.calling_ae_title AS "callingAETitle",
  o.address, x.restored_at AS "restoredAt", x.restored_by AS "restoredBy",
  coalesce((SELECT json_agg(t ORDER BY t."StudyInstanceUID") FROM (
    SELECT r.study_instance_uid AS "StudyInstanceUID", s.patient_name AS "PatientName", s.patient_id AS "PatientID",
      s.study_date AS "StudyDate", s.study_description AS "StudyDescription", count(*)::integer AS named,
      (count(*) FILTER (WHERE i.id IS NOT NULL))::integer AS hidden,
      -- As index.is_rejected asks it of all notes.
      (count(*) FILTER (WHERE i.id IS NOT NULL AND x.restored_at IS NULL
        AND index.is_same_patient(n.issuer, n.patient_id, s.issuer_of_patient_id, s.patient_id)
        AND (n.code <> '113039' OR i.received_at <= n.received_at)))::integer AS "hiddenByThis",
      coalesce(NOT index.is_same_patient(n.issuer, n.patient_id, s.issuer_of_patient_id, s.patient_id), false)
        AS "isOtherPatient"
    FROM index.rejected r
    LEFT JOIN index.study s ON s.study_instance_uid = r.study_instance_uid
    LEFT JOIN (index.instance i JOIN index.series e ON e.id = i.series)
      ON i.sop_instance_uid = r.sop_instance_uid AND i.state = 2 AND e.study = s.id
    WHERE r.note = n.note GROUP BY r.study_instance_uid, s.id) t), '[]') AS studies
  FROM index.rejection n JOIN index.source o ON o.id = n.source
  LEFT JOIN site.restored_rejection x ON x.sop_instance_uid = n.sop_instance_uid`;

/** The latest first. @param before `next` of the page before */
export async function listRejections(
  database: Database,
  limit: number,
  before: number | undefined,
): Promise<RejectionPage> {
  const { rows } = await database.pool.query<Rejection & { note: number }>(
    `SELECT ${columns} WHERE n.note < coalesce($2::bigint, 9223372036854775807) ORDER BY n.note DESC LIMIT $1 + 1`,
    [limit, before ?? null],
  );
  const shown = rows.slice(0, limit);
  return {
    rejections: shown.map(({ note: _note, ...rejection }) => rejection),
    next: rows.length > limit ? shown.at(-1)?.note : undefined,
  };
}

/**
 * Takes a rejection back: what it alone hides is found and retrieved again; the note itself stays hidden.
 * Repeated it changes nothing.
 * @param id  SOP Instance UID of the note
 * @param by  who does it, as the access record names callers
 * @returns   undefined when there is no such note
 * @throws IndexUnavailable
 */
export async function restoreRejection(database: Database, id: string, by: string): Promise<Rejection | undefined> {
  return patiently(async () => {
    const found = await database.pool.query(
      // One statement, one transaction: the mark and what follows from it.
      'SELECT index.restore_rejection($1, $2) AS found',
      [id, by],
    );
    if (!found.rows[0]?.found) return undefined;
    const { rows } = await database.pool.query<Rejection & { note: number }>(
      `SELECT ${columns} WHERE n.sop_instance_uid = $1`,
      [id],
    );
    const [row] = rows;
    if (!row) return undefined;
    const { note: _note, ...rejection } = row;
    return rejection;
  });
}

/** What people took back holds in an index that was rebuilt from the notes, too. */
export async function restoreAgain(database: Database): Promise<void> {
  await database.pool.query(`
    SELECT index.settle_rejection(n.note, 'infinity') FROM (
      SELECT note FROM index.rejection JOIN site.restored_rejection USING (sop_instance_uid) ORDER BY note) n`);
}
