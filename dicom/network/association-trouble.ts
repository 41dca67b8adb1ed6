/** Why there is no association with a peer, in a word that others have a sentence for. */
import { isIP } from 'node:net';
import { AssociationLost } from './association-user.ts';
import { rejections } from './pdu.ts';
import { AssociationRejected, NoAnswer, NoConnection, NoTlsHandshake } from './requestor.ts';
import { OtherCertificate } from './secure.ts';

export const associationTroubles = [
  'unknownHost',
  'connectionRefused',
  /** No route, or nobody took the connection in time. */
  'unreachable',
  /** The connection was taken, and what we asked not answered in time. */
  'silent',
  'callingAETitleNotRecognized',
  'calledAETitleNotRecognized',
  /** It is a DICOM application that does not want an association now. */
  'rejected',
  /** What listens there does not answer a TLS handshake. */
  'noTls',
  /** TLS was not agreed on: other versions or cipher suites, or it wants a certificate of ours. */
  'tlsRefused',
  /** Nobody whom we believe vouches for its certificate. */
  'certificateNotTrusted',
  'certificateExpired',
  /** Of another host, name or fingerprint than expected. */
  'certificateOfAnother',
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
  const found = tlsTrouble(error.cause, String(code));
  if (found) return found;
  // A DICOM application without TLS hangs up on a handshake, which is no PDU that it knows.
  if (error instanceof NoTlsHandshake) return 'noTls';
  if (code === 'ECONNREFUSED') return 'connectionRefused';
  if (code === 'ENOTFOUND' || (code === 'EAI_AGAIN' && isIP(host) === 0)) return 'unknownHost';
  if (error instanceof NoConnection) return 'unreachable';
  if (error instanceof NoAnswer) return 'silent';
  if (code === 'ECONNRESET' || code === undefined) return 'hungUp';
  return 'unreachable';
}

function isRejection({ rejection }: AssociationRejected, name: keyof typeof rejections): boolean {
  const { source, reason } = rejections[name];
  return rejection.source === source && rejection.reason === reason;
}

/** By the codes of Node and OpenSSL. */
function tlsTrouble(cause: unknown, code: string): AssociationTrouble | undefined {
  if (cause instanceof OtherCertificate || code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'certificateOfAnother';
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') return 'certificateExpired';
  if (/^(UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|CERT_)/.test(code)) return 'certificateNotTrusted';
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|RECORD_LAYER|HTTP_REQUEST/.test(code)) return 'noTls';
  return /^ERR_SSL_|^EPROTO$/.test(code) ? 'tlsRefused' : undefined;
}
