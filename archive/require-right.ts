/** The one refusal of who may not: by the seams (ingest, search, retrieve) and by the doors, each time in the access record. */
import type { Caller, Right } from '#access/caller.ts';
import { recordAccess } from '#access/record.ts';
import type { RecordLog } from '#access/record.ts';
import { Problem } from './problems.ts';

/** @param door where the caller does not say by which it came @throws Problem notAuthorized */
export function requireRight(right: Right, caller: Caller, log: RecordLog, door?: string): void {
  if (caller.rights.has(right)) return;
  recordAccess(log, { caller, action: 'refused', missing: right, ...(door !== undefined && { door }) });
  throw new Problem('notAuthorized', `this caller may not ${right}`);
}

/**
 * Lets nobody change this from a browser that may have been left: there the password was given lately. Others send theirs, or a
 * token, with each request.
 * @throws Problem signInAgain
 */
export function requireSignedInLately(caller: Caller, log: RecordLog): void {
  if (caller.kind !== 'account' || caller.signedInLately === true) return;
  recordAccess(log, { caller, action: 'refused', managed: 'signed in too long ago' });
  throw new Problem('signInAgain', 'sign in again with the password before this is changed');
}
