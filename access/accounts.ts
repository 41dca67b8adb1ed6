/**
 * Accounts as they are asked for with every request: the people who log in. Rows of `site.account`; what is remembered of one holds for a
 * second at most. Who changes them: account-registry.ts.
 */
import type { Pool, QueryConfig } from 'pg';
import { noteWhereRoom } from '#index/disk-room.ts';
import { limits } from '#settings/limits.ts';
import type { Right } from './caller.ts';
import { shortMemory } from './short-memory.ts';

export interface Account {
  readonly id: number;
  readonly name: string;
  readonly passwordHash: string;
  readonly rights: ReadonlySet<Right>;
  /** Its password was made here, not chosen by its owner. */
  readonly passwordGenerated: boolean;
  /** Grows with every change of the account. */
  readonly generation: number;
}

export interface Accounts {
  /** The account of that name, upper and lower case alike; undefined when there is none. */
  find(name: string): Promise<Account | undefined>;
  /** Of what was changed just now in this process; elsewhere it holds within a second. */
  forget(name: string): void;
  /** How often each of these has changed up to now, by id; without those that are gone. */
  generations(ids: readonly number[]): Promise<ReadonlyMap<number, number>>;
  /** Notes that somebody has proved to be its owner. */
  noteSeen(account: Account): Promise<void>;
}

/** Of the account whose name is $1, as its index has it. */
export const isNamed = `lower(name COLLATE "pg_c_utf8") = lower($1 COLLATE "pg_c_utf8")`;

interface AccountRow {
  id: number;
  name: string;
  password_hash: string;
  rights: Right[];
  password_generated: boolean;
  generation: number;
}

export function openAccounts({ database }: { database: Pool }): Accounts {
  const remembered = shortMemory(
    async (name) => {
      const { rows } = await database.query<AccountRow>({
        name: 'access account by name',
        text: `SELECT id, name, password_hash, rights, password_generated, generation FROM site.account WHERE ${isNamed}`,
        values: [name],
      });
      return rows[0] && accountOf(rows[0]);
    },
    { forMs: limits.access.rowsRememberedMs, entries: limits.access.rowsRemembered },
  );
  return {
    find: async (name) => (isAccountName(name) ? remembered.get(accountKey(name)) : undefined),
    forget: (name) => remembered.forget(accountKey(name)),
    async generations(ids) {
      // As for devices that are locked out: a database that hangs is given up.
      const query: QueryConfig & { readonly query_timeout: number } = {
        name: 'access account generations',
        query_timeout: limits.access.lockedOutAnswerMs,
        text: 'SELECT id, generation FROM site.account WHERE id = ANY ($1::integer[])',
        values: [ids],
      };
      const { rows } = await database.query<Pick<AccountRow, 'id' | 'generation'>>(query);
      return new Map(rows.map(({ id, generation }) => [id, generation]));
    },
    async noteSeen({ id }) {
      await noteWhereRoom(() => database.query('UPDATE site.account SET last_seen_at = now() WHERE id = $1', [id]));
    },
  };
}

function accountOf(row: AccountRow): Account {
  return {
    id: row.id,
    name: row.name,
    passwordHash: row.password_hash,
    rights: new Set(row.rights),
    passwordGenerated: row.password_generated,
    generation: row.generation,
  };
}

/**
 * The same for every way of writing a name that leads to the same account. Letter by letter, each to one letter, as the index of names
 * does it: all at once a final Σ becomes another letter than its account has, İ two, and nobody could log in there.
 */
export function accountKey(name: string): string {
  return Array.from(name.normalize('NFC'), (letter) => String.fromCodePoint(letter.toLowerCase().codePointAt(0)!)).join(
    '',
  );
}

/**
 * Why nobody may be given this name, for it could look like another's and be a different one: characters that nobody sees
 * (formatting, other directions of writing, marks and fillers that are drawn as nothing, the empty Braille cell) and spaces beside spaces are `unseen`; letters of several alphabets, or drawn in another
 * form, `lookalike`. Undefined where it is a good one.
 */
export function whyNoNewName(name: string): 'unseen' | 'lookalike' | undefined {
  const isSeen =
    isAccountName(name) && name === name.trim() && !/[\p{C}\p{DI}\p{Zl}\p{Zp}\u2800]|[^\S ]| {2}/u.test(name);
  if (!isSeen) return 'unseen';
  return isOfOneAlphabet(name) ? undefined : 'lookalike';
}

/**
 * Highly restrictive, as Unicode Technical Standard 39 Section 5.2 calls it: letters of one script, or those that are written
 * together in East Asia; Latin, Cyrillic and Greek letters look alike and never stand in one name. Wide letters and the like (those
 * that NFKC changes) are others' letters too.
 */
function isOfOneAlphabet(name: string): boolean {
  const letters = name.normalize('NFC').replace(/[^\p{L}]/gu, '');
  const alphabets = [
    /^[\p{scx=Latin}\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}\p{scx=Bopomofo}]*$/u,
    /^\p{scx=Cyrillic}*$/u,
    /^\p{scx=Greek}*$/u,
    /^[^\p{scx=Latin}\p{scx=Cyrillic}\p{scx=Greek}]*$/u,
  ];
  return alphabets.some((alphabet) => alphabet.test(letters)) && letters === letters.normalize('NFKC');
}

/** What to do about it. */
export const newNameRules = {
  unseen: 'a name has 1 to 64 characters that can be seen, single spaces, and no colon',
  lookalike: 'letters of one alphabet only: this name could look like another one and be a different account',
} as const;

/** A colon cannot be sent by HTTP Basic (RFC 7617 Section 2), a control character should not be. */
function isAccountName(name: string): boolean {
  // oxlint-disable-next-line no-control-regex -- they are what is refused
  return name !== '' && name.length <= limits.access.userNameCharacters && !/[\u0000-\u001f\u007f:]/.test(name);
}
