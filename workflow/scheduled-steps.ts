/**
 * The worklist: scheduled procedure steps, made and changed by people and programs, read by modalities (PS3.4 Annex K),
 * moved on by what is performed (workflow/performed-steps.ts).
 */
import type { PoolClient } from 'pg';
import { foldPersonName, nameWords } from '#dicom/data/person-name.ts';
import { newUid } from '#dicom/data/uid.ts';
import type { Database } from '#index/database.ts';
import { storableJson } from '#index/storable.ts';
import { typedPatterns } from '#index/typed-words.ts';
import { stepText } from './step-attributes.ts';
import type { StepAttributes } from './step-attributes.ts';

export const stepStates = [
  'scheduled',
  'arrived',
  'ready',
  'started',
  'completed',
  'discontinued',
  'cancelled',
] as const;
export type StepState = (typeof stepStates)[number];

/** Those that a modality is told of. */
export const openStates: readonly StepState[] = ['scheduled', 'arrived', 'ready', 'started'];
/** Those in which a person may still change the entry: nothing has been performed. */
const changeableStates: readonly StepState[] = ['scheduled', 'arrived', 'ready'];

export interface ScheduledStep {
  readonly id: number;
  readonly state: StepState;
  readonly attributes: StepAttributes;
  readonly createdAt: Date;
  readonly changedAt: Date;
  readonly changedBy: string;
}

/** The entry is in a state in which it cannot be changed so. */
export class StepIsFixed extends Error {
  override name = 'StepIsFixed';
  readonly state: StepState;

  constructor(state: StepState) {
    super(`the entry is ${state}`);
    this.state = state;
  }
}

/** Somebody has changed the entry since it was read. */
export class StepHasChanged extends Error {
  override name = 'StepHasChanged';
}

const columns = `id, state, attributes, created_at AS "createdAt", changed_at AS "changedAt", changed_by AS "changedBy"`;

/** What a modality needs and nobody has to write: UIDs and IDs. @param number of the entry */
function completed(attributes: StepAttributes, number: number): StepAttributes {
  const orElse = (keyword: keyof StepAttributes, other: () => string) => stepText(attributes, keyword) || other();
  return {
    ...attributes,
    StudyInstanceUID: orElse('StudyInstanceUID', newUid),
    ScheduledProcedureStepID: orElse('ScheduledProcedureStepID', () => `S${number}`),
    RequestedProcedureID: orElse('RequestedProcedureID', () => `P${number}`),
  };
}

/** The copies that narrow a query down, in the order of the statements below. */
function copies(attributes: StepAttributes): unknown[] {
  const of = (keyword: keyof StepAttributes) => stepText(attributes, keyword);
  return [
    storableJson(attributes),
    of('StudyInstanceUID'),
    of('ScheduledProcedureStepID'),
    of('AccessionNumber'),
    of('PatientID'),
    nameWords(foldPersonName(of('PatientName'))),
    of('Modality'),
    attributes.ScheduledStationAETitle ?? [],
    of('ScheduledProcedureStepStartDate'),
    of('ScheduledProcedureStepStartTime'),
  ];
}

/** @param by who schedules, as the access record names them */
export async function scheduleStep({ pool }: Database, attributes: StepAttributes, by: string): Promise<ScheduledStep> {
  const { rows: numbers } = await pool.query<{ id: number }>(
    `SELECT nextval(pg_get_serial_sequence('site.scheduled_step', 'id')) AS id`,
  );
  const { id } = numbers[0] as { id: number };
  const { rows } = await pool.query<ScheduledStep>(
    `INSERT INTO site.scheduled_step (attributes, study_instance_uid, scheduled_procedure_step_id, accession_number, patient_id,
       patient_name_words, modality, station_ae_titles, start_date, start_time, changed_by, id)
     OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING ${columns}`,
    [...copies(completed(attributes, id)), by, id],
  );
  return rows[0] as ScheduledStep;
}

/** Entries that changed within the last `seconds`, the latest first, whenever they were scheduled for. */
export async function recentlyScheduled(
  { pool }: Database,
  seconds: number,
  limit: number,
): Promise<{ id: number; changedAt: string }[]> {
  const { rows } = await pool.query<{ id: number; changedAt: string }>({
    name: 'recently-scheduled',
    text: `SELECT id, changed_at::text AS "changedAt" FROM site.scheduled_step
           WHERE changed_at BETWEEN now() - make_interval(secs => $1) AND now() + make_interval(secs => $1) ORDER BY changed_at DESC LIMIT $2`,
    values: [seconds, limit],
  });
  return rows;
}

export async function findStep({ pool }: Database, id: number): Promise<ScheduledStep | undefined> {
  const { rows } = await pool.query<ScheduledStep>(`SELECT ${columns} FROM site.scheduled_step WHERE id = $1`, [id]);
  return rows[0];
}

export interface StepChange {
  readonly attributes: StepAttributes;
  readonly state: StepState;
  /** As it was read, to the millisecond; when it was changed after that, nothing is. */
  readonly changedAt?: string | undefined;
}

/**
 * @returns undefined when there is none
 * @throws StepIsFixed when something has been performed or it was cancelled; StepHasChanged
 */
export async function changeStep(
  database: Database,
  id: number,
  { attributes, state, changedAt }: StepChange,
  by: string,
): Promise<ScheduledStep | undefined> {
  const { rows } = await database.pool.query<ScheduledStep>(
    `UPDATE site.scheduled_step SET attributes = $1, study_instance_uid = $2, scheduled_procedure_step_id = $3,
       accession_number = $4, patient_id = $5, patient_name_words = $6, modality = $7, station_ae_titles = $8, start_date = $9,
       start_time = $10, changed_by = $11, state = $13, changed_at = now()
     WHERE id = $12 AND state = ANY ($14) AND date_trunc('milliseconds', changed_at) = coalesce($15, date_trunc('milliseconds', changed_at))
     RETURNING ${columns}`,
    [...copies(completed(attributes, id)), by, id, state, changeableStates, changedAt],
  );
  return rows[0] ?? whyNot(database, id);
}

/**
 * Also of one that was started: a modality that never says how it ended would leave it in the worklist for ever. What it
 * says after all still counts.
 * @returns undefined when there is none @throws StepIsFixed
 */
export async function cancelStep(database: Database, id: number, by: string): Promise<ScheduledStep | undefined> {
  const { rows } = await database.pool.query<ScheduledStep>(
    `UPDATE site.scheduled_step SET state = 'cancelled', changed_by = $2, changed_at = now()
     WHERE id = $1 AND state = ANY ($3) RETURNING ${columns}`,
    [id, by, openStates],
  );
  return rows[0] ?? whyNot(database, id);
}

async function whyNot(database: Database, id: number): Promise<undefined> {
  const found = await findStep(database, id);
  if (!found) return undefined;
  if (changeableStates.includes(found.state)) throw new StepHasChanged('somebody else has changed the entry');
  throw new StepIsFixed(found.state);
}

/** What narrows the worklist down before entries are looked at one by one. */
export interface StepFilter {
  readonly states: readonly StepState[];
  /** YYYYMMDD, both included. */
  readonly from?: string;
  readonly to?: string;
  readonly modality?: string;
  readonly stationAETitle?: string;
  readonly patientID?: string;
  readonly accessionNumber?: string;
  /** Words of a name, a Patient ID or an accession number, as a person types them. */
  readonly text?: string;
}

/** Entries in the order of their time, in batches; no transaction is held between them. */
export async function* stepsInOrder(
  { pool }: Database,
  filter: StepFilter,
  batch: number,
): AsyncGenerator<ScheduledStep[], void, void> {
  const values: unknown[] = [filter.states];
  const conditions = ['state = ANY ($1)'];
  const where = (condition: (parameter: string) => string, value: unknown): void => {
    if (value === undefined) return;
    values.push(value);
    conditions.push(condition(`$${values.length}`));
  };
  where((at) => `start_date >= ${at}`, filter.from);
  where((at) => `start_date <= ${at}`, filter.to);
  where((at) => `modality = ${at}`, filter.modality);
  // Scheduled for nobody in particular, it is for every station.
  where((at) => `(station_ae_titles = '{}' OR ${at} = ANY (station_ae_titles))`, filter.stationAETitle);
  where((at) => `patient_id = ${at}`, filter.patientID);
  where((at) => `accession_number = ${at}`, filter.accessionNumber);
  for (const pattern of typedPatterns(filter.text)) {
    where(
      (at) => `(patient_name_words LIKE ${at} OR lower(patient_id) LIKE ${at} OR lower(accession_number) LIKE ${at})`,
      pattern,
    );
  }
  const last = values.length;
  const text = `SELECT ${columns}, start_date, start_time FROM site.scheduled_step
    WHERE ${conditions.join(' AND ')} AND (start_date, start_time, id) > ($${last + 1}, $${last + 2}, $${last + 3})
    ORDER BY start_date, start_time, id LIMIT $${last + 4}`;
  let behind: readonly [date: string, time: string, id: number] = ['', '', 0];
  for (;;) {
    const { rows } = await pool.query<ScheduledStep & { start_date: string; start_time: string }>(text, [
      ...values,
      ...behind,
      batch,
    ]);
    if (rows.length > 0) yield rows.map(({ start_date: _date, start_time: _time, ...step }) => step);
    const end = rows.at(-1);
    if (rows.length < batch || !end) return;
    behind = [end.start_date, end.start_time, end.id];
  }
}

/** A scheduled step as a performed one names it (Scheduled Step Attributes Sequence); without an ID, every one of the study. */
export interface NamedStep {
  readonly StudyInstanceUID: string;
  readonly ScheduledProcedureStepID: string;
}

/** Entries that a performed step names, locked: of these studies, and, where it says so, with this Scheduled Procedure Step ID. */
export async function stepsPerformed(client: PoolClient, named: readonly NamedStep[]): Promise<number[]> {
  const { rows } = await client.query<{ id: number }>(
    `SELECT s.id FROM site.scheduled_step s
     WHERE s.state <> 'cancelled' AND EXISTS (
       SELECT FROM unnest($1::text[], $2::text[]) AS named (study, step)
       WHERE s.study_instance_uid = named.study AND named.step IN ('', s.scheduled_procedure_step_id))
       AND s.study_instance_uid = ANY ($1::text[])
     ORDER BY s.id FOR UPDATE`,
    [named.map((each) => each.StudyInstanceUID), named.map((each) => each.ScheduledProcedureStepID)],
  );
  return rows.map(({ id }) => id);
}
