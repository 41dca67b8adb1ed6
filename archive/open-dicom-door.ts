/** Puts the DIMSE door together: who may come in, where what is moved goes, and what is counted. */
import { openAdmission } from './admit.ts';
import type { CommitmentReports } from './commitment-reports.ts';
import { openDimseDoor, type DimseDoor, type DimseDoorOptions } from './dimse-door.ts';
import { whyNotListening } from './listening.ts';
import { expectBalancers } from './balancers.ts';
import type { Shared } from './shared.ts';

interface DicomDoorParts {
  readonly moveDestination: DimseDoorOptions['moveDestination'];
  readonly commitments: CommitmentReports;
}

export async function openDicomDoor(
  shared: Shared,
  { moveDestination, commitments }: DicomDoorParts,
): Promise<DimseDoor> {
  const { settings, log, certificates, metrics, figures, credentials, devices, lockedOut } = shared;
  const { host, port, tlsPort } = settings.dimse;
  try {
    return await openDimseDoor({
      settings,
      async ingest(arrival, caller) {
        const ingested = await shared.ingest(arrival, caller);
        if (caller.device !== undefined) figures.stored(caller.device);
        return ingested;
      },
      parts: shared,
      moveDestination,
      commitments,
      certificates,
      limits: settings.dimse.limits,
      associationsPerDevice: settings.dimse.associationsPerDevice,
      log,
      prepare: expectBalancers(shared),
      admit: openAdmission({ devices, credentials, figures, log }),
      lockedOut,
      figures,
      onAssociation(what) {
        if (what === 'accepted') metrics.associations.inc();
        else if (what === 'ended') metrics.associations.dec();
        else metrics.associationsRefused.inc();
      },
    });
  } catch (error) {
    const isTls = tlsPort !== undefined && (error as { port?: unknown } | null)?.port === tlsPort;
    throw isTls
      ? whyNotListening(error, host, tlsPort, 'DIMSE_TLS_PORT')
      : whyNotListening(error, host, port, 'DIMSE_PORT');
  }
}
