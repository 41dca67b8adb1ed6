/**
 * The access record: who did what to whose data. Every ingest, search and retrieve, every login and every refused
 * caller is written by this one function.
 */
import type { Caller, Right } from './caller.ts';

export interface Access {
  readonly caller: Pick<Caller, 'kind' | 'name' | 'address' | 'account' | 'door'>;
  readonly action: 'store' | 'search' | 'retrieve' | 'login' | 'logout' | 'refused' | 'manage' | 'reject' | 'restore';
  /** `C-STORE`, `QIDO-RS`, … */
  readonly door?: string;
  readonly outcome?: 'done' | 'failed';
  /** Of what was refused: the right that was not there; or nothing, where nobody known asked. */
  readonly missing?: Right;
  /** The same: a page of this other origin, for which a browser sent it; `null` where it does not say. */
  readonly origin?: string;
  /** What was managed, and how: `device 12 approved`. */
  readonly managed?: string;
  /** Code of a rejection (IHE RAD TF-3 4.66), coding scheme DCM. */
  readonly reason?: string;
  readonly StudyInstanceUID?: string;
  readonly SeriesInstanceUID?: string;
  readonly SOPInstanceUID?: string;
  /** AE title of the device that got the instances, where that is not the caller (C-MOVE). */
  readonly destination?: string;
  /** Names of the attributes that were searched by, never what they were searched for. */
  readonly matched?: readonly string[];
  /** How many instances were given out, or how many matches. */
  readonly count?: number;
}

/** Where the record goes: a log. */
export interface RecordLog {
  info(fields: object, message: string): void;
}

/** Writes one line of the record. Never a patient's name: there is no field that could hold one. */
export function recordAccess(log: RecordLog, { caller, ...access }: Access): void {
  const { kind, name, address, account, door } = caller;
  const by = { ...(account !== undefined && { account }), ...(door !== undefined && { door }) };
  log.info({ caller: `${kind} ${name}`, address, ...by, ...access }, 'access');
}
