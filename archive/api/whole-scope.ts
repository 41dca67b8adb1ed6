/** What names patients of any study is not for callers who may see certain ones. */
import { recordAccess } from '#access/record.ts';
import type { RecordLog } from '#access/record.ts';
import type { CallerRequest } from '../http/resource.ts';
import { Problem } from '../problems.ts';

/** @throws Problem notAuthorized, which is written into the access record */
export function requireWholeScope({ caller }: CallerRequest, log: RecordLog): void {
  if (caller.scope.studies === 'all') return;
  recordAccess(log, { caller, action: 'refused' });
  throw new Problem('notAuthorized', 'this caller sees certain studies only');
}
