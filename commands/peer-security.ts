/** `--tls` and what goes with it: how a command to a peer secures its connection (PS3.15 B.9), and who vouches for whom. */
import { readCertificates, UnfitCertificate } from '#access/certificates.ts';
import {
  fingerprintPattern,
  plainFingerprint,
  requestorConnection,
  type SecureConnection,
} from '#dicom/network/secure.ts';
import type { Settings } from '#settings/settings.ts';

import { BadUsage } from './command.ts';

export const securityOptions = {
  tls: { type: 'boolean', default: false },
  ca: { type: 'string' },
  cert: { type: 'string' },
  key: { type: 'string' },
  fingerprint: { type: 'string' },
} as const;
export const securityUsage = '[--tls [--ca FILE | --fingerprint SHA-256] [--cert FILE --key FILE]]';

export interface SecurityValues {
  readonly tls?: boolean | undefined;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Of the certificate that the other side has to show; then nobody has to vouch for it, and its name does not matter. */
  readonly fingerprint?: string | undefined;
}

/** The option that takes the place of a setting. */
const options = { TLS_CERT: '--cert', TLS_KEY: '--key', DIMSE_TLS_CA: '--ca' } as const;

/**
 * Reads the files of the options, or of the settings that the archive has for the same, where there are none.
 * @returns undefined without `--tls`
 * @throws BadUsage; Error with a line for the person at the keyboard, for a file that cannot be used
 */
export async function readSecurity(
  { tls: isAsked, ca, cert, key, fingerprint }: SecurityValues,
  { tls, dimse }: Settings,
): Promise<SecureConnection | undefined> {
  if ((cert === undefined) !== (key === undefined)) throw new BadUsage('--cert and --key go together');
  if (!isAsked) {
    if (ca !== undefined || cert !== undefined || fingerprint !== undefined)
      throw new BadUsage('--ca, --fingerprint, --cert and --key go with --tls');
    return undefined;
  }
  if (ca !== undefined && fingerprint !== undefined) throw new BadUsage('--fingerprint takes the place of --ca');
  if (fingerprint !== undefined && !fingerprintPattern.test(fingerprint))
    throw new BadUsage('--fingerprint takes the 64 hexadecimal digits of a SHA-256, with or without colons');
  const named = cert !== undefined && key !== undefined ? { certPath: cert, keyPath: key } : tls;
  try {
    const { own, authorities } = await readCertificates({ tls: named, caPath: ca ?? dimse.tlsCaPath });
    return requestorConnection({ own, authorities, fingerprint: fingerprint && plainFingerprint(fingerprint) });
  } catch (error) {
    if (!(error instanceof UnfitCertificate)) throw error;
    const { variable, path, expects } = error;
    throw new Error(`${path} cannot be used. ${options[variable]} (or ${variable}) takes ${expects}.`, {
      cause: error,
    });
  }
}
