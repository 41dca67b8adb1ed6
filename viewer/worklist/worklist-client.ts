// The calls of the worklist page. Loaded with it, not with the shell.
import { json } from '../archive-client.ts';
import { parseWritten } from '../as-written.ts';

export type StepState = 'scheduled' | 'arrived' | 'ready' | 'started' | 'completed' | 'discontinued' | 'cancelled';

/** By keyword; dates YYYYMMDD, times HHMM or HHMMSS. What the page does not show is kept as it is. */
export interface StepAttributes {
  PatientName: string;
  PatientID: string;
  PatientBirthDate?: string;
  PatientSex?: string;
  CurrentPatientLocation?: string;
  AccessionNumber?: string;
  ReferringPhysicianName?: string;
  RequestedProcedureDescription?: string;
  ReasonForTheRequestedProcedure?: string;
  ScheduledProcedureStepDescription?: string;
  StudyInstanceUID?: string;
  Modality: string;
  ScheduledStationAETitle?: string[];
  ScheduledProcedureStepStartDate: string;
  ScheduledProcedureStepStartTime?: string;
}

export interface Step {
  id: number;
  state: StepState;
  attributes: StepAttributes;
  changedAt: string;
}

export interface PerformedSeries {
  ProtocolName: string;
  SeriesDescription: string;
  OperatorsName: string[];
  instances: number;
  instancesHere: number;
}

/** What a modality says that it performed for an entry. */
export interface Performed {
  SOPInstanceUID: string;
  state: 'in progress' | 'completed' | 'discontinued';
  callingAETitle: string;
  /** Images that it says it made, and how many of them are here. */
  instances: number;
  instancesHere: number;
  series: PerformedSeries[];
  /** Keywords of what it should have said, and did not. */
  missing: string[];
}

export interface StepSearch {
  states: readonly StepState[];
  /** Days by the calendar of the hospital, which the archive knows. */
  period?: 'today' | 'tomorrow' | 'week';
  modality?: string;
  text?: string;
}

export interface StepPage {
  steps: Step[];
  isCut: boolean;
  /** YYYYMMDD at the hospital. */
  today: string;
}

export const searchSteps = (search: StepSearch, signal?: AbortSignal) =>
  json<StepPage>('/api/worklist/search', { body: search, signal, parse: parseWritten });

export const performedFor = async (id: number, signal?: AbortSignal) =>
  (await json<{ performed: Performed[] }>(`/api/worklist/${id}`, { signal })).performed;

export const scheduleStep = (attributes: StepAttributes) => json<Step>('/api/worklist', { body: attributes });

/** Refused where somebody else has changed it since it was read. */
export const changeStep = ({ id, changedAt }: Step, attributes: StepAttributes, state: StepState) =>
  json<Step>(`/api/worklist/${id}`, { method: 'PUT', body: { attributes, state, changedAt } });

export const cancelStep = (id: number) => json<Step>(`/api/worklist/${id}/cancel`, { method: 'POST' });
