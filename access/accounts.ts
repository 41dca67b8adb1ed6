/**
 * Accounts: the people who log in. Rows of `site.account`; what is remembered of one holds for a second at most.
 */
import type { Pool } from 'pg';
import { limits } from '#settings/limits.ts';
import type { Right } from './caller.ts';
import { generatePassword, hashPassword } from './passwords.ts';
import { shortMemory } from './short-memory.ts';

export interface Account {
  readonly id: number;
  readonly name: string;
  readonly passwordHash: string;
  readonly rights: ReadonlySet<Right>;
  /** Grows with every change of the account. */
  readonly generation: number;
}

export interface Accounts {
  /** The account of that name, upper and lower case alike; undefined when there is none. */
  find(name: string): Promise<Account | undefined>;
}

const allRights: readonly Right[] = ['store', 'read', 'manage'];

/** Of the account whose name is $1, as its index has it. */
const isNamed = `lower(name COLLATE "pg_c_utf8") = lower($1 COLLATE "pg_c_utf8")`;

interface AccountRow {
  id: number;
  name: string;
  password_hash: string;
  rights: Right[];
  generation: number;
}

export function openAccounts({ database }: { database: Pool }): Accounts {
  const remembered = shortMemory(
    async (name) => {
      const { rows } = await database.query<AccountRow>({
        name: 'access account by name',
        text: `SELECT id, name, password_hash, rights, generation FROM site.account WHERE ${isNamed}`,
        values: [name],
      });
      return rows[0] && accountOf(rows[0]);
    },
    { forMs: limits.access.rowsRememberedMs, entries: limits.access.rowsRemembered },
  );
  return {
    find: async (name) => (isAccountName(name) ? remembered.get(accountKey(name)) : undefined),
  };
}

function accountOf(row: AccountRow): Account {
  return {
    id: row.id,
    name: row.name,
    passwordHash: row.password_hash,
    rights: new Set(row.rights),
    generation: row.generation,
  };
}

/** The same for every way of writing a name that leads to the same account. */
export function accountKey(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

/** A colon cannot be sent by HTTP Basic (RFC 7617 Section 2), a control character should not be. */
export function isAccountName(name: string): boolean {
  // eslint-disable-next-line no-control-regex
  return name !== '' && name.length <= limits.access.userNameCharacters && !/[\u0000-\u001f\u007f:]/.test(name);
}

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
  // Two archives may start at once on one database: the first row stays, and only its maker shows a password.
  const isMade = await insert({ database, name: 'admin', rights: allRights, password: chosen });
  return isMade && password === undefined ? chosen : undefined;
}

/**
 * Makes an account.
 * @param name     of `isAccountName`; upper and lower case are the same account
 * @returns its password, made here, or undefined when there is such an account
 */
export async function addAccount(account: NewAccount): Promise<string | undefined> {
  const password = generatePassword();
  return (await insert({ ...account, password })) ? password : undefined;
}

interface NewAccount {
  readonly database: Pool;
  readonly name: string;
  readonly rights: readonly Right[];
}

/** @returns false when there is an account of that name */
async function insert({ database, name, rights, password }: NewAccount & { password: string }): Promise<boolean> {
  const { rowCount } = await database.query(
    'INSERT INTO site.account (name, password_hash, rights) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    [name.normalize('NFC'), await hashPassword(password), rights],
  );
  return rowCount === 1;
}

/** Every account by its name. */
export async function listAccounts(database: Pool): Promise<{ name: string; rights: Right[] }[]> {
  const { rows } = await database.query<{ name: string; rights: Right[] }>(
    'SELECT name, rights FROM site.account ORDER BY lower(name COLLATE "pg_c_utf8")',
  );
  return rows;
}

/** Removes an account with its sessions; never the last one that may manage, for then nobody could. */
export async function removeAccount({
  database,
  name,
}: {
  database: Pool;
  name: string;
}): Promise<'removed' | 'lastManager' | 'unknown'> {
  const client = await database.connect();
  try {
    await client.query('BEGIN');
    // Two who remove two managers at the same time must not both see the other one.
    await client.query('LOCK TABLE site.account IN SHARE ROW EXCLUSIVE MODE');
    const { rows } = await client.query<{ id: number; last: boolean }>(
      `SELECT id, 'manage' = ANY (rights) AND (SELECT count(*) FROM site.account WHERE 'manage' = ANY (rights)) = 1 AS last
       FROM site.account WHERE ${isNamed}`,
      [name.normalize('NFC')],
    );
    const [found] = rows;
    if (found && !found.last) await client.query('DELETE FROM site.account WHERE id = $1', [found.id]);
    await client.query('COMMIT');
    return !found ? 'unknown' : found.last ? 'lastManager' : 'removed';
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {}); // the connection may be gone
    throw error;
  } finally {
    client.release();
  }
}

/**
 * Gives an account a new password and ends its sessions.
 * @returns the new password, or undefined when there is no such account
 */
export async function resetPassword({ database, name }: { database: Pool; name: string }): Promise<string | undefined> {
  const password = generatePassword();
  const passwordHash = await hashPassword(password);
  // One statement, so that no session outlives the password that opened it.
  const { rows } = await database.query<{ id: number }>(
    `WITH changed AS (
       UPDATE site.account SET password_hash = $2 WHERE ${isNamed} RETURNING id
     ), ended AS (
       DELETE FROM site.session WHERE account IN (SELECT id FROM changed)
     )
     SELECT id FROM changed`,
    [name.normalize('NFC'), passwordHash],
  );
  return rows.length > 0 ? password : undefined;
}
