/** The one refusal of who may not: by the seams (ingest, search, retrieve) and by the doors, each time in the access record. */
import type { Caller, Right } from '#access/caller.ts';
import { recordAccess } from '#access/record.ts';
import type { RecordLog } from '#access/record.ts';
import { Problem } from '#archive/problems.ts';

/** @param door where the caller does not say by which it came @throws Problem notAuthorized */
export function requireRight(right: Right, caller: Caller, log: RecordLog, door?: string): void {
  if (caller.rights.has(right)) return;
  recordAccess(log, { caller, action: 'refused', missing: right, ...(door !== undefined && { door }) });
  throw new Problem('notAuthorized', `this caller may not ${right}`);
}
