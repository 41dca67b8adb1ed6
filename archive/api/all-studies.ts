/** What is about whichever studies there are is for callers who may see all of them. */
import type { Caller } from '#access/caller.ts';
import { Problem } from '../problems.ts';

/** @throws Problem notAuthorized */
export function requireAllStudies({ scope }: Caller): void {
  if (scope.studies !== 'all') throw new Problem('notAuthorized', 'this caller sees certain studies only');
}
