/** How we reach a device of the registry: in the clear, or by TLS as its entry says. */
import { requestorConnection, type SecureConnection } from '#dicom/network/secure.ts';
import type { DeviceEntry } from './device-registry.ts';
import type { Destination, RegisteredDestination } from './device-places.ts';
import type { Certificates } from './certificates.ts';
import type { OutgoingLimits } from './outgoing-limits.ts';

/** A device that we open associations to; what an `AssociationRequest` is made of. */
export interface ReachableDevice extends Destination {
  /** Its entry in the registry. */
  readonly device: number;
  readonly tls?: SecureConnection;
  readonly outgoing: OutgoingLimits;
}

export type OwnCertificates = Pick<Certificates, 'own' | 'authorities'>;

/** @returns undefined for a device whose port does not speak TLS */
export function securityOf(
  { tls, tlsSubject, tlsFingerprint }: Pick<DeviceEntry, 'tls' | 'tlsSubject' | 'tlsFingerprint'>,
  { own, authorities }: OwnCertificates,
): SecureConnection | undefined {
  if (!tls) return undefined;
  return requestorConnection({
    authorities,
    own,
    fingerprint: tlsFingerprint ?? undefined,
    commonName: tlsSubject ?? undefined,
  });
}

export function reachable(
  { aeTitle, host, port, device, ...security }: RegisteredDestination,
  certificates: OwnCertificates,
  outgoing: OutgoingLimits,
): ReachableDevice {
  const tls = securityOf(security, certificates);
  return { aeTitle, host, port, device, outgoing, ...(tls && { tls }) };
}
