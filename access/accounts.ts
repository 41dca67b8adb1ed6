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
        text: 'SELECT id, name, password_hash, rights, generation FROM site.account WHERE lower(name) = lower($1)',
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
function isAccountName(name: string): boolean {
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
  const { rowCount } = await database.query(
    'INSERT INTO site.account (name, password_hash, rights) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    ['admin', await hashPassword(chosen), allRights],
  );
  return rowCount === 1 && password === undefined ? chosen : undefined;
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
       UPDATE site.account SET password_hash = $2 WHERE lower(name) = lower($1) RETURNING id
     ), ended AS (
       DELETE FROM site.session WHERE account IN (SELECT id FROM changed)
     )
     SELECT id FROM changed`,
    [name.normalize('NFC'), passwordHash],
  );
  return rows.length > 0 ? password : undefined;
}
