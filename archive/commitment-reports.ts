/**
 * Reports of storage commitment (PS3.4 J.3.3): reads the objects, then tells the device by N-EVENT-REPORT, on the
 * association that it asked on while that is open, else on one of our own, in which we keep the role of SCP. What is not
 * told yet is a row (workflow/commitments.ts): any archive takes it up, whatever ended before.
 */
import { checkReferences } from '#archive/check-commitment.ts';
import { abortWith, leave } from '#access/leave-association.ts';
import { outgoingLimits } from '#access/outgoing-limits.ts';
import type { ReachableDevice } from '#access/peer-tls.ts';
import { reportDataset } from '#archive/scp/commitment-report.ts';
import { storageCommitmentInstance, storageCommitmentSOPClass } from '#dicom/data/sop-class.ts';
import { commandFields } from '#dicom/dimse/command.ts';
import { connectExchange } from '#dicom/dimse/requests.ts';
import type { Peer } from '#dicom/dimse/service.ts';
import { isFailure, printedStatus, status } from '#dicom/dimse/status.ts';
import { associationTrouble } from '#dicom/network/association-trouble.ts';
import { AssociationLost } from '#dicom/network/association-user.ts';
import { plainSyntaxes } from '#dicom/syntax/all.ts';
import type { Database } from '#index/database.ts';
import { studyComplete } from '#index/completeness.ts';
import { DeviceFailed, type DeviceFailure } from '#index/device-failure.ts';
import { lookEvery } from '#index/look-every.ts';
import { limits } from '#settings/limits.ts';
import type { Log } from '#settings/log.ts';
import { Places } from '#settings/places.ts';
import type { Storage } from '#storage/storage.ts';
import {
  commitmentChecked,
  commitmentPostponed,
  commitmentReported,
  forgetCommitments,
  keepCommitment,
  studiesWithin,
  takeCommitment,
} from '#workflow/commitments.ts';
import type { Asker, Commitment } from '#workflow/commitments.ts';

const { leaseSeconds, lookMs, devicesAtOnce, connectMs, retrySeconds, longestRetrySeconds } = limits.commitment;
const { givenUpSeconds, keptDays, forgetEveryMs, referencesAtOnce, requestsAtOnce } = limits.commitment;

export interface CommitmentReportsParts {
  readonly database: Database;
  readonly storage: Storage;
  readonly store: number;
  readonly aeTitle: string;
  /** Where the device listens that asked. */
  readonly callback: (asked: Asker) => Promise<ReachableDevice | undefined>;
  readonly log: Log;
}

export interface CommitmentReports extends AsyncDisposable {
  /** Works on a request that was just accepted, or leaves it for later where too much is worked on. @param peer who asked */
  begin(commitment: Commitment, peer: Peer): void;
}

export function openCommitmentReports(parts: CommitmentReportsParts): CommitmentReports {
  const { database, log } = parts;
  const stopping = new AbortController();
  const { signal } = stopping;
  const running = new Set<Promise<void>>();
  /** Of all that is running. */
  let references = 0;
  // One object at a time is read for all of them: a hundred modalities that ask at once must not fill the disk's queue, and
  // one that asks for a whole archive must not keep the others waiting.
  const reading = new Places(1);
  /** What was taken up, by the device that asked: one that does not answer keeps no other one waiting. */
  const takenUp = new Map<Asker, Promise<void>>();

  let forgotAt = -Infinity;
  const looking = lookEvery({ what: 'requests for storage commitment', everyMs: lookMs, log }, async () => {
    if (performance.now() - forgotAt > forgetEveryMs) {
      forgotAt = performance.now();
      await forgetCommitments(database, keptDays);
    }
    const isRoom = takenUp.size < devicesAtOnce && !signal.aborted;
    const due = isRoom ? await takeCommitment(database, leaseSeconds, [...takenUp.keys()]) : undefined;
    if (!due) return false;
    const work = perform(due, undefined).finally(() => {
      takenUp.delete(due);
      looking.wake(); // its place is free
    });
    takenUp.set(due, work);
    return true;
  });

  return {
    begin(commitment, peer) {
      // It is kept: whoever asks faster than objects can be read is answered from there, one request after the other.
      if (running.size >= requestsAtOnce || references >= referencesAtOnce) return;
      const { length } = commitment.requested;
      const work = perform(commitment, peer);
      references += length;
      running.add(work);
      void work.finally(() => {
        references -= length;
        running.delete(work);
      });
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await looking[Symbol.asyncDispose]();
      await Promise.all([...takenUp.values(), ...running]);
    },
  };

  /** Never throws: what is not done is due again later. */
  async function perform(commitment: Commitment, peer: Peer | undefined): Promise<void> {
    const { id, callingAETitle, transactionUID } = commitment;
    const keeping = setInterval(
      () => void keepCommitment(database, id, leaseSeconds).catch(() => {}),
      (leaseSeconds * 1000) / 3,
    );
    try {
      const failed = commitment.failed ?? (await checked(commitment));
      await report({ ...commitment, failed }, peer);
      await commitmentReported(database, id);
      if (failed.length === 0) await completeStudies(commitment);
      const fields = { callingAETitle, transactionUID, instances: commitment.requested.length, failed: failed.length };
      log.info(fields, 'storage commitment reported');
    } catch (error) {
      if (!signal.aborted) await postpone(commitment, error).catch(() => {}); // its time runs out by itself
    } finally {
      clearInterval(keeping);
    }
  }

  /** A device that has all of a study committed to has sent all of it. Where that cannot be said now, the quiet time says it. */
  async function completeStudies({ requested }: Commitment): Promise<void> {
    const instances = requested.map(({ sopInstanceUID }) => sopInstanceUID);
    try {
      for (const study of await studiesWithin(database, instances))
        await studyComplete(database, study, 'storage-commitment', { instances });
    } catch (error) {
      log.warn({ err: error }, 'studies that were committed to are not called complete yet');
    }
  }

  async function checked({ id, requested }: Commitment) {
    const failed = await checkReferences(requested, { ...parts, reading }, signal);
    await commitmentChecked(database, id, failed);
    return failed;
  }

  async function report(commitment: Commitment, peer: Peer | undefined): Promise<void> {
    if (peer && !peer.isOver) {
      try {
        return await invoke(peer, commitment);
      } catch (error) {
        const { callingAETitle } = commitment;
        log.info({ callingAETitle, err: error }, 'storage commitment: not taken on the association it was asked on');
      }
    }
    const device = await parts.callback(commitment);
    if (!device)
      throw new DeviceFailed({
        code: 'noDestination',
        reason: 'the device registry does not say where this device listens',
      });
    const exchange = await connectExchange({
      ...(device.tls && { tls: device.tls }),
      host: device.host,
      port: device.port,
      callingAETitle: parts.aeTitle,
      calledAETitle: device.aeTitle,
      contexts: [{ abstractSyntax: storageCommitmentSOPClass, transferSyntaxes: plainSyntaxes }],
      limits: outgoingLimits(device.outgoing, { artimMs: connectMs }),
      userInformation: { roles: [{ sopClass: storageCommitmentSOPClass, scu: false, scp: true }] },
      signal,
    }).catch((error: unknown) => {
      const code = associationTrouble(error, device.host);
      throw code ? new DeviceFailed({ code, reason: (error as Error).message }, { cause: error }) : error;
    });
    using _stop = abortWith(signal, exchange, 'we are closing');
    try {
      await invoke(exchange, commitment);
    } finally {
      await leave(exchange);
    }
  }

  async function invoke(peer: Peer, commitment: Commitment): Promise<void> {
    const context = [...peer.contexts.values()].find((each) => each.abstractSyntax === storageCommitmentSOPClass);
    if (!context)
      throw new DeviceFailed({ code: 'takesNoReports', reason: 'the device takes no reports of storage commitment' });
    // A report is the SCP's to send, and who refuses us that role gets none (PS3.7 D.3.3.4). Who does not answer what we propose is the
    // SCP by the same section, but devices that know nothing of roles listen for reports all the same.
    if (!context.asSCP && !context.asSCU)
      throw new DeviceFailed({
        code: 'takesNoReports',
        reason: 'the device does not let us be the SCP of storage commitment (role selection)',
      });
    const { eventTypeID, dataset } = await reportDataset(commitment, context.transferSyntax, parts.aeTitle);
    const response = await peer.invoke(
      context.id,
      {
        CommandField: commandFields['N-EVENT-REPORT-RQ'],
        AffectedSOPClassUID: storageCommitmentSOPClass,
        AffectedSOPInstanceUID: storageCommitmentInstance,
        EventTypeID: eventTypeID,
      },
      dataset,
    );
    const answered = response.Status ?? status.processingFailure;
    if (isFailure(answered)) {
      const number = printedStatus(answered);
      throw new DeviceFailed({ code: 'answeredFailure', reason: `the device answered ${number}`, status: number });
    }
  }

  async function postpone({ id, callingAETitle, transactionUID, attempts, ageSeconds }: Commitment, error: unknown) {
    const seconds =
      ageSeconds > givenUpSeconds
        ? undefined
        : Math.min(retrySeconds * 2 ** Math.min(attempts, 20), longestRetrySeconds);
    log.warn({ callingAETitle, transactionUID, attempts, seconds, err: error }, 'storage commitment not reported yet');
    await commitmentPostponed(database, id, { failure: failureOf(error), seconds });
  }
}

function failureOf(error: unknown): DeviceFailure {
  if (error instanceof DeviceFailed) return error.failure;
  const reason = error instanceof Error ? error.message : String(error);
  return { code: error instanceof AssociationLost ? 'associationBroken' : 'processingFailure', reason };
}
