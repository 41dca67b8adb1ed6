/** Why there is no association with a peer, in a word that others have a sentence for. */
import { isIP } from 'node:net';
import { AssociationLost } from '#dicom/network/association.ts';
import { rejections } from '#dicom/network/pdu.ts';
import { AssociationRejected } from '#dicom/network/requestor.ts';

export const associationTroubles = [
  'unknownHost',
  'connectionRefused',
  /** No route, or nothing answered in time. */
  'unreachable',
  'callingAETitleNotRecognized',
  'calledAETitleNotRecognized',
  /** It is a DICOM application that does not want an association now. */
  'rejected',
  /** What listens there hung up: hardly a DICOM application. */
  'hungUp',
] as const;
export type AssociationTrouble = (typeof associationTroubles)[number];

/** @returns undefined for an error of another kind */
export function associationTrouble(error: unknown, host: string): AssociationTrouble | undefined {
  if (error instanceof AssociationRejected) {
    if (isRejection(error, 'calling AE title not recognized')) return 'callingAETitleNotRecognized';
    if (isRejection(error, 'called AE title not recognized')) return 'calledAETitleNotRecognized';
    return 'rejected';
  }
  if (!(error instanceof AssociationLost)) return undefined;
  const { code } = (error.cause ?? {}) as { code?: unknown };
  if (code === 'ECONNREFUSED') return 'connectionRefused';
  if (code === 'ENOTFOUND' || (code === 'EAI_AGAIN' && isIP(host) === 0)) return 'unknownHost';
  if (code === 'ECONNRESET' || (code === undefined && error.message !== 'no answer in time')) return 'hungUp';
  return 'unreachable';
}

function isRejection({ rejection }: AssociationRejected, name: keyof typeof rejections): boolean {
  const { source, reason } = rejections[name];
  return rejection.source === source && rejection.reason === reason;
}
