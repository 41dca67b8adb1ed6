/**
 * The DICOM application that a command talks to, named on the command line: opens an association, and says what is wrong
 * when there is none, and what to do then.
 */
import { parseArgs } from 'node:util';
import { leave } from '#access/leave-association.ts';
import { type OutgoingLimits, outgoingLimits } from '#access/outgoing-limits.ts';
import type { Exchange } from '#dicom/dimse/exchange.ts';
import { connectExchange, NoPresentationContext } from '#dicom/dimse/requests.ts';
import { isPending, isWarning, printedStatus, status } from '#dicom/dimse/status.ts';
import { BadDataset } from '#dicom/file/bad-dataset.ts';
import { AssociationLost } from '#dicom/network/association-user.ts';
import { associationTrouble, type AssociationTrouble } from '#dicom/network/association-trouble.ts';
import type { AssociationRequest } from '#dicom/network/requestor.ts';
import type { SecureConnection } from '#dicom/network/secure.ts';
import { limits } from '#settings/limits.ts';
import type { Settings } from '#settings/settings.ts';
import { type DeviceSetting, variables } from '#settings/variables.ts';

import { BadUsage } from './command.ts';
import { printable } from './printable.ts';
import { readSecurity, securityOptions, securityUsage, type SecurityValues } from './peer-security.ts';

export interface Peer extends DeviceSetting {
  /** What we call ourselves. */
  readonly callingAETitle: string;
  /** Undefined in the clear. */
  readonly tls: SecureConnection | undefined;
  readonly outgoing: OutgoingLimits;
}

/** Options that every command to a peer has. */
const peerOptions = { calling: { type: 'string' }, ...securityOptions } as const;
export const peerUsage = `[--calling AET] ${securityUsage}`;

/**
 * Reads `AET@host:port` and what the options say of ourselves.
 * @throws BadUsage
 */
function readPeer(
  text: string | undefined,
  { calling }: { readonly calling?: string | undefined },
  { dimse }: Settings,
): Omit<Peer, 'tls' | 'outgoing'> {
  // Written as in the setting DEVICES, one at a time.
  const named = variables.DEVICES.read.safeParse(text ?? '');
  const [device, ...more] = named.success ? named.data : [];
  if (!device || more.length > 0) throw new BadUsage('name the other side as AET@host:port');
  if (calling === undefined) return { ...device, callingAETitle: dimse.aeTitle };
  const ours = variables.AE_TITLE.read.safeParse(calling);
  if (!ours.success) throw new BadUsage(`--calling takes an AE title, ${variables.AE_TITLE.expects}`);
  return { ...device, callingAETitle: ours.data };
}

/**
 * Reads the command line of a command to a peer.
 * @throws BadUsage, or what `parseArgs` throws; Error with a line for the person at the keyboard
 */
export async function readPeerArgs<
  Options extends NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>,
>(args: readonly string[], settings: Settings, options: Options) {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { ...peerOptions, ...options },
  });
  const [named, ...others] = positionals;
  const { calling, ...security } = values as SecurityValues & { readonly calling?: string };
  const peer: Peer = {
    ...readPeer(named, { calling }, settings),
    tls: await readSecurity(security, settings),
    outgoing: settings.dimse.outgoing,
  };
  return { values, others, peer };
}

/** The other side took the association, and gave no whole answer on it. */
export class Unanswered extends Error {
  override name: string = 'Unanswered';
}

export interface PeerAssociation extends Pick<AssociationRequest, 'contexts'> {
  /** How long the other side may be silent while it has a request; else as everywhere. */
  readonly responseMs?: number;
}

/** @throws Error with a line for the person at the keyboard */
export async function associate(
  peer: Peer,
  { contexts, responseMs = limits.dimse.responseMs }: PeerAssociation,
): Promise<Exchange<undefined>> {
  const { host, port, aeTitle: calledAETitle, callingAETitle, tls, outgoing } = peer;
  const { connectMs: artimMs } = limits.retrieve;
  try {
    return await connectExchange({
      host,
      port,
      ...(tls && { tls }),
      callingAETitle,
      calledAETitle,
      contexts,
      limits: outgoingLimits(outgoing, { artimMs, responseMs }),
    });
  } catch (error) {
    const trouble = associationTrouble(error, host);
    throw trouble ? new Error(troubleText(trouble, peer), { cause: error }) : error;
  }
}

/** Opens an association for `use` and ends it. @throws Error with a line for the person at the keyboard */
export async function withPeer<T>(
  peer: Peer,
  association: PeerAssociation,
  use: (exchange: Exchange<undefined>) => Promise<T>,
): Promise<T> {
  const exchange = await associate(peer, association);
  try {
    return await use(exchange);
  } catch (error) {
    throw inWords(error, peer);
  } finally {
    await leave(exchange);
  }
}

function inWords(error: unknown, { aeTitle }: Peer): unknown {
  if (error instanceof NoPresentationContext)
    return new Error(`${aeTitle} does not offer this service (${error.message}). Check that it is switched on there.`);
  if (error instanceof AssociationLost)
    return new Unanswered(`${aeTitle} ended the association (${error.message}). Look into its log, and try again.`);
  if (error instanceof BadDataset)
    return new Unanswered(`${aeTitle} gave an answer that cannot be read (${error.message}).`);
  return error;
}

function troubleText(trouble: AssociationTrouble, { aeTitle, host, port, callingAETitle }: Peer): string {
  const place = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const texts: Record<AssociationTrouble, string> = {
    unknownHost: `The network does not know the host ${host}. Check the name, or write its IP address.`,
    connectionRefused: `Nothing listens at ${place}. Check the port, and that DICOM is switched on there.`,
    unreachable: `${place} does not answer. Check that it is on, that the address is right, and that no firewall is in between.`,
    silent: `${place} takes the connection, but does not answer as DICOM does. Check the port; if it is right, the DICOM program there may hang: look into its log, restart it.`,
    callingAETitleNotRecognized: `${aeTitle} does not know the calling AE title ${callingAETitle}. Register it there with the address of this machine, or call as another one (--calling).`,
    calledAETitleNotRecognized: `What listens at ${place} is not called ${aeTitle}. Look up its AE title there; capitals matter.`,
    rejected: `${aeTitle} takes no association now. It may be busy: try again in a few minutes.`,
    noTls: `What listens at ${place} takes no TLS handshake. Switch TLS on there, or call without --tls.`,
    tlsRefused: `${aeTitle} and we do not agree on TLS. It may want a certificate of ours that it believes (--cert, --key), or know only TLS that is too old: look into its log.`,
    certificateNotTrusted: `Nobody whom we believe vouches for the certificate of ${aeTitle}. Name its authority, or the certificate itself where it has none, with --ca, or its fingerprint with --fingerprint.`,
    certificateExpired: `The certificate of ${aeTitle} has expired, or is not valid yet. Renew it, and check the clocks.`,
    certificateOfAnother: `The certificate shown at ${place} is of another host, or not the one of --fingerprint. Check the address, call it by the name in its certificate, and ask there whether the certificate is new.`,
    hungUp: `What listens at ${place} hung up. It may not be DICOM, or want TLS, or refuse strangers without a word: look into its log.`,
  };
  return texts[trouble];
}

/** What a status other than success means, in words (PS3.7 Annex C, PS3.4 Tables B.2-1, C.4-1, C.4-2). */
export function statusText(value: number | undefined, errorComment: string | undefined): string {
  if (value === undefined) return 'an answer without a status';
  const known = statusWords.find(([from, to]) => value >= from && value <= to)?.[2];
  const comment = printable(errorComment ?? '');
  return [
    printedStatus(value),
    ...[known, comment].filter(Boolean).map((part, at) => (at === 0 ? part : `(${part})`)),
  ].join(' ');
}

const statusWords: readonly (readonly [from: number, to: number, words: string])[] = [
  [0x0110, 0x0110, 'processing failure'],
  [0x0111, 0x0111, 'duplicate SOP instance'],
  [0x0112, 0x0112, 'no such SOP instance'],
  [0x0117, 0x0117, 'invalid SOP instance'],
  [0x0122, 0x0122, 'SOP class not supported'],
  [0x0124, 0x0124, 'not authorized'],
  [0x0210, 0x0210, 'duplicate invocation'],
  [0x0211, 0x0211, 'unrecognized operation'],
  [0xa700, 0xa700, 'out of resources'],
  [0xa701, 0xa701, 'out of resources: the matches cannot be counted'],
  [0xa702, 0xa702, 'out of resources: sub-operations cannot be performed'],
  [0xa801, 0xa801, 'move destination unknown'],
  [0xa900, 0xa9ff, 'does not match the SOP class'],
  [0xb000, 0xb000, 'some sub-operations failed'],
  [0xc000, 0xcfff, 'cannot be understood, or cannot be processed'],
  [status.cancel, status.cancel, 'cancelled'],
];

export function isSuccess(value: number | undefined): boolean {
  return value === status.success || (value !== undefined && isWarning(value) && !isPending(value));
}
