/** What every DIMSE service of the archive is handed beside the request. */
import type { Caller } from '#access/caller.ts';
import type { Ingest } from '#archive/ingest.ts';

export interface ServiceContext {
  readonly caller: Caller;
  readonly callingAETitle: string;
  readonly ingest: Ingest;
}
