/**
 * Asks a device by C-ECHO (PS3.4 Annex A) whether it is there and takes us, and says what is wrong in a word that the
 * viewer has a sentence for.
 */
import { isIP } from 'node:net';
import type { DeviceEntry } from '#access/device-registry.ts';
import { verificationSOPClass } from '#dicom/data/sop-class.ts';
import { connectExchange, echo, NoPresentationContext } from '#dicom/dimse/requests.ts';
import { status } from '#dicom/dimse/status.ts';
import { AssociationLost } from '#dicom/network/association.ts';
import { upperLayerLimits } from '#dicom/network/limits.ts';
import { rejections } from '#dicom/network/pdu.ts';
import { AssociationRejected } from '#dicom/network/requestor.ts';
import { limits } from '#settings/limits.ts';

export const echoOutcomes = [
  'answered',
  /** The registry has no port, or a whole network, for it. */
  'noAddress',
  'unknownHost',
  'connectionRefused',
  /** No route, or nothing answered in time. */
  'unreachable',
  'callingAETitleNotRecognized',
  'calledAETitleNotRecognized',
  /** It is a DICOM application that does not want an association now. */
  'rejected',
  'noVerification',
  /** What listens there hung up: hardly a DICOM application. */
  'hungUp',
  'failed',
] as const;
export type EchoOutcome = (typeof echoOutcomes)[number];

export interface Echoed {
  readonly outcome: EchoOutcome;
  readonly durationMs: number;
}

/** Implicit VR Little Endian, which everybody takes (PS3.5 10.1). */
const transferSyntaxes = ['1.2.840.10008.1.2'];

/** @param aeTitle  ours */
export async function echoDevice(device: DeviceEntry, { aeTitle }: { aeTitle: string }): Promise<Echoed> {
  const begun = performance.now();
  const outcome = await outcomeOf(device, aeTitle);
  return { outcome, durationMs: Math.round(performance.now() - begun) };
}

async function outcomeOf({ aeTitle: calledAETitle, host, port }: DeviceEntry, aeTitle: string): Promise<EchoOutcome> {
  if (port === null || host.includes('/')) return 'noAddress';
  const { connectMs: artimMs, responseMs } = limits.echo;
  try {
    const exchange = await connectExchange({
      host,
      port,
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
    return causeOf(error, host);
  }
}

function causeOf(error: unknown, host: string): EchoOutcome {
  if (error instanceof AssociationRejected) {
    if (isRejection(error, 'calling AE title not recognized')) return 'callingAETitleNotRecognized';
    if (isRejection(error, 'called AE title not recognized')) return 'calledAETitleNotRecognized';
    return 'rejected';
  }
  if (error instanceof NoPresentationContext) return 'noVerification';
  if (!(error instanceof AssociationLost)) throw error;
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
