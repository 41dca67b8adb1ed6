/**
 * The accounts as administrators see and change them, over HTTP and by command. A change holds at every archive within a second:
 * nobody remembers a row for longer (accounts.ts, sessions.ts). It ends the sessions of the account in the same transaction,
 * so that no session outlives what opened it.
 */
import type { Pool, PoolClient } from 'pg';
import { inTransaction } from '#index/transaction.ts';
import { type Account, isNamed } from './accounts.ts';
import { rights as allRights, type Right } from './caller.ts';
import { generatePassword, hashPassword } from './passwords.ts';
import { secretHash } from './secrets.ts';

export interface RegisteredAccount {
  readonly id: number;
  readonly name: string;
  readonly rights: readonly Right[];
  /** Its password was made here, not chosen by its owner. */
  readonly passwordGenerated: boolean;
  readonly createdAt: Date;
  /** When somebody last proved to be its owner, to within a minute; null for never. */
  readonly lastSeenAt: Date | null;
}

/** It is the last account that may manage: without it nobody could. */
export class LastManager extends Error {
  override name = 'LastManager';
}

interface Which {
  readonly database: Pool;
  readonly id: number;
}

const columns = `id, name, rights, password_generated AS "passwordGenerated", created_at AS "createdAt",
  last_seen_at AS "lastSeenAt"`;

/**
 * Makes the first account, `admin`, where there is no account at all.
 * @returns the password when it was generated here and must be shown to somebody, once
 */
export async function ensureAdministrator({
  database,
  password,
}: {
  database: Pool;
  password: string | undefined;
}): Promise<string | undefined> {
  const { rows } = await database.query('SELECT 1 FROM site.account LIMIT 1');
  if (rows.length > 0) return undefined;
  const chosen = password ?? generatePassword();
  const isGenerated = password === undefined;
  // Two archives may start at once on one database: the first row stays, and only its maker shows a password.
  const made = await insert({ database, name: 'admin', rights: allRights, password: chosen, isGenerated });
  return made && isGenerated ? chosen : undefined;
}

interface NewAccount {
  readonly database: Pool;
  readonly name: string;
  readonly rights: readonly Right[];
}

/**
 * Makes an account.
 * @param name     a good one by `whyNoNewName`; upper and lower case are the same account
 * @returns it with its password, made here; undefined when there is such an account
 */
export async function addAccount(
  account: NewAccount,
): Promise<{ account: RegisteredAccount; password: string } | undefined> {
  const password = generatePassword();
  const made = await insert({ ...account, password, isGenerated: true });
  return made && { account: made, password };
}

/** @returns undefined when there is an account of that name */
async function insert({
  database,
  name,
  rights,
  password,
  isGenerated,
}: NewAccount & { password: string; isGenerated: boolean }): Promise<RegisteredAccount | undefined> {
  const { rows } = await database.query<RegisteredAccount>(
    `INSERT INTO site.account (name, password_hash, rights, password_generated) VALUES ($1, $2, $3, $4)
     ON CONFLICT DO NOTHING RETURNING ${columns}`,
    [name.normalize('NFC'), await hashPassword(password), rights, isGenerated],
  );
  return rows[0];
}

/** Every account by its name. */
export async function listAccounts(database: Pool): Promise<RegisteredAccount[]> {
  const { rows } = await database.query<RegisteredAccount>(
    `SELECT ${columns} FROM site.account ORDER BY lower(name COLLATE "pg_c_utf8")`,
  );
  return rows;
}

/** By its name, upper and lower case alike, or its number. */
export async function findAccount(database: Pool, which: string | number): Promise<RegisteredAccount | undefined> {
  const { rows } = await database.query<RegisteredAccount>(
    `SELECT ${columns} FROM site.account WHERE ${typeof which === 'number' ? 'id = $1' : isNamed}`,
    [typeof which === 'number' ? which : which.normalize('NFC')],
  );
  return rows[0];
}

/**
 * Gives an account other rights, and ends its sessions; the same rights change nothing.
 * @param keepSession  the secret of the one that is not ended by it: that of the owner who does it
 * @returns undefined when there is no such account
 * @throws LastManager
 */
export async function changeRights({
  database,
  id,
  rights,
  keepSession,
}: Which & { rights: readonly Right[]; keepSession?: string | undefined }): Promise<RegisteredAccount | undefined> {
  return withoutOthers(database, async (client) => {
    if (!rights.includes('manage')) await refuseLastManager(client, id);
    const { rowCount } = await client.query(
      'UPDATE site.account SET rights = $2 WHERE id = $1 AND NOT (rights @> $2::text[] AND rights <@ $2::text[])',
      [id, rights],
    );
    if (rowCount === 1) await endSessions(client, id, keepSession);
    const { rows } = await client.query<RegisteredAccount>(`SELECT ${columns} FROM site.account WHERE id = $1`, [id]);
    return rows[0];
  });
}

/**
 * Removes an account with its sessions.
 * @returns false when there is no such account
 * @throws LastManager
 */
export async function removeAccount({ database, id }: Which): Promise<boolean> {
  return withoutOthers(database, async (client) => {
    await refuseLastManager(client, id);
    const { rowCount } = await client.query('DELETE FROM site.account WHERE id = $1', [id]);
    return rowCount === 1;
  });
}

/**
 * Gives an account a new password and ends its sessions.
 * @returns the new password, made here, or undefined when there is no such account
 */
export async function resetPassword({ database, id }: Which): Promise<string | undefined> {
  const password = generatePassword();
  const isSet = await setPassword({ database, id, password, isGenerated: true });
  return isSet ? password : undefined;
}

/**
 * Gives an account the password that its owner has chosen, and ends its sessions.
 * @param account  as it was when its old password was verified
 * @returns false when it has changed since, or is gone
 */
export async function choosePassword({
  account: { id, generation },
  ...rest
}: Omit<Which, 'id'> & { account: Account; password: string }): Promise<boolean> {
  return setPassword({ ...rest, id, generation, isGenerated: false });
}

async function setPassword({
  database,
  id,
  generation,
  password,
  isGenerated,
}: Which & { generation?: number; password: string; isGenerated: boolean }): Promise<boolean> {
  const passwordHash = await hashPassword(password);
  return withoutOthers(database, async (client) => {
    const { rowCount } = await client.query(
      `UPDATE site.account SET password_hash = $2, password_generated = $3
       WHERE id = $1 AND generation = coalesce($4, generation)`,
      [id, passwordHash, isGenerated, generation ?? null],
    );
    if (rowCount === 1) await endSessions(client, id);
    return rowCount === 1;
  });
}

/**
 * After the account was changed, and in a statement of its own: it then sees the session of whoever logged in with the old row and
 * was waited for (sessions.ts); one that shares the change's snapshot does not, and leaves that session.
 */
async function endSessions(client: PoolClient, id: number, keepSession?: string): Promise<void> {
  await client.query('DELETE FROM site.session WHERE account = $1 AND token_hash IS DISTINCT FROM $2', [
    id,
    hashOf(keepSession),
  ]);
}

const hashOf = (secret: string | undefined) => (secret === undefined ? null : secretHash(secret));

async function refuseLastManager(client: PoolClient, id: number): Promise<void> {
  const { rows } = await client.query<{ id: number }>(
    `SELECT id FROM site.account WHERE 'manage' = ANY (rights) LIMIT 2`,
  );
  if (rows.length === 1 && rows[0]!.id === id) throw new LastManager('this is the last account that may manage');
}

/** In a transaction that nobody else changes accounts beside: two who remove two managers must not both see the other one. */
async function withoutOthers<T>(database: Pool, change: (client: PoolClient) => Promise<T>): Promise<T> {
  return inTransaction(database, async (client) => {
    await client.query('LOCK TABLE site.account IN SHARE ROW EXCLUSIVE MODE');
    return change(client);
  });
}
