/** What every DIMSE service of the archive is handed beside the request. */
import type { Caller } from '#access/caller.ts';
import type { ReachableDevice } from '#access/peer-tls.ts';
import type { DeviceFailure } from '#index/device-failure.ts';
import type { Allowances } from './allowances.ts';
import type { CommitmentReports } from '../commitment-reports.ts';
import type { Ingest } from '../ingest.ts';
import type { RetrieveParts } from '../retrieve.ts';

export interface ServiceContext {
  readonly caller: Caller;
  readonly callingAETitle: string;
  /** Our own title: the calling one of associations that we open. */
  readonly aeTitle: string;
  /** What clocks show here, for dates and times that were stored without an offset from UTC. */
  readonly siteTimeZone: string;
  readonly ingest: Ingest;
  /** What `search` and `retrieve` work with. */
  readonly parts: RetrieveParts;
  /** Where the device of the registry listens that a C-MOVE means, which several may be. */
  readonly moveDestination: (aeTitle: string, asking: Caller) => Promise<ReachableDevice | undefined>;
  /** Who reads the objects of an accepted request for storage commitment, and reports. */
  readonly commitments: Pick<CommitmentReports, 'begin'>;
  /** What each device may still say. */
  readonly allowances: Allowances;
  /** For the registry: what failed with a device. */
  readonly deviceFailed: (device: number, failure: DeviceFailure) => void;
}
