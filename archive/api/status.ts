/**
 * How Lightbox is, for the status page: the parts, the jobs, and what a person should do something about.
 * The viewer has the words; here stand facts, and the names of what is wrong.
 */
import { z } from 'zod';
import { waitingDevices } from '#access/device-registry.ts';
import type { Database } from '#index/database.ts';
import { jobStates, type JobState } from '#index/jobs.ts';
import { databaseBytes, type Programs, type RunningProgram } from '#index/programs.ts';
import { limits } from '#settings/limits.ts';
import { version } from '#settings/version.ts';
import type { Certificates } from '#access/certificates.ts';
import { unreportedCommitments } from '#workflow/unreported-commitments.ts';
import { storageFaults, type Health } from '../health.ts';
import type { Resource } from '../http/resource.ts';
import { deviceFailure } from './failure.ts';

export const alerts = [
  'storageFailed',
  'databaseFull',
  'storageFull',
  'recordLost',
  'storageLow',
  'workerAway',
  'workerSlow',
  'jobsFailed',
  'certificateRefused',
  'certificateExpired',
  'certificateExpires',
  'devicesWait',
  'commitmentsUnreported',
] as const;
type Alert = (typeof alerts)[number];

const part = z.enum(['ok', 'full', 'failed']);
const count = z.int().min(0);
const status = z.object({
  version: z.string(),
  /** Since when the archive that answers has been running. */
  since: z.iso.datetime(),
  timeZone: z.string(),
  /** Ours. */
  aeTitle: z.string(),
  /** `since`: when it was first seen that its disk is full. */
  database: z.object({ state: part, since: z.iso.datetime().nullable(), bytes: count }),
  /**
   * `fault` is why it failed, and `since` when that, or that it is full, was seen first. `freeBytes` is null where the storage
   * cannot tell. `bytesADay` is what came in on a day of the last week, null where nothing did; `daysLeft` how long the free
   * space lasts so.
   */
  storage: z.object({
    state: part,
    fault: z.enum(storageFaults).nullable(),
    since: z.iso.datetime().nullable(),
    kind: z.enum(['file', 's3']),
    freeBytes: count.nullable(),
    bytesADay: count.nullable(),
    daysLeft: z.number().min(0).nullable(),
  }),
  programs: z.array(z.object({ name: z.enum(['archive', 'worker']), address: z.string().nullable() })),
  /** When the archive that answers first saw that no worker runs; null while one does. */
  workerAwaySince: z.iso.datetime().nullable(),
  queue: z.object({
    on: z.enum(['postgresql', 'redis']),
    jobs: z.array(
      z.object({
        name: z.string(),
        waiting: count,
        running: count,
        failed: count,
        oldestSeconds: count.nullable(),
      }),
    ),
  }),
  /** Since when the archive that answers cannot have lines of its access record written; null while it can. */
  recordLostSince: z.iso.datetime().nullable(),
  devicesWaiting: count,
  /** Devices that asked for storage commitment and could not be told, for days. */
  unreportedCommitments: z.array(
    z.object({
      callingAETitle: z.string(),
      /** Where it is; null where nobody noted that. */
      host: z.string().nullable(),
      requests: count,
      since: z.iso.datetime(),
      failure: deviceFailure,
    }),
  ),
  /** Until when the certificate of TLS_CERT is valid; null without TLS. */
  certificateExpires: z.iso.datetime().nullable(),
  alerts: z.array(z.enum(alerts)),
});

export interface StatusParts {
  readonly database: Database;
  readonly health: () => Promise<Health>;
  /** Bytes that come in on a day (index/growth.ts). */
  readonly growth: () => Promise<number | null>;
  readonly programs: () => Promise<Programs>;
  readonly certificates: Pick<Certificates, 'expires' | 'isRefused'>;
  readonly settings: {
    readonly storageUrl: string;
    readonly redisUrl: string | undefined;
    readonly siteTimeZone: string;
    readonly dimse: { readonly aeTitle: string };
  };
}

export function statusResource(parts: StatusParts): Resource {
  const { settings, certificates } = parts;
  const since = new Date();
  return {
    method: 'get',
    path: '/status',
    right: 'manage',
    description: { summary: 'How Lightbox is, and what needs a person', answer: status },
    async handle(_request, response) {
      const { health, storage, jobs, programs, workerAwaySince, databaseBytes, devicesWaiting, unreported, alerts } =
        await lookAtAll(parts);
      response.set('Cache-Control', 'no-store').json({
        version,
        since,
        timeZone: settings.siteTimeZone,
        aeTitle: settings.dimse.aeTitle,
        database: { state: health.database, since: health.databaseSince, bytes: databaseBytes },
        storage: { ...storage, kind: settings.storageUrl.startsWith('s3:') ? 's3' : 'file' },
        programs,
        workerAwaySince,
        queue: { on: settings.redisUrl === undefined ? 'postgresql' : 'redis', jobs },
        recordLostSince: health.recordLostSince,
        devicesWaiting,
        unreportedCommitments: unreported,
        certificateExpires: certificates.expires ?? null,
        alerts,
      });
    },
  };
}

/** What the status page and /metrics tell alike. @throws when PostgreSQL is away */
export async function lookAtAll({
  database,
  health: look,
  growth,
  programs: lookAtPrograms,
  certificates,
}: Omit<StatusParts, 'settings'>) {
  const [health, bytesADay, jobs, { running: programs, workerAwaySince }, bytes, devicesWaiting, unreported] =
    await Promise.all([
      look(),
      growth(),
      jobStates(database),
      lookAtPrograms(),
      databaseBytes(database),
      waitingDevices(database.pool),
      unreportedCommitments(database, limits.commitment.shownDays),
    ]);
  const { storage: state, storageFault: fault, storageSince: since, freeBytes } = health;
  const daysLeft = freeBytes !== null && bytesADay ? freeBytes / bytesADay : null;
  const storage = { state, fault, since, freeBytes, bytesADay, daysLeft };
  const facts = {
    database: health.database,
    recordLostSince: health.recordLostSince,
    storage,
    jobs,
    programs,
    devicesWaiting,
    unreported: unreported.length,
    certificates,
  };
  return {
    health,
    storage,
    jobs,
    programs,
    workerAwaySince,
    databaseBytes: bytes,
    devicesWaiting,
    unreported,
    alerts: alertsOf(facts),
  };
}

/** What needs a person, for the many who have a page open: they share one look. Rejects when PostgreSQL is away. */
export function watchAlerts(parts: Omit<StatusParts, 'settings'>): () => Promise<readonly Alert[]> {
  let last: { readonly alerts: Promise<readonly Alert[]>; readonly at: number } | undefined;
  return () => {
    const now = performance.now();
    if (!last || now - last.at > limits.status.alertsRememberedMs)
      last = { alerts: lookAtAll(parts).then(({ alerts }) => alerts), at: now };
    return last.alerts;
  };
}

interface Facts extends Pick<Health, 'database' | 'recordLostSince'> {
  readonly storage: Pick<z.infer<typeof status>['storage'], 'state' | 'freeBytes' | 'daysLeft'>;
  readonly jobs: readonly JobState[];
  readonly programs: readonly Pick<RunningProgram, 'name'>[];
  readonly devicesWaiting: number;
  /** Devices. */
  readonly unreported: number;
  readonly certificates: Pick<Certificates, 'expires' | 'isRefused'>;
}

/** What needs a person, the most urgent first. */
export function alertsOf({
  database,
  recordLostSince,
  storage,
  jobs,
  programs,
  devicesWaiting,
  unreported,
  certificates,
}: Facts): Alert[] {
  const { lowSpaceBytes, lowSpaceDays, owedSeconds, certificateDays } = limits.status;
  const certifiedDays = ((certificates.expires?.getTime() ?? Infinity) - Date.now()) / 86_400_000;
  const { freeBytes, daysLeft } = storage;
  // Of a disk that lasts for long at its pace nobody wants to hear, however small it is.
  const isLow = daysLeft === null ? freeBytes !== null && freeBytes < lowSpaceBytes : daysLeft < lowSpaceDays;
  const isWorking = programs.some(({ name }) => name === 'worker');
  const found: Record<Alert, boolean> = {
    storageFailed: storage.state === 'failed',
    databaseFull: database === 'full',
    storageFull: storage.state === 'full',
    recordLost: recordLostSince !== null,
    storageLow: storage.state === 'ok' && isLow,
    workerAway: !isWorking,
    workerSlow: isWorking && jobs.some(({ oldestSeconds }) => (oldestSeconds ?? 0) > owedSeconds),
    jobsFailed: jobs.some(({ failed }) => failed > 0),
    certificateRefused: certificates.isRefused,
    certificateExpired: certifiedDays <= 0,
    certificateExpires: certifiedDays > 0 && certifiedDays < certificateDays,
    devicesWait: devicesWaiting > 0,
    commitmentsUnreported: unreported > 0,
  };
  return alerts.filter((alert) => found[alert]);
}
