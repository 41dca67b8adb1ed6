/**
 * Which SOP classes store a patient's instances (PS3.4 Annex B), and what they are called (PS3.6 Table A-1).
 * A UID that the standard does not list is a private storage class, or one younger than our table: an image is not
 * refused for its class, so only what is known to be something else is no storage class.
 */
import { nonPatientObjectTable, otherServiceTable, storageTable } from './sop-class-table.ts';
import { isUid, uid } from './uid.ts';

export const verificationSOPClass = uid('1.2.840.10008.1.1');
export const storageCommitmentSOPClass = uid('1.2.840.10008.1.20.1');
/** The well-known SOP instance (PS3.4 J.3.5). */
export const storageCommitmentInstance = uid('1.2.840.10008.1.20.1.1');
export const performedStepSOPClass = uid('1.2.840.10008.3.1.2.3.3');
export const performedStepRetrieveSOPClass = uid('1.2.840.10008.3.1.2.3.4');
export const modalityWorklistSOPClass = uid('1.2.840.10008.5.1.4.31');

function read(table: string): ReadonlyMap<string, string> {
  const lines = table.trim().split('\n');
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]));
}

/** The storage SOP classes that we know by name, retired ones included: UID → name. */
export const storageSOPClasses = read(storageTable);
const nonPatientObjectClasses = read(nonPatientObjectTable);
const otherServiceClasses = read(otherServiceTable);

/** True for every storage class of a patient's instances: listed, retired, private, or unknown to us. */
export function isStorageSOPClass(value: string): boolean {
  return isUid(value) && !nonPatientObjectClasses.has(value) && !otherServiceClasses.has(value);
}

/** The name in PS3.6, or undefined for a private one. */
export function sopClassName(value: string): string | undefined {
  return storageSOPClasses.get(value) ?? nonPatientObjectClasses.get(value) ?? otherServiceClasses.get(value);
}
