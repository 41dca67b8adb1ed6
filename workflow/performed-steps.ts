/**
 * Modality performed procedure steps (PS3.4 Annex F): made by N-CREATE, changed by N-SET while they are in progress. They
 * move the entries of the worklist on that they name.
 */
import type { PoolClient } from 'pg';
import type { Database } from '#index/database.ts';
import { storableJson } from '#index/storable.ts';
import { inTransaction } from '#index/transaction.ts';
import { jsonItems, jsonValues } from '#dicom/web/dicom-json.ts';
import type { DicomJson } from '#dicom/web/dicom-json.ts';
import { limits } from '#settings/limits.ts';
import { stepsPerformed } from './scheduled-steps.ts';
import type { NamedStep } from './scheduled-steps.ts';

export type PerformedState = 'in progress' | 'completed' | 'discontinued';

/** More has been said of one step than is kept of any. */
export class StepTooLarge extends Error {
  override name = 'StepTooLarge';
}

export interface PerformedStep {
  readonly id: number;
  readonly sopInstanceUID: string;
  readonly state: PerformedState;
  readonly attributes: DicomJson;
  readonly studyInstanceUIDs: readonly string[];
  readonly callingAETitle: string;
  readonly createdAt: Date;
  readonly changedAt: Date;
}

const columns = `id, sop_instance_uid AS "sopInstanceUID", state, attributes, study_instance_uids AS "studyInstanceUIDs",
  calling_ae_title AS "callingAETitle", created_at AS "createdAt", changed_at AS "changedAt"`;

/** @returns false when there is one with this UID @throws StepTooLarge */
export async function createPerformedStep(
  { pool }: Database,
  step: {
    readonly sopInstanceUID: string;
    readonly attributes: DicomJson;
    readonly named: readonly NamedStep[];
    readonly callingAETitle: string;
  },
): Promise<boolean> {
  return inTransaction(pool, async (client) => {
    const studies = [...new Set(step.named.map(({ StudyInstanceUID }) => StudyInstanceUID))];
    const { rows } = await client.query<{ id: number }>(
      `INSERT INTO site.performed_step (sop_instance_uid, state, attributes, study_instance_uids, calling_ae_title)
       VALUES ($1, 'in progress', $2::jsonb, $3, $4) ON CONFLICT (sop_instance_uid) DO NOTHING RETURNING id`,
      [step.sopInstanceUID, jsonText(step.attributes, limits.performedStep.keptBytes), studies, step.callingAETitle],
    );
    if (!rows[0]) return false;
    const scheduled = await stepsPerformed(client, step.named);
    await client.query(
      'INSERT INTO site.performed_step_of (performed, scheduled) SELECT $1, scheduled FROM unnest($2::bigint[]) AS scheduled',
      [rows[0].id, scheduled],
    );
    await moveOn(client, scheduled, step.callingAETitle);
    return true;
  });
}

/** What a change makes of a step that is in progress. */
export type Change = (attributes: DicomJson) => {
  readonly attributes: DicomJson;
  readonly state: PerformedState;
  /** It was for the wrong entry of the worklist: the entry waits again. */
  readonly isWrongEntry: boolean;
};

/**
 * @param change called with the step locked; what it throws is thrown
 * @returns undefined when there is none; the step as it is, `changed` false, when it is final (PS3.4 F.7.2.2.2)
 * @throws StepTooLarge
 */
export async function changePerformedStep(
  { pool }: Database,
  sopInstanceUID: string,
  change: Change,
): Promise<{ readonly step: PerformedStep; readonly changed: boolean } | undefined> {
  return inTransaction(pool, async (client) => {
    const { rows } = await client.query<PerformedStep>(
      `SELECT ${columns} FROM site.performed_step WHERE sop_instance_uid = $1 FOR UPDATE`,
      [sopInstanceUID],
    );
    const [found] = rows;
    if (!found) return undefined;
    if (found.state !== 'in progress') return { step: found, changed: false };
    const { attributes, state, isWrongEntry } = change(found.attributes);
    // What it made is all there is of its studies when it has come, which may be later.
    const instances = state === 'in progress' ? [] : referencedInstances(attributes);
    // Nothing follows the change that ends it; refused, it would stay in progress, and its entry started, for ever.
    const mostBytes = state === 'in progress' ? limits.performedStep.keptBytes : Infinity;
    await client.query(
      `UPDATE site.performed_step SET attributes = $2::jsonb, state = $3, instances = $4, is_awaited = $5, changed_at = now()
       WHERE id = $1`,
      [found.id, jsonText(attributes, mostBytes), state, instances, instances.length > 0],
    );
    const scheduled = await lockedEntries(client, found.id);
    if (isWrongEntry) await client.query('DELETE FROM site.performed_step_of WHERE performed = $1', [found.id]);
    await moveOn(client, scheduled, found.callingAETitle);
    return { step: { ...found, attributes, state }, changed: true };
  });
}

export async function findPerformedStep(
  { pool }: Database,
  sopInstanceUID: string,
): Promise<PerformedStep | undefined> {
  const { rows } = await pool.query<PerformedStep>(
    `SELECT ${columns} FROM site.performed_step WHERE sop_instance_uid = $1`,
    [sopInstanceUID],
  );
  return rows[0];
}

/** All that was said of it may be megabytes: how many bytes of JSON, before it is read. */
export interface WeighedStep {
  readonly sopInstanceUID: string;
  readonly bytes: number;
}

const weighed = `sop_instance_uid AS "sopInstanceUID", attributes_bytes AS bytes`;

/** 0 where there is none. */
export async function performedStepBytes({ pool }: Database, sopInstanceUID: string): Promise<number> {
  const { rows } = await pool.query<WeighedStep>(
    `SELECT ${weighed} FROM site.performed_step WHERE sop_instance_uid = $1`,
    [sopInstanceUID],
  );
  return rows[0]?.bytes ?? 0;
}

/** What was performed for an entry of the worklist, the oldest of the latest first. */
export async function performedFor({ pool }: Database, scheduled: number, most: number): Promise<WeighedStep[]> {
  const { rows } = await pool.query<WeighedStep>(
    `SELECT ${weighed} FROM site.performed_step p JOIN site.performed_step_of o ON o.performed = p.id
     WHERE o.scheduled = $1 ORDER BY p.id DESC LIMIT $2`,
    [scheduled, most],
  );
  return rows.toReversed();
}

/** What was performed for a study, in the same order; whether there is an entry of the worklist for it, or none. */
export async function performedOfStudy(
  { pool }: Database,
  StudyInstanceUID: string,
  most: number,
): Promise<WeighedStep[]> {
  const { rows } = await pool.query<WeighedStep>(
    `SELECT ${weighed} FROM site.performed_step WHERE study_instance_uids @> ARRAY[$1] ORDER BY id DESC LIMIT $2`,
    [StudyInstanceUID, most],
  );
  return rows.toReversed();
}

/** SOP Instance UIDs of the same. */
export async function performedStepsOfStudy({ pool }: Database, StudyInstanceUID: string): Promise<string[]> {
  const { rows } = await pool.query<{ uid: string }>(
    'SELECT sop_instance_uid AS uid FROM site.performed_step WHERE study_instance_uids @> ARRAY[$1] ORDER BY id',
    [StudyInstanceUID],
  );
  return rows.map(({ uid }) => uid);
}

/** A step that was created or changed. */
export interface ChangedStep {
  readonly SOPInstanceUID: string;
  readonly state: PerformedState;
  readonly studies: readonly string[];
  /** In PostgreSQL's own precision; another one means that it changed again. */
  readonly changedAt: string;
}

/** Steps that changed within the last `seconds`, the latest first. */
export async function recentlyPerformed({ pool }: Database, seconds: number, limit: number): Promise<ChangedStep[]> {
  const { rows } = await pool.query<ChangedStep>({
    name: 'recently-performed',
    text: `SELECT sop_instance_uid AS "SOPInstanceUID", state, study_instance_uids AS studies, changed_at::text AS "changedAt"
           FROM site.performed_step WHERE changed_at BETWEEN now() - make_interval(secs => $1) AND now() + make_interval(secs => $1) ORDER BY changed_at DESC LIMIT $2`,
    values: [seconds, limit],
  });
  return rows;
}

/**
 * SOP Instance UIDs that a step says it made, each once, of Performed Series Sequence: Referenced Image Sequence and
 * Referenced Non-Image Composite SOP Instance Sequence.
 */
export function referencedInstances(attributes: DicomJson): string[] {
  const uids = jsonItems(attributes, 'PerformedSeriesSequence')
    .flatMap((series) => [
      ...jsonItems(series, 'ReferencedImageSequence'),
      ...jsonItems(series, 'ReferencedNonImageCompositeSOPInstanceSequence'),
    ])
    .map((item) => jsonValues(item, 'ReferencedSOPInstanceUID')[0])
    .filter((value) => typeof value === 'string');
  return [...new Set(uids)];
}

/** Type 1 in the final state (PS3.4 Table F.7.2-1): of the step, and of each item of Performed Series Sequence. */
const neededWhenFinal = ['PerformedProcedureStepEndDate', 'PerformedProcedureStepEndTime', 'PerformedSeriesSequence'];
const neededOfSeries = ['SeriesInstanceUID', 'ProtocolName'];

/**
 * What the standard requires of a step that was completed or discontinued, and this one does not say.
 * @returns keywords, those of a series as `PerformedSeriesSequence.ProtocolName`, each once
 */
export function missingWhenFinal(attributes: DicomJson): string[] {
  const lacking = (json: DicomJson, needed: readonly string[]) =>
    needed.filter((keyword) => !jsonValues(json, keyword).some((value) => value !== null && value !== ''));
  const ofSeries = jsonItems(attributes, 'PerformedSeriesSequence').flatMap((item) => lacking(item, neededOfSeries));
  return [
    ...lacking(attributes, neededWhenFinal),
    ...[...new Set(ofSeries)].map((keyword) => `PerformedSeriesSequence.${keyword}`),
  ];
}

/** In the order of their numbers, so that two performed steps of the same entries do not wait for each other. */
async function lockedEntries(client: PoolClient, performed: number): Promise<number[]> {
  const { rows } = await client.query<{ id: number }>(
    `SELECT id FROM site.scheduled_step
     WHERE id IN (SELECT scheduled FROM site.performed_step_of WHERE performed = $1) ORDER BY id FOR UPDATE`,
    [performed],
  );
  return rows.map(({ id }) => id);
}

/**
 * Entries are in the state that all that was performed for them says: started while anything is in progress, then
 * completed if anything was completed, else discontinued; with nothing left, they wait as before.
 */
async function moveOn(client: PoolClient, scheduled: readonly number[], by: string): Promise<void> {
  await client.query(
    `UPDATE site.scheduled_step s SET state = said.state, changed_at = now(), changed_by = $2
     FROM (
       SELECT entry.id,
         CASE WHEN count(p.id) = 0 THEN 'scheduled'
              WHEN bool_or(p.state = 'in progress') THEN 'started'
              WHEN bool_or(p.state = 'completed') THEN 'completed'
              ELSE 'discontinued' END AS state
       FROM unnest($1::bigint[]) AS entry (id)
       LEFT JOIN site.performed_step_of o ON o.scheduled = entry.id
       LEFT JOIN site.performed_step p ON p.id = o.performed
       GROUP BY entry.id) said
     WHERE s.id = said.id AND s.state <> said.state`,
    [scheduled, by],
  );
}

/** What `JSON.stringify` makes of U+0000 and of halves of characters, or, seldom, what only looks like it. */
const unknownToPostgres = /\\u(0000|d[89a-f])/;

/** @throws StepTooLarge */
function jsonText(attributes: DicomJson, mostBytes: number): string {
  const text = JSON.stringify(attributes);
  // It is read and written whole with each change, and by each of who looks at it.
  if (Buffer.byteLength(text) > mostBytes)
    throw new StepTooLarge(`what was said of this step has more than ${mostBytes} bytes`);
  if (!unknownToPostgres.test(text)) return text;
  return storableJson(attributes);
}
