/**
 * Instance Availability Notification as SCU (PS3.4 Annex R): tells devices that ask for it, by N-CREATE, which instances of a
 * study can be retrieved here, when it is complete and when something of it is rejected or restored. What is owed is a row
 * that lives until the device has taken it; why it has not stands with the device, for people to see.
 */
import { openDeviceFigures, type DeviceFigures } from '#access/device-figures.ts';
import { abortWith, leave } from '#access/leave-association.ts';
import { type OutgoingLimits, outgoingLimits } from '#access/outgoing-limits.ts';
import { securityOf, type OwnCertificates } from '#access/peer-tls.ts';
import { uid } from '#dicom/data/uid.ts';
import { connectExchange, create, NoPresentationContext } from '#dicom/dimse/requests.ts';
import { isWarning, printedStatus, status } from '#dicom/dimse/status.ts';
import { serializeDataset } from '#dicom/file/serialize.ts';
import { associationTrouble } from '#dicom/network/association-trouble.ts';
import { AssociationLost } from '#dicom/network/association-user.ts';
import { plainSyntaxes } from '#dicom/syntax/all.ts';
import { explicitLittleEndian } from '#dicom/syntax/native.ts';
import {
  availableInstances,
  giveBackNotification,
  oweAvailability,
  postponeNotification,
  settleNotification,
  takeDueNotifications,
  type AvailabilityNotification,
} from '#index/availability.ts';
import { listenToCompleted, takeCompleted } from '#index/completeness.ts';
import type { Database } from '#index/database.ts';
import { DeviceFailed, type DeviceFailure } from '#index/device-failure.ts';
import { limits } from '#settings/limits.ts';
import type { Log } from '#settings/log.ts';
import { performedStepsOfStudy } from '#workflow/performed-steps.ts';
import { availabilityDataset, type RetrievedFrom } from './availability-dataset.ts';
import { lookEvery } from '#index/look-every.ts';

const instanceAvailabilityNotification = uid('1.2.840.10008.5.1.4.33');

const operation = 'N-CREATE';
const listener = 'instance-availability';
const atOnce = 100;
const { connectMs, responseMs } = limits.availability;

export interface AvailabilityParts {
  readonly database: Database;
  readonly from: RetrievedFrom;
  /** What we show to devices over TLS, and whom we believe. */
  readonly certificates: OwnCertificates;
  readonly outgoing: OutgoingLimits;
  readonly log: Log;
  /** How often it is written down what failed. */
  readonly figuresWrittenMs?: number;
}

interface Parts extends Omit<AvailabilityParts, 'figuresWrittenMs'> {
  readonly figures: DeviceFigures;
}

export async function notifyOfAvailability({
  figuresWrittenMs = limits.access.figuresWrittenMs,
  ...given
}: AvailabilityParts): Promise<AsyncDisposable> {
  const { database, log } = given;
  await listenToCompleted(database, listener);
  // A device that answers slowly keeps no other one waiting.
  const busy = new Map<number, Promise<void>>();
  const stopping = new AbortController();
  const open = new AsyncDisposableStack();
  const figures = open.use(
    openDeviceFigures({
      database: database.pool,
      everyMs: figuresWrittenMs,
      onError: (err) => log.warn({ err }, 'the figures of the devices wait'),
    }),
  );
  const parts = { ...given, figures };
  open.defer(async () => {
    stopping.abort();
    await Promise.all(busy.values());
  });
  const look = async (): Promise<boolean> => {
    const taken = await takeCompleted(database, listener, atOnce, (studies, connection) =>
      oweAvailability(
        connection,
        studies.map(({ StudyInstanceUID }) => StudyInstanceUID),
      ),
    );
    const due = await takeDueNotifications(database, atOnce, [...busy.keys()]);
    for (const [device, notifications] of Map.groupBy(due, (one) => one.device))
      busy.set(
        device,
        tell(notifications, parts, stopping.signal)
          .catch((err: unknown) => log.warn({ device, err }, 'instance availability waits'))
          .finally(() => busy.delete(device)),
      );
    return taken === atOnce;
  };
  open.use(lookEvery({ what: 'instance availability', log }, look));
  return open;
}

/** All of one device, on one association. Never fails but with the database. */
async function tell(
  notifications: readonly AvailabilityNotification[],
  parts: Parts,
  signal: AbortSignal,
): Promise<void> {
  const { database, figures, log } = parts;
  const [first] = notifications;
  if (!first) return;
  const waiting = new Set(notifications);
  try {
    await using exchange = await associate(first, parts, signal);
    using _stop = abortWith(signal, exchange, 'the worker stops');
    signal.throwIfAborted();
    for (const notification of notifications) {
      const failure = await tellOne(notification, exchange, parts);
      if (failure === undefined) await settleNotification(database, notification);
      else {
        figures.failed(first.device, failure);
        await postpone(notification, failure, parts);
      }
      waiting.delete(notification);
    }
  } catch (error) {
    // That we stop is no failure of the device, and the next worker does not wait for it.
    if (signal.aborted) {
      for (const notification of waiting) await giveBackNotification(database, notification);
      return;
    }
    const failure = failureOf(error, first);
    log.info({ device: first.aeTitle, cause: failure }, 'a device was not told of instances');
    figures.failed(first.device, failure);
    for (const notification of waiting) await postpone(notification, failure, parts);
  }
}

/** Of what keeps all notifications of one association. */
function failureOf(error: unknown, { host }: AvailabilityNotification): DeviceFailure {
  if (error instanceof DeviceFailed) return { ...error.failure, operation };
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof NoPresentationContext)
    return { code: 'takesNoNotifications', reason: 'it takes no Instance Availability Notification', operation };
  const lost = error instanceof AssociationLost ? 'associationBroken' : 'processingFailure';
  return { code: associationTrouble(error, host) ?? lost, reason, operation };
}

async function postpone(
  notification: AvailabilityNotification,
  cause: DeviceFailure,
  { database, figures, log }: Parts,
): Promise<void> {
  if (await postponeNotification(database, notification, cause.reason)) return;
  const { device, aeTitle, StudyInstanceUID } = notification;
  log.warn({ device: aeTitle, StudyInstanceUID, cause }, 'a device was never told of instances, and is not any more');
  figures.failed(device, { ...cause, code: 'notificationsGivenUp' });
}

type Told = Awaited<ReturnType<typeof connectExchange>>;

/** @throws AssociationRejected, AssociationLost, DeviceFailed where nobody has said where the device listens */
async function associate(
  device: AvailabilityNotification,
  { from, certificates, outgoing }: Parts,
  signal: AbortSignal,
): Promise<Told & AsyncDisposable> {
  const { aeTitle: calledAETitle, host, port } = device;
  if (port === null || host.includes('/'))
    throw new DeviceFailed({ code: 'noDestination', reason: 'the device registry has no address and port for it' });
  const tls = securityOf(device, certificates);
  const exchange = await connectExchange({
    host,
    port,
    ...(tls && { tls }),
    callingAETitle: from.aeTitle,
    calledAETitle,
    contexts: [{ abstractSyntax: instanceAvailabilityNotification, transferSyntaxes: plainSyntaxes }],
    limits: outgoingLimits(outgoing, { artimMs: connectMs, responseMs }),
    signal,
  });
  return Object.assign(exchange, { [Symbol.asyncDispose]: () => leave(exchange) });
}

/** @returns why the device did not take it; undefined when it did, or when there is nothing to tell @throws AssociationLost, NoPresentationContext */
async function tellOne(
  { StudyInstanceUID, SOPInstanceUID, aeTitle }: AvailabilityNotification,
  exchange: Told,
  { database, from, log }: Parts,
): Promise<DeviceFailure | undefined> {
  const instances = await availableInstances(database, StudyInstanceUID);
  if (instances.length === 0) return undefined;
  const performedSteps = await performedStepsOfStudy(database, StudyInstanceUID);
  const dataset = availabilityDataset({ StudyInstanceUID, instances, performedSteps }, from);
  const answer = await create(exchange, {
    sopClassUID: instanceAvailabilityNotification,
    sopInstanceUID: SOPInstanceUID,
    datasetIn: (syntax) =>
      serializeDataset(dataset, { explicitVR: syntax === explicitLittleEndian.uid, bigEndian: false }),
  });
  const { status: said = status.processingFailure, errorComment } = answer;
  // A duplicate (PS3.7 C.5.7): the device has it from a try whose answer was lost.
  if (said !== status.success && said !== status.duplicateSOPInstance && !isWarning(said)) {
    const number = printedStatus(said);
    const reason = `status ${number}${errorComment ? `: ${errorComment}` : ''}`;
    const comment = errorComment ? { comment: errorComment } : {};
    return { code: 'answeredFailure', reason, status: number, ...comment, operation };
  }
  log.info({ device: aeTitle, StudyInstanceUID, instances: instances.length }, 'a device was told of instances');
  return undefined;
}
