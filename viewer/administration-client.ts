// The calls of the administrators' pages: devices, jobs, status. Loaded with them, not with the shell.
import { json } from './archive-client.ts';
import { parseWritten } from './as-written.ts';
import type { AssociationTrouble } from './association-words.ts';
import type { DeviceFailure } from './device-failure.tsx';

export interface DeviceEntry {
  aeTitle: string;
  host: string;
  port: number | null;
  state: 'approved' | 'waiting' | 'refused';
  defaultIssuer: string;
  onOtherBytes: 'keep-first' | 'replace';
  /** Its port speaks TLS. */
  tls: boolean;
  /** Common name, and SHA-256 in hexadecimal, of the certificate that it has to show. */
  tlsSubject: string | null;
  tlsFingerprint: string | null;
  userIdentity: 'none' | 'optional' | 'required';
  services: DeviceService[];
  /** Specific Character Set of data sets that do not name one. */
  characterSet: string;
  room: string;
  description: string;
  /** Is told which instances can be retrieved (PS3.4 Annex R). */
  wantsAvailability: boolean;
}

export const deviceServices = ['store', 'query-retrieve', 'worklist', 'mpps', 'commitment'] as const;
export type DeviceService = (typeof deviceServices)[number];

export type Service = 'verification' | 'storage' | 'query' | 'retrieve' | 'worklist' | 'mpps' | 'commitment' | 'other';

export interface Device extends DeviceEntry {
  id: number;
  version: string;
  /** What it proposed when it was refused last; of the storage SOP classes some by name. */
  asked: { services: Service[]; storageClasses: number; storage: string[] };
  storedInstances: number;
  lastStoredAt: string | null;
  lastSeenAt: string | null;
  associations: number;
  failures: number;
  lastFailure: DeviceFailure | null;
  lastFailedAt: string | null;
}

export interface DeviceList {
  devices: Device[];
  /** What to set on a device so that it reaches the archive. */
  here: { aeTitle: string; port: number; /** Null where there is no TLS. */ tlsPort: number | null };
  /** Entries that waited for approval and gave way to later callers; null when none has lately. */
  givenWay: { entries: number; since: string } | null;
  /** Callers that are kept waiting. */
  waitingAtMost: { inAll: number; ofAddress: number };
}

export type EchoOutcome = AssociationTrouble | 'answered' | 'noAddress' | 'noVerification' | 'failed';

export interface Echoed {
  outcome: EchoOutcome;
  durationMs: number;
}

export type PartState = 'ok' | 'full' | 'failed';
/** Why nothing can be stored. */
export type StorageFault = 'missing' | 'readOnly' | 'notAllowed' | 'broken' | 'tooManyFiles' | 'noAnswer' | 'other';

export interface JobState {
  name: string;
  waiting: number;
  running: number;
  failed: number;
}

export interface Status {
  version: string;
  since: string;
  timeZone: string;
  database: { state: PartState; since: string | null; bytes: number };
  /** `since`: when it was first seen full, or failed with that `fault`; `bytesADay`: of the last week; `daysLeft`: until the free space is used up so. */
  storage: {
    state: PartState;
    fault: StorageFault | null;
    since: string | null;
    kind: 'file' | 's3';
    freeBytes: number | null;
    bytesADay: number | null;
    daysLeft: number | null;
  };
  programs: { name: 'archive' | 'worker'; address: string | null }[];
  /** When it was first seen that none runs. */
  workerAwaySince: string | null;
  /** Absent from an archive of the release before, while those of a site are renewed one by one. */
  recordLostSince?: string | null;
  queue: { on: 'postgresql' | 'redis'; jobs: JobState[] };
  devicesWaiting: number;
  unreportedCommitments: UnreportedCommitments[];
  /** Ours. */
  aeTitle: string;
  /** Null without TLS. */
  certificateExpires: string | null;
  alerts: Alert[];
}

/** A device that was never told that its images are safely stored (PS3.4 Annex J). */
export interface UnreportedCommitments {
  callingAETitle: string;
  /** Tells it from others of its AE title. */
  host: string | null;
  requests: number;
  since: string;
  /** In English, as the log has it. */
  failure: DeviceFailure | null;
}

export type Alert =
  | 'storageFailed'
  | 'databaseFull'
  | 'storageFull'
  | 'recordLost'
  | 'storageLow'
  | 'workerAway'
  | 'workerSlow'
  | 'jobsFailed'
  | 'certificateRefused'
  | 'certificateExpired'
  | 'certificateExpires'
  | 'devicesWait'
  | 'commitmentsUnreported';

export interface JobCause {
  code:
    | 'storageFull'
    | 'storageAway'
    | 'tooManyFiles'
    | 'objectMissing'
    | 'storageFailed'
    | 'databaseAway'
    | 'decodersBusy'
    | 'tookTooLong'
    | 'unexpected';
  /** In English, as the log has it. */
  reason: string;
}

export interface FailedJob {
  name: string;
  key: number;
  StudyInstanceUID: string;
  SeriesInstanceUID: string;
  cause: JobCause;
  failedAt: string;
}

export const readDevices = (signal?: AbortSignal) => json<DeviceList>('/api/devices', { signal, parse: parseWritten });

export const addDevice = (entry: DeviceEntry) => json<Device>('/api/devices', { body: entry });

/** Refused where somebody else has changed it since it was read. */
export const changeDevice = ({ id, version }: Device, entry: DeviceEntry) =>
  json<Device>(`/api/devices/${id}`, { method: 'PUT', body: { ...entry, version } });

export const approveDevice = (id: number) => json<Device>(`/api/devices/${id}/approve`, { method: 'POST' });

export const removeDevice = (id: number) => json<void>(`/api/devices/${id}`, { method: 'DELETE' });

export const testDevice = (id: number) => json<Echoed>(`/api/devices/${id}/test`, { method: 'POST' });

export interface RejectedStudy {
  StudyInstanceUID: string;
  /** Null while the study is not here; so with the rest. */
  PatientName: string | null;
  PatientID: string | null;
  StudyDate: string | null;
  StudyDescription: string | null;
  named: number;
  hidden: number;
  /** Of those that are hidden, by this note. */
  hiddenByThis: number;
  isOtherPatient: boolean;
}

/** A rejection note; `id` is its SOP Instance UID. */
export interface Rejection {
  id: string;
  code: '113001' | '113037' | '113038' | '113039';
  receivedAt: string;
  door: string;
  callingAETitle: string;
  address: string;
  restoredAt: string | null;
  restoredBy: string | null;
  studies: RejectedStudy[];
}

export const readRejections = (before?: number, signal?: AbortSignal) =>
  json<{ rejections: Rejection[]; next?: number }>(
    `/api/rejections${before === undefined ? '' : `?before=${before}`}`,
    {
      signal,
    },
  );

export const restoreRejection = (id: string) => json<Rejection>(`/api/rejections/${id}/restore`, { method: 'POST' });

export const readStatus = (signal?: AbortSignal) => json<Status>('/api/status', { signal });

export const readFailedJobs = async (signal?: AbortSignal) =>
  (await json<{ failed: FailedJob[] }>('/api/jobs/failed', { signal })).failed;

/** All of them, or one. */
export const retryJobs = (which: { name?: string; key?: number } = {}) =>
  json<{ retried: number }>('/api/jobs/retry', { body: which });

export const retryCommitments = () => json<{ retried: number }>('/api/commitments/retry', { method: 'POST' });

export interface Health {
  database: PartState;
  databaseSince: string | null;
}

/** What may be asked without being signed in, and so while the database is away. 503 has the same answer. */
export async function readHealth(signal?: AbortSignal): Promise<Health> {
  const response = await fetch('/health/ready', { signal: signal ?? null });
  return (await response.json()) as Health;
}
