/** Which TLS certificate a device has to show when it calls, as its entry in the registry says, and what is wrong with another. */

/** `none`: called without TLS, or showed none. `notTrusted`: none of DIMSE_TLS_CA vouches for it. `another`: of somebody else. */
export type WrongCertificate = 'none' | 'notTrusted' | 'expired' | 'another';

export interface ExpectedCertificate {
  /** Common name, for which one of our authorities has to vouch. */
  readonly subject: string | null;
  /** SHA-256 in hexadecimal, for which nobody has to. */
  readonly fingerprint: string | null;
}

export interface ShownCertificate {
  /** Common name, only where it is vouched for. */
  readonly tlsSubject?: string;
  readonly tlsFingerprint?: string;
  /** Why it is not, by the codes of OpenSSL. */
  readonly tlsUntrusted?: string;
}

/** @returns undefined where it is the right one, or none is asked for */
export function wrongCertificate(
  { subject, fingerprint }: ExpectedCertificate,
  { tlsSubject, tlsFingerprint, tlsUntrusted }: ShownCertificate,
): WrongCertificate | undefined {
  const isRight =
    (subject === null || subject === tlsSubject) && (fingerprint === null || fingerprint === tlsFingerprint);
  if (isRight) return undefined;
  if (tlsSubject === undefined && tlsFingerprint === undefined) return 'none';
  if (subject === null || tlsUntrusted === undefined) return 'another';
  return tlsUntrusted === 'CERT_HAS_EXPIRED' || tlsUntrusted === 'CERT_NOT_YET_VALID' ? 'expired' : 'notTrusted';
}
