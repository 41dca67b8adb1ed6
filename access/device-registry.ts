/**
 * The device registry as administrators see and change it. What they change holds at every archive within a second:
 * nobody remembers a row for longer (access/devices.ts).
 */
import type { Pool } from 'pg';

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
  /** Gets Instance Availability Notifications (PS3.4 Annex R); undefined where it is not said. */
  readonly wantsAvailability?: boolean | undefined;
}

export interface RegisteredDevice extends DeviceEntry {
  readonly id: number;
  /** Abstract syntax UIDs of the association that was refused last. */
  readonly asked: readonly string[];
  readonly storedInstances: number;
  readonly lastStoredAt: Date | null;
  readonly lastSeenAt: Date | null;
  readonly createdAt: Date;
}

/** The registry has this AE title at this host already. */
export class DeviceExists extends Error {
  override name = 'DeviceExists';
}

const columns = `id, ae_title AS "aeTitle", host, port, state, default_issuer AS "defaultIssuer", on_other_bytes AS "onOtherBytes",
  wants_availability AS "wantsAvailability",
  asked, stored_instances AS "storedInstances", last_stored_at AS "lastStoredAt", last_seen_at AS "lastSeenAt",
  created_at AS "createdAt"`;

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

/** @throws DeviceExists */
export async function addDevice(database: Pool, entry: DeviceEntry): Promise<RegisteredDevice> {
  const rows = await write(
    database,
    `INSERT INTO site.device (ae_title, host, port, state, default_issuer, on_other_bytes, wants_availability)
     VALUES ($1, $2, $3, $4, $5, $6, coalesce($7, false)) RETURNING ${columns}`,
    values(entry),
  );
  return rows[0] as RegisteredDevice;
}

/** @returns undefined when there is no such device (any more) @throws DeviceExists */
export async function changeDevice(
  database: Pool,
  id: number,
  entry: DeviceEntry,
): Promise<RegisteredDevice | undefined> {
  const rows = await write(
    database,
    `UPDATE site.device SET ae_title = $1, host = $2, port = $3, state = $4, default_issuer = $5, on_other_bytes = $6,
       wants_availability = coalesce($7, wants_availability)
     WHERE id = $8 RETURNING ${columns}`,
    [...values(entry), id],
  );
  return rows[0];
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

function values({
  aeTitle,
  host,
  port,
  state,
  defaultIssuer,
  onOtherBytes,
  wantsAvailability,
}: DeviceEntry): unknown[] {
  return [aeTitle, host, port, state, defaultIssuer, onOtherBytes, wantsAvailability ?? null];
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
