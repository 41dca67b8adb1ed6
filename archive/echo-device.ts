/**
 * Asks a device by C-ECHO (PS3.4 Annex A) whether it is there and takes us, and says what is wrong in a word that the
 * viewer has a sentence for.
 */
import type { DeviceEntry } from '#access/device-registry.ts';
import { verificationSOPClass } from '#dicom/data/sop-class.ts';
import { connectExchange, echo, NoPresentationContext } from '#dicom/dimse/requests.ts';
import { status } from '#dicom/dimse/status.ts';
import { associationTrouble, associationTroubles } from '#dicom/network/association-trouble.ts';
import { implicitLittleEndian } from '#dicom/syntax/native.ts';
import { limits } from '#settings/limits.ts';
import { leave } from '#access/leave-association.ts';
import { type OutgoingLimits, outgoingLimits } from '#access/outgoing-limits.ts';
import { securityOf, type OwnCertificates } from '#access/peer-tls.ts';

export const echoOutcomes = [
  'answered',
  /** The registry has no port, or a whole network, for it. */
  'noAddress',
  ...associationTroubles,
  'noVerification',
  'failed',
] as const;
export type EchoOutcome = (typeof echoOutcomes)[number];

export interface Echoed {
  readonly outcome: EchoOutcome;
  readonly durationMs: number;
}

/** Implicit VR Little Endian, which everybody takes (PS3.5 10.1). */
const transferSyntaxes = [implicitLittleEndian.uid];

export interface EchoParts {
  /** Ours. */
  readonly aeTitle: string;
  readonly outgoing: OutgoingLimits;
  readonly certificates: OwnCertificates;
}

export async function echoDevice(device: DeviceEntry, parts: EchoParts): Promise<Echoed> {
  const begun = performance.now();
  const outcome = await outcomeOf(device, parts);
  return { outcome, durationMs: Math.round(performance.now() - begun) };
}

async function outcomeOf(device: DeviceEntry, { aeTitle, outgoing, certificates }: EchoParts): Promise<EchoOutcome> {
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
      limits: outgoingLimits(outgoing, { artimMs, responseMs }),
    });
    try {
      return (await echo(exchange)) === status.success ? 'answered' : 'failed';
    } finally {
      await leave(exchange);
    }
  } catch (error) {
    return causeOf(error, host);
  }
}

function causeOf(error: unknown, host: string): EchoOutcome {
  if (error instanceof NoPresentationContext) return 'noVerification';
  const trouble = associationTrouble(error, host);
  if (!trouble) throw error;
  return trouble;
}
