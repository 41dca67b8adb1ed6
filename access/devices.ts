/**
 * The device registry: which DICOM application entities may call, and where they are when we send to them.
 * A device is an AE title and a source address or network; an AE title alone says nothing, for anybody can write one.
 */
import type { Pool, QueryConfig } from 'pg';
import { aeTitlePattern } from '#dicom/data/ae-title.ts';
import { isUid } from '#dicom/data/uid.ts';
import { noteWhereRoom } from '#index/disk-room.ts';
import { Allowance } from '#settings/allowance.ts';
import { keepAtMost } from '#settings/keep-at-most.ts';
import { limits } from '#settings/limits.ts';
import { isLoopback, isWithin, plainAddress } from './addresses.ts';
import type { Caller, Right } from './caller.ts';
import {
  callbackAmong,
  destinationAmong,
  type Destination,
  type EarlierCall,
  type EntryRow,
  moveDestinationAmong,
  type RegisteredDestination,
} from './device-places.ts';
import { type WrongCertificate, wrongCertificate } from './device-certificate.ts';
import { deviceServices, type DeviceService } from './device-services.ts';
import { shortMemory } from './short-memory.ts';
import type { IdentityPolicy } from './user-identity.ts';
import { noteWaiting } from './waiting-callers.ts';

/** An application entity that calls, as the upper layer saw it. */
export interface DeviceCall {
  readonly callingAETitle: string;
  readonly address: string;
  /** What it proposed to do: abstract syntaxes, repeated as it did. */
  readonly abstractSyntaxes?: readonly string[];
  /** Common name of the certificate that it showed over TLS, where one of our authorities vouches for it. */
  readonly tlsSubject?: string;
  /** SHA-256 of that certificate in hexadecimal, whoever made it: only its owner can show it. */
  readonly tlsFingerprint?: string;
  /** Why nobody vouches for it, by the codes of OpenSSL. */
  readonly tlsUntrusted?: string;
}

/** A device that may call, and what the registry says of its associations. */
export interface DeviceCaller extends Caller {
  readonly services: ReadonlySet<DeviceService>;
  readonly identityPolicy: IdentityPolicy;
}

/** A device of the registry called, by its AE title and address, and not with the certificate that its entry asks for. */
export interface WrongCaller {
  readonly device: number;
  readonly certificate: WrongCertificate;
}

export interface Devices {
  /**
   * Who an association's caller is; undefined: not admitted, and now waiting for approval in the registry.
   * @param asking  has each use of the database wait for its turn; without it none does
   */
  admit(
    call: DeviceCall,
    asking?: <T>(work: () => Promise<T>) => Promise<T>,
  ): Promise<DeviceCaller | WrongCaller | undefined>;
  /** Where an approved device listens; this and the next two (device-places.ts) undefined when the registry does not say. */
  destination(aeTitle: string, device: number): Promise<RegisteredDestination | undefined>;
  moveDestination(
    aeTitle: string,
    asking: Pick<EarlierCall, 'device' | 'address'>,
  ): Promise<RegisteredDestination | undefined>;
  callback(earlier: EarlierCall): Promise<RegisteredDestination | undefined>;
  /** Which of these entries are not approved any more, or not there: what was let in by them is to end. */
  lockedOut(devices: readonly number[]): Promise<ReadonlySet<number>>;
}

interface DeviceRow extends EntryRow {
  default_issuer: string;
  on_other_bytes: 'keep-first' | 'replace';
  user_identity: IdentityPolicy;
  services: DeviceService[];
  character_set: string;
}

const deviceRights: ReadonlySet<Right> = new Set<Right>(['store', 'read']);

export function openDevices({
  database,
  trustLoopback,
  now = () => performance.now(),
}: {
  database: Pool;
  trustLoopback: boolean;
  now?: () => number;
}): Devices {
  const { rowsRememberedMs, rowsRemembered, seenNotedSeconds } = limits.access;
  const rowsOf = shortMemory(
    async (aeTitle) => {
      const { rows } = await database.query<DeviceRow>({
        name: 'access devices by AE title',
        text: `SELECT id, ae_title, host, port, state, default_issuer, on_other_bytes, tls, tls_subject,
                 tls_fingerprint, user_identity, services, character_set
               FROM site.device WHERE ae_title = $1 ORDER BY id`,
        values: [aeTitle],
      });
      return rows;
    },
    { forMs: rowsRememberedMs, entries: rowsRemembered },
  );
  // What was noted of a caller lately, so that one who calls a thousand times a second writes one row a minute.
  const noted = new Map<string, number>();
  const notedOf = new Allowance(limits.access.waitingNotedPerMinute, 60_000);
  function isNews(key: string): boolean {
    if (now() - (noted.get(key) ?? -Infinity) < seenNotedSeconds * 1000) return false;
    noted.delete(key);
    noted.set(key, now());
    keepAtMost(noted, rowsRemembered);
    return true;
  }

  /** What the registry decided of a caller: an approval counts more than a refusal of a wider network. */
  async function decided(rows: DeviceRow[], call: DeviceCall): Promise<DeviceRow | WrongCaller | undefined> {
    let refused: DeviceRow | undefined;
    let wrong: WrongCaller | undefined;
    for (const row of rows) {
      if (row.state === 'waiting' || !(await isWithin(row.host, call.address))) continue;
      const certificate = wrongCertificate({ subject: row.tls_subject, fingerprint: row.tls_fingerprint }, call);
      if (row.state === 'approved' && certificate === undefined) return row;
      if (row.state === 'approved' && certificate !== undefined) wrong ??= { device: row.id, certificate };
      else if (certificate === undefined) refused = row;
    }
    return refused ?? wrong;
  }

  return {
    async admit(call, asking = (work) => work()) {
      const name = call.callingAETitle.trim();
      if (!aeTitlePattern.test(name)) return undefined;
      const address = plainAddress(call.address);
      const caller = {
        kind: 'device',
        name,
        rights: deviceRights,
        scope: { studies: 'all' },
        address,
        services: new Set(deviceServices),
        identityPolicy: 'none',
      } as const;
      const device = await decided(await asking(() => rowsOf.get(name)), { ...call, address });
      // It is known, so it waits for nobody's approval: that would let it in without the certificate.
      if (device && 'certificate' in device) return device;
      if (device) {
        if (isNews(`${device.id}`))
          await asking(() =>
            noteWhereRoom(() =>
              database.query('UPDATE site.device SET last_seen_at = now() WHERE id = $1', [device.id]),
            ),
          );
        if (device.state === 'refused') return undefined;
        return {
          ...caller,
          device: device.id,
          services: new Set(device.services),
          identityPolicy: device.user_identity,
          onOtherBytes: device.on_other_bytes,
          ...(device.character_set !== '' && { characterSet: device.character_set }),
          ...(device.default_issuer !== '' && { defaultIssuer: device.default_issuer }),
        };
      }
      if (trustLoopback && isLoopback(address)) return caller;
      if (isNews(`${name}\n${address}`) && notedOf.take(address))
        await asking(() => noteWhereRoom(() => noteWaiting(database, name, address, asked(call))));
      return undefined;
    },

    async destination(aeTitle, device) {
      return destinationAmong(await rowsOf.get(aeTitle.trim()), device);
    },

    async moveDestination(aeTitle, asking) {
      return moveDestinationAmong(await rowsOf.get(aeTitle.trim()), asking);
    },

    async callback(earlier) {
      return callbackAmong(await rowsOf.get(earlier.callingAETitle.trim()), earlier);
    },

    async lockedOut(devices) {
      // A database that hangs is given up: a new one may stand in its place. What pg's own types leave out.
      const query: QueryConfig & { readonly query_timeout: number } = {
        name: 'access approved devices',
        query_timeout: limits.access.lockedOutAnswerMs,
        text: `SELECT id FROM site.device WHERE id = ANY ($1::integer[]) AND state = 'approved'`,
        values: [devices],
      };
      const { rows } = await database.query<{ id: number }>(query);
      const gone = new Set(devices);
      for (const { id } of rows) gone.delete(id);
      return gone;
    },
  };
}

/** A stranger may write anything there: only what has the form of a UID is kept. */
function asked({ abstractSyntaxes = [] }: DeviceCall): string[] {
  return [...new Set(abstractSyntaxes)].filter(isUid).slice(0, limits.dimse.presentationContexts);
}

/**
 * Adds devices that are missing, and changes none that is there: what a person decided in the registry stays.
 * One that only waits for approval was decided by nobody, so naming it here approves it.
 * Of two with one AE title and host the first counts.
 * @returns how many were added or approved
 */
export async function addDevices({
  database,
  devices,
}: {
  database: Pool;
  devices: readonly Destination[];
}): Promise<number> {
  if (devices.length === 0) return 0;
  const { rowCount } = await database.query(
    `INSERT INTO site.device (ae_title, host, port, state)
     SELECT DISTINCT ON (ae_title, host) ae_title, host, port, 'approved'
     FROM unnest($1::text[], $2::text[], $3::integer[]) WITH ORDINALITY AS named (ae_title, host, port, place)
     ORDER BY ae_title, host, place
     ON CONFLICT (ae_title, host) DO UPDATE SET state = 'approved', port = excluded.port
     WHERE site.device.state = 'waiting'`,
    [devices.map((d) => d.aeTitle), devices.map((d) => d.host), devices.map((d) => d.port)],
  );
  return rowCount ?? 0;
}
