/**
 * DICOM over TLS (PS3.15 Annex B): the BCP 195 profile (B.9, RFC 7525) and its successor of RFC 8996 and RFC 9325, as acceptor and
 * as requestor. TLS 1.3 with all of its cipher suites, or 1.2 with those that the profiles name; nothing older.
 */
import { constants } from 'node:crypto';
import type { ConnectionOptions, DetailedPeerCertificate, SecureContextOptions, TLSSocket } from 'node:tls';

/** What RFC 9325 4.2 recommends, then those with DHE that the older profile has to have. */
export const cipherSuites = [
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'DHE-RSA-AES256-GCM-SHA384',
  'DHE-RSA-AES128-GCM-SHA256',
] as const;
const cipherSuites13 = ['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256'];

const profile = {
  minVersion: 'TLSv1.2',
  ciphers: [...cipherSuites13, ...cipherSuites].join(':'),
  honorCipherOrder: true,
  dhparam: 'auto',
} as const satisfies SecureContextOptions;

/** In TLS 1.2 a peer may ask for one handshake after the other on one connection: each costs it nothing, and us a signature. */
export const noRenegotiation = constants.SSL_OP_NO_RENEGOTIATION;

/** PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** @param authorities  PEM of those whose certificates of callers are believed; without them nobody's are */
export function acceptorContext({ cert, key }: Certificate, authorities: string | undefined): SecureContextOptions {
  // An empty list is not the same as none, which would be every authority that Node knows.
  const ca = authorities === undefined ? [] : [authorities];
  return { ...profile, cert, key, ca, secureOptions: noRenegotiation };
}

/** How a peer that we call is known. */
export interface ExpectedPeer {
  /** PEM of those who may vouch for it; without them, every authority that Node knows. */
  readonly authorities?: string | undefined;
  /** SHA-256 of its certificate in hexadecimal: then nobody has to vouch for it. */
  readonly fingerprint?: string | undefined;
  /** Common name of its certificate; without it the certificate has to name the host that is called. */
  readonly commonName?: string | undefined;
  /** Ours, where it wants one. */
  readonly own?: Certificate | undefined;
}

/** How people write a fingerprint: the hexadecimal digits of a SHA-256, with or without colons. */
export const fingerprintPattern = /^([0-9a-f]{2}:?){31}[0-9a-f]{2}$/i;

/** @param written  that matches `fingerprintPattern` @returns as `ExpectedPeer` has it */
export function plainFingerprint(written: string): string {
  return written.replaceAll(':', '').toLowerCase();
}

/** How an association's connection is secured. */
export interface SecureConnection {
  readonly options: ConnectionOptions;
  /** After the handshake: why this is not the peer. */
  readonly whyNot?: (socket: TLSSocket) => Error | undefined;
}

/** The peer showed a certificate that is not the one of the registry. */
export class OtherCertificate extends Error {
  override name = 'OtherCertificate';
}

/**
 * How a peer is called by TLS (PS3.15 Annex B). With a fingerprint the certificate itself is compared and nobody has to vouch for
 * it; without, an authority has to, for the common name where one is expected, else for the host that is called.
 */
export function requestorConnection({ authorities, fingerprint, commonName, own }: ExpectedPeer): SecureConnection {
  const { honorCipherOrder: _, dhparam: __, ...offered } = profile;
  const options = { ...offered, ...own };
  if (fingerprint !== undefined)
    return {
      options: { ...options, rejectUnauthorized: false },
      whyNot: (socket) => {
        const shown = shownCertificate(socket);
        const isOther =
          shown.fingerprint !== fingerprint || (commonName !== undefined && shown.commonName !== commonName);
        return isOther ? new OtherCertificate('another certificate') : undefined;
      },
    };
  return {
    options: {
      ...options,
      ...(authorities !== undefined && { ca: authorities }),
      ...(commonName !== undefined && {
        checkServerIdentity: (_host: string, shown: { subject: { CN?: string | string[] } }) =>
          nameOf(shown.subject.CN) === commonName ? undefined : new OtherCertificate('a certificate of another name'),
      }),
    },
  };
}

/** The certificate of the other side: the handshake has proved that it has the key. */
export function shownCertificate(socket: TLSSocket): { fingerprint?: string; commonName?: string } {
  const { subject, fingerprint256 } = socket.getPeerCertificate() as Partial<DetailedPeerCertificate>;
  if (fingerprint256 === undefined) return {};
  const commonName = nameOf(subject?.CN);
  return {
    fingerprint: plainFingerprint(fingerprint256),
    ...(commonName !== undefined && { commonName }),
  };
}

function nameOf(commonName: string | readonly string[] | undefined): string | undefined {
  return typeof commonName === 'string' ? commonName : commonName?.[0];
}
