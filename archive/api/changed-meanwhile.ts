import { Problem } from '../problems.ts';

/** Somebody else was quicker. @param cause  whose message says what has changed */
export function changedMeanwhile(cause: Error): Problem {
  const next = 'nothing was saved; close the entry, see what it says now, and do it again';
  return new Problem('changedMeanwhile', `${cause.message} since it was shown: ${next}`, { cause });
}
