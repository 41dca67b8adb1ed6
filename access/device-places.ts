/** Where the devices of the registry listen: of the entries with one AE title, the one that is meant. */
import { isWithin } from './addresses.ts';

export interface Destination {
  readonly aeTitle: string;
  readonly host: string;
  readonly port: number;
}

/** One of the registry, and how it is reached. */
export interface RegisteredDestination extends Destination {
  readonly device: number;
  readonly tls: boolean;
  /** What its certificate has to be; null where a name of its host will do. */
  readonly tlsSubject: string | null;
  readonly tlsFingerprint: string | null;
}

/** Who called, as it is remembered. */
export interface EarlierCall {
  readonly callingAETitle: string;
  /** Its entry; undefined where it had none, or has none any more. */
  readonly device?: number | undefined;
  /** Undefined where nobody noted it. */
  readonly address?: string | undefined;
}

/** What an entry says of where its device is. */
export interface EntryRow {
  readonly id: number;
  readonly ae_title: string;
  readonly host: string;
  readonly port: number | null;
  readonly state: 'approved' | 'waiting' | 'refused';
  readonly tls: boolean;
  readonly tls_subject: string | null;
  readonly tls_fingerprint: string | null;
}

type ListeningRow = EntryRow & { readonly port: number };

/** Where one of them listens. */
export function destinationAmong(rows: readonly EntryRow[], device: number): RegisteredDestination | undefined {
  const row = rows.filter(listens).find(({ id, host }) => !isNetwork(host) && device === id);
  return row && destinationOf(row);
}

/**
 * Where the move destination of a C-MOVE listens, which is named by its AE title alone. Where several devices have it: the very
 * one that asks, else the one on the machine that asks, else the first. One of a network is meant only where it is the machine
 * that asks.
 */
export async function moveDestinationAmong(
  rows: readonly EntryRow[],
  asking: Pick<EarlierCall, 'device' | 'address'>,
): Promise<RegisteredDestination | undefined> {
  const listening = rows.filter(listens);
  return (await placeOf(listening, asking)) ?? firstOf(listening.filter(({ host }) => !isNetwork(host)));
}

/**
 * Where somebody listens who called before: a device of a network does at the address that it called from. Never the
 * namesake of one that has left the registry, unless it is at that address now.
 */
export async function callbackAmong(
  rows: readonly EntryRow[],
  { device, address }: EarlierCall,
): Promise<RegisteredDestination | undefined> {
  const listening = rows.filter(listens);
  const place = await placeOf(listening, { device, address });
  if (place || address !== undefined) return place;
  const known = device === undefined ? listening.filter(({ host }) => !isNetwork(host)) : [];
  return known.length === 1 ? firstOf(known) : undefined;
}

function firstOf([first]: readonly ListeningRow[]): RegisteredDestination | undefined {
  return first && destinationOf(first);
}

/** Of several devices with one AE title, where the one listens that calls: its own entry, else another one that means its machine. */
async function placeOf(
  rows: readonly ListeningRow[],
  { device, address }: Pick<EarlierCall, 'device' | 'address'>,
): Promise<RegisteredDestination | undefined> {
  const own = rows.find(({ id, host }) => id === device && !isNetwork(host));
  if (own) return destinationOf(own);
  if (address === undefined) return undefined;
  const inOrder = rows.toSorted((one, other) => Number(other.id === device) - Number(one.id === device));
  for (const row of inOrder) if (await isWithin(row.host, address)) return destinationOf(row, address);
  return undefined;
}

const isNetwork = (host: string): boolean => host.includes('/');

function listens(row: EntryRow): row is ListeningRow {
  return row.state === 'approved' && row.port !== null;
}

/** @param address  of the one that is meant, where the entry is of a network */
function destinationOf(row: ListeningRow, address?: string): RegisteredDestination {
  return {
    aeTitle: row.ae_title,
    host: isNetwork(row.host) && address !== undefined ? address : row.host,
    port: row.port,
    device: row.id,
    tls: row.tls,
    tlsSubject: row.tls_subject,
    tlsFingerprint: row.tls_fingerprint,
  };
}
