/**
 * Tells a device by N-EVENT-REPORT what we commit to (PS3.4 J.3.3): on the association that it asked on while that is open, else
 * on one of our own, in which we keep the role of SCP.
 */
import { abortWith, leave } from '#access/leave-association.ts';
import { outgoingLimits } from '#access/outgoing-limits.ts';
import type { ReachableDevice } from '#access/peer-tls.ts';
import { storageCommitmentInstance, storageCommitmentSOPClass } from '#dicom/data/sop-class.ts';
import { commandFields } from '#dicom/dimse/command.ts';
import { connectExchange } from '#dicom/dimse/requests.ts';
import type { Peer } from '#dicom/dimse/service.ts';
import { isFailure, printedStatus, status } from '#dicom/dimse/status.ts';
import { associationTrouble } from '#dicom/network/association-trouble.ts';
import { plainSyntaxes } from '#dicom/syntax/all.ts';
import { DeviceFailed } from '#index/device-failure.ts';
import { limits } from '#settings/limits.ts';
import type { Log } from '#settings/log.ts';
import type { Asker, Commitment } from '#workflow/commitments.ts';
import { reportDataset } from './commitment-report.ts';

const { connectMs } = limits.commitment;

export interface TellingParts {
  readonly aeTitle: string;
  /** Where the device listens that asked. */
  readonly callback: (asked: Asker) => Promise<ReachableDevice | undefined>;
  readonly log: Log;
}

/**
 * Resolves when the device has taken the report.
 * @param commitment  whose objects were read
 * @param peer        who asked, where the association may still be open
 * @throws DeviceFailed, AssociationLost, AssociationRejected
 */
export async function tellCommitment(
  commitment: Commitment,
  peer: Peer | undefined,
  { aeTitle, callback, log }: TellingParts,
  signal: AbortSignal,
): Promise<void> {
  if (peer && !peer.isOver) {
    try {
      return await report(commitment, peer, aeTitle);
    } catch (error) {
      const { callingAETitle } = commitment;
      log.info({ callingAETitle, err: error }, 'storage commitment: not taken on the association it was asked on');
    }
  }
  const device = await callback(commitment);
  if (!device)
    throw new DeviceFailed({
      code: 'noDestination',
      reason: 'the device registry does not say where this device listens',
    });
  const exchange = await connectExchange({
    ...(device.tls && { tls: device.tls }),
    host: device.host,
    port: device.port,
    callingAETitle: aeTitle,
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
    await report(commitment, exchange, aeTitle);
  } finally {
    await leave(exchange);
  }
}

async function report(commitment: Commitment, peer: Peer, aeTitle: string): Promise<void> {
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
  const { eventTypeID, dataset } = await reportDataset(commitment, context.transferSyntax, aeTitle);
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
