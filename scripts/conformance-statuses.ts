/** The tables of statuses in docs/conformance.md: their numbers are the code's, what they mean to the other side is said here. */
import { type ProblemCode, problems } from '#archive/problems.ts';
import { retrieveStatus } from '#archive/scp/retrieval.ts';
import { printedStatus, status } from '#dicom/dimse/status.ts';
import { type Cell, table } from './markdown-table.ts';

/** A problem of `archive/problems.ts`, a status of PS3.7 Annex C or of a service, what it means here, and what helps. */
type Status = readonly [of: ProblemCode | keyof typeof status | number, meaning: string, remedy: string];

export const storeStatuses: readonly Status[] = [
  ['success', 'kept: bytes and index rows are durable; also for what was there already, and for a version', 'nothing'],
  ['outOfResources', 'no space in storage, or the database takes no rows', 'sends again later'],
  ['tooLarge', 'more bytes than the limit of section 6.1.1', 'nothing helps'],
  ['missingIdentity', 'Study, Series or SOP Instance UID is missing or is not a UID', 'corrects the data set'],
  [
    'doesNotMatchSOPClass',
    'SOP Class or SOP Instance UID (STOW-RS: Study Instance UID) differs from the one announced',
    'corrects the data set or the request',
  ],
  ['cannotUnderstand', 'the data set is damaged or ends early; the Error Comment says where', 'sends it whole again'],
  ['processingFailure', 'storage failed, or something unexpected happened', 'sends again; tells the operator'],
  [
    'sopClassNotSupported',
    'the Affected SOP Class UID is not that of the presentation context',
    'uses the right presentation context',
  ],
  ['notAuthorized', 'this caller may not store', 'asks the operator'],
  ['unrecognizedOperation', 'the SOP class has no such request', 'nothing helps'],
  ['mistypedArgument', 'no Affected SOP Instance UID (0000,1000)', 'corrects the request'],
];

export const findStatuses: readonly Status[] = [
  ['pending', 'a match; every key was supported', 'reads on'],
  [
    status.pendingWithUnsupportedKeys,
    'a match; a key is not in section 5.6.1, or not of this level: it is empty',
    'reads on',
  ],
  ['success', 'all matches were given; also when there was none', 'nothing'],
  ['cancel', 'stopped by C-CANCEL', 'nothing'],
  [
    'doesNotMatchSOPClass',
    'level or unique keys are not those of the information model, or a value cannot be read; Offending Element says which',
    'corrects the identifier',
  ],
  ['cannotUnderstand', 'the identifier is damaged or too long', 'corrects the identifier'],
  ['unavailable', 'the database does not answer, or not in time; too much is received at once', 'asks again later'],
  ['notAuthorized', 'this caller may not read', 'asks the operator'],
  ['processingFailure', 'something unexpected happened', 'tells the operator'],
];

export const retrieveStatuses: readonly Status[] = [
  ['success', 'every instance that was found has arrived; also when none was found', 'nothing'],
  ['pending', 'under way; with the numbers of sub-operations', 'waits'],
  ['cancel', 'stopped by C-CANCEL; with the number that remains', 'nothing'],
  [
    retrieveStatus.someFailed,
    'some failed, or were answered with a warning; Failed SOP Instance UID List (0008,0058) names those that failed',
    'asks for those again',
  ],
  [
    retrieveStatus.unableToPerform,
    'not one arrived; the Error Comment says why; or too much at once',
    'asks again later',
  ],
  [retrieveStatus.tooManyMatches, 'more instances than the limit of section 6.1.1', 'asks for less at once'],
  [
    retrieveStatus.destinationUnknown,
    'the device registry has no approved device of this title with a port',
    'asks the operator',
  ],
  [
    retrieveStatus.doesNotMatch,
    'level or unique keys are not those of the information model; the Error Comment says which',
    'corrects the identifier',
  ],
  ['cannotUnderstand', 'the identifier is damaged', 'corrects the identifier'],
  ['notAuthorized', 'this caller may not read', 'asks the operator'],
  ['processingFailure', 'something unexpected happened', 'tells the operator'],
];

/** @param who  does something about it */
export function statusTable(statuses: readonly Status[], who: string): string {
  return table(['Status', 'Meaning', `What the ${who} does`], statuses.map(row));
}

function row([of, meaning, remedy]: Status): Cell[] {
  if (typeof of === 'number') return [`${printedStatus(of)}H`, meaning, remedy];
  const number = of in problems ? problems[of as ProblemCode].dimse : status[of as keyof typeof status];
  return [`${printedStatus(number)}H`, meaning, remedy];
}
