/**
 * The device registry as administrators see and change it. What they change holds at every archive within a second:
 * nobody remembers a row for longer (access/devices.ts).
 */
import type { Pool } from 'pg';
import type { DeviceFailure } from '#index/device-failure.ts';
import type { DeviceService } from './device-services.ts';
import type { IdentityPolicy } from './user-identity.ts';

export interface DeviceEntry {
  readonly aeTitle: string;
  /** A host name, an address, or a network (`10.1.0.0/16`). */
  readonly host: string;
  /** Where it listens; null when nobody has said. */
  readonly port: number | null;
  readonly state: 'approved' | 'waiting' | 'refused';
  /** Whose Patient IDs it sends, where its data sets do not say; empty for nobody's. */
  readonly defaultIssuer: string;
  readonly onOtherBytes: 'keep-first' | 'replace';
  /** Its port speaks TLS. */
  readonly tls: boolean;
  /** What its certificate has to be, calling and called: its common name, its SHA-256 in hexadecimal. */
  readonly tlsSubject: string | null;
  readonly tlsFingerprint: string | null;
  readonly userIdentity: IdentityPolicy;
  readonly services: readonly DeviceService[];
  /** Specific Character Set of data sets that do not name one, values joined by backslashes. */
  readonly characterSet: string;
  readonly room: string;
  readonly description: string;
  /** Gets Instance Availability Notifications (PS3.4 Annex R). */
  readonly wantsAvailability: boolean;
}

export interface RegisteredDevice extends DeviceEntry {
  readonly id: number;
  /** Another one whenever somebody has entered something else of it. */
  readonly version: string;
  /** Abstract syntax UIDs of the association that was refused last. */
  readonly asked: readonly string[];
  readonly storedInstances: number;
  readonly lastStoredAt: Date | null;
  readonly lastSeenAt: Date | null;
  readonly createdAt: Date;
  /** Accepted ones. */
  readonly associations: number;
  readonly failures: number;
  /** What failed last, as the log has it. */
  readonly lastFailure: DeviceFailure | null;
  readonly lastFailedAt: Date | null;
}

/** The registry has this AE title at this host already. */
export class DeviceExists extends Error {
  override name = 'DeviceExists';
}

/** Somebody has changed it since it was read. */
export class DeviceHasChanged extends Error {
  override name = 'DeviceHasChanged';
}

/** What a person enters, and the column of it. */
const entered: Readonly<Record<keyof DeviceEntry, string>> = {
  aeTitle: 'ae_title',
  host: 'host',
  port: 'port',
  state: 'state',
  defaultIssuer: 'default_issuer',
  onOtherBytes: 'on_other_bytes',
  tls: 'tls',
  tlsSubject: 'tls_subject',
  tlsFingerprint: 'tls_fingerprint',
  userIdentity: 'user_identity',
  services: 'services',
  characterSet: 'character_set',
  room: 'room',
  description: 'description',
  wantsAvailability: 'wants_availability',
};
const keys = Object.keys(entered) as (keyof DeviceEntry)[];
const places = keys.map((_, at) => `$${at + 1}`).join(', ');
const enteredColumns = keys.map((key) => entered[key]).join(', ');
/** Of what was entered alone: each call of the device writes the row, too. */
const version = `md5(ROW(${enteredColumns})::text)`;
const columns = `id, ${version} AS version, ${keys.map((key) => `${entered[key]} AS "${key}"`).join(', ')},
  asked, stored_instances AS "storedInstances", last_stored_at AS "lastStoredAt", last_seen_at AS "lastSeenAt",
  created_at AS "createdAt", associations, failures, last_failure AS "lastFailure", last_failed_at AS "lastFailedAt"`;

/** Those who wait first, the latest caller on top; then by AE title. */
export async function listDevices(database: Pool): Promise<RegisteredDevice[]> {
  const { rows } = await database.query<RegisteredDevice>(
    `SELECT ${columns} FROM site.device
     ORDER BY state = 'waiting' DESC, CASE WHEN state = 'waiting' THEN last_seen_at END DESC, lower(ae_title), host, id`,
  );
  return rows;
}

export async function findDevice(database: Pool, id: number): Promise<RegisteredDevice | undefined> {
  const { rows } = await database.query<RegisteredDevice>(`SELECT ${columns} FROM site.device WHERE id = $1`, [id]);
  return rows[0];
}

export async function waitingDevices(database: Pool): Promise<number> {
  const { rows } = await database.query<{ count: number }>(
    `SELECT count(*)::integer AS count FROM site.device WHERE state = 'waiting'`,
  );
  return rows[0]?.count ?? 0;
}

/** When each AE title of the registry last stored something, from whichever of its addresses. */
export async function lastStored(database: Pool): Promise<{ readonly aeTitle: string; readonly lastStoredAt: Date }[]> {
  const { rows } = await database.query<{ aeTitle: string; lastStoredAt: Date }>(
    `SELECT ae_title AS "aeTitle", max(last_stored_at) AS "lastStoredAt" FROM site.device
     WHERE state = 'approved' AND last_stored_at IS NOT NULL GROUP BY ae_title ORDER BY ae_title`,
  );
  return rows;
}

/** @throws DeviceExists */
export async function addDevice(database: Pool, entry: DeviceEntry): Promise<RegisteredDevice> {
  const rows = await write(
    database,
    `INSERT INTO site.device (${enteredColumns}) VALUES (${places}) RETURNING ${columns}`,
    values(entry),
  );
  return rows[0] as RegisteredDevice;
}

/**
 * @param asRead  its version then: what somebody else has entered since is not written over
 * @returns undefined when there is no such device (any more) @throws DeviceExists, DeviceHasChanged
 */
export async function changeDevice(
  database: Pool,
  id: number,
  entry: DeviceEntry,
  asRead?: string,
): Promise<RegisteredDevice | undefined> {
  const [idPlace, versionPlace] = [`$${keys.length + 1}`, `$${keys.length + 2}`];
  const rows = await write(
    database,
    `UPDATE site.device SET (${enteredColumns}) = (${places})
     WHERE id = ${idPlace} AND ${version} = coalesce(${versionPlace}, ${version}) RETURNING ${columns}`,
    [...values(entry), id, asRead],
  );
  if (rows[0] || !(await findDevice(database, id))) return rows[0];
  throw new DeviceHasChanged('somebody else has changed the device');
}

/** @returns the device as it now stands, or undefined when there is none */
export async function approveDevice(database: Pool, id: number): Promise<RegisteredDevice | undefined> {
  const { rows } = await database.query<RegisteredDevice>(
    `UPDATE site.device SET state = 'approved' WHERE id = $1 RETURNING ${columns}`,
    [id],
  );
  return rows[0];
}

/** @returns whether there was one; a caller that was removed waits again when it calls */
export async function removeDevice(database: Pool, id: number): Promise<boolean> {
  const { rowCount } = await database.query('DELETE FROM site.device WHERE id = $1', [id]);
  return rowCount === 1;
}

function values(entry: DeviceEntry): unknown[] {
  return keys.map((key) => entry[key]);
}

async function write(database: Pool, text: string, parameters: unknown[]): Promise<RegisteredDevice[]> {
  try {
    return (await database.query<RegisteredDevice>(text, parameters)).rows;
  } catch (error) {
    // unique_violation
    if ((error as { code?: unknown }).code === '23505')
      throw new DeviceExists('this AE title is registered at this host already', { cause: error });
    throw error;
  }
}
