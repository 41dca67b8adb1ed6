// What the archive says of an association that did not come about, and the sentence for it.
import type { Msg } from './text.ts';

export type AssociationTrouble =
  | 'unknownHost'
  | 'connectionRefused'
  | 'unreachable'
  | 'silent'
  | 'callingAETitleNotRecognized'
  | 'calledAETitleNotRecognized'
  | 'rejected'
  | 'noTls'
  | 'tlsRefused'
  | 'certificateNotTrusted'
  | 'certificateExpired'
  | 'certificateOfAnother'
  | 'hungUp';

/** Places: `name`, the AE title of the device; `aeTitle`, ours. */
export const associationWords: Record<AssociationTrouble, Msg> = {
  unknownHost: 'peerUnknownHost',
  connectionRefused: 'peerConnectionRefused',
  unreachable: 'peerUnreachable',
  silent: 'peerSilent',
  callingAETitleNotRecognized: 'peerCallingAETitleNotRecognized',
  calledAETitleNotRecognized: 'peerCalledAETitleNotRecognized',
  rejected: 'peerRejected',
  noTls: 'peerNoTls',
  tlsRefused: 'peerTlsRefused',
  certificateNotTrusted: 'peerCertificateNotTrusted',
  certificateExpired: 'peerCertificateExpired',
  certificateOfAnother: 'peerCertificateOfAnother',
  hungUp: 'peerHungUp',
};
