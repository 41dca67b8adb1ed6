/**
 * Asks a device by C-ECHO (PS3.4 Annex A) whether it is there and takes us, and says what is wrong in a word that the
 * viewer has a sentence for.
 */
import type { DeviceEntry } from '#access/device-registry.ts';
import { verificationSOPClass } from '#dicom/data/sop-class.ts';
import { connectExchange, echo, NoPresentationContext } from '#dicom/dimse/requests.ts';
import { status } from '#dicom/dimse/status.ts';
import { AssociationLost } from '#dicom/network/association.ts';
import { associationTrouble, associationTroubles } from '#dicom/network/association-trouble.ts';
import { upperLayerLimits } from '#dicom/network/limits.ts';
import { NoTlsHandshake } from '#dicom/network/requestor.ts';
import { OtherCertificate } from '#dicom/network/secure.ts';
import { limits } from '#settings/limits.ts';
import { securityOf, type OwnCertificates } from './peer-tls.ts';

export const echoOutcomes = [
  'answered',
  /** The registry has no port, or a whole network, for it. */
  'noAddress',
  ...associationTroubles,
  'noVerification',
  /** What listens there does not answer a TLS handshake, though the registry says that it speaks TLS. */
  'noTls',
  /** TLS was not agreed on: other versions or cipher suites, or it wants a certificate of ours. */
  'tlsRefused',
  /** Nobody of DIMSE_TLS_CA vouches for its certificate, and the registry has no fingerprint of it. */
  'certificateNotTrusted',
  'certificateExpired',
  /** Of another host, name or fingerprint than the registry has. */
  'certificateOfAnother',
  'failed',
] as const;
export type EchoOutcome = (typeof echoOutcomes)[number];

export interface Echoed {
  readonly outcome: EchoOutcome;
  readonly durationMs: number;
}

/** Implicit VR Little Endian, which everybody takes (PS3.5 10.1). */
const transferSyntaxes = ['1.2.840.10008.1.2'];

export interface EchoParts {
  /** Ours. */
  readonly aeTitle: string;
  readonly certificates: OwnCertificates;
}

export async function echoDevice(device: DeviceEntry, parts: EchoParts): Promise<Echoed> {
  const begun = performance.now();
  const outcome = await outcomeOf(device, parts);
  return { outcome, durationMs: Math.round(performance.now() - begun) };
}

async function outcomeOf(device: DeviceEntry, { aeTitle, certificates }: EchoParts): Promise<EchoOutcome> {
  const { aeTitle: calledAETitle, host, port } = device;
  const tls = securityOf(device, certificates);
  if (port === null || host.includes('/')) return 'noAddress';
  const { connectMs: artimMs, responseMs } = limits.echo;
  try {
    const exchange = await connectExchange({
      host,
      port,
      ...(tls && { tls }),
      callingAETitle: aeTitle,
      calledAETitle,
      contexts: [{ abstractSyntax: verificationSOPClass, transferSyntaxes }],
      limits: { ...upperLayerLimits, artimMs, responseMs },
    });
    try {
      return (await echo(exchange)) === status.success ? 'answered' : 'failed';
    } finally {
      await exchange.release().catch(() => {}); // the answer counts, however the other side says goodbye
    }
  } catch (error) {
    return causeOf(error, host, tls !== undefined);
  }
}

function causeOf(error: unknown, host: string, isSecure: boolean): EchoOutcome {
  if (error instanceof NoPresentationContext) return 'noVerification';
  if (isSecure && error instanceof AssociationLost) {
    const { code } = (error.cause ?? {}) as { code?: unknown };
    const found = tlsCauseOf(error.cause, String(code));
    if (found) return found;
    // A DICOM application without TLS hangs up on a handshake, which is no PDU that it knows.
    if (error instanceof NoTlsHandshake) return 'noTls';
  }
  const trouble = associationTrouble(error, host);
  if (!trouble) throw error;
  return trouble;
}

/** By the codes of Node and OpenSSL. */
function tlsCauseOf(cause: unknown, code: string): EchoOutcome | undefined {
  if (cause instanceof OtherCertificate || code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'certificateOfAnother';
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') return 'certificateExpired';
  if (/^(UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|CERT_)/.test(code)) return 'certificateNotTrusted';
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|RECORD_LAYER|HTTP_REQUEST/.test(code)) return 'noTls';
  return /^ERR_SSL_|^EPROTO$/.test(code) ? 'tlsRefused' : undefined;
}
