/**
 * API tokens: secrets for programs, made by `lightbox token create`, sent as `Authorization: Bearer` (RFC 6750).
 */
import type { Pool } from 'pg';
import type { Uid } from '#dicom/data/uid.ts';
import { noteWhereRoom } from '#index/disk-room.ts';
import { limits } from '#settings/limits.ts';
import type { Caller, Right } from './caller.ts';
import { looksLikeSecret, newSecret, secretHash } from './secrets.ts';
import { shortMemory } from './short-memory.ts';

/** Lets a person, and a scanner for leaked secrets, see what it is. */
const prefix = 'lightbox_';

export interface Tokens {
  /** Who a token stands for; undefined when it is unknown or revoked. */
  find(token: string): Promise<Caller | undefined>;
  /** Which of these, by number, nobody takes any more. */
  revoked(tokens: readonly number[]): Promise<ReadonlySet<number>>;
}

interface TokenRow {
  id: number;
  name: string;
  rights: Right[];
  studies: Uid[] | null;
  stale: boolean;
}

export function openTokens({ database }: { database: Pool }): Tokens {
  const { seenNotedSeconds, rowsRememberedMs, rowsRemembered } = limits.access;

  async function load(token: string): Promise<Caller | undefined> {
    const { rows } = await database.query<TokenRow>({
      name: 'access token',
      text: `SELECT id, name, rights, studies,
               coalesce(last_used_at < now() - make_interval(secs => $2), true) AS stale
             FROM site.token WHERE token_hash = $1 AND revoked_at IS NULL`,
      values: [secretHash(token), seenNotedSeconds],
    });
    const row = rows[0];
    if (!row) return undefined;
    if (row.stale) await noteWhereRoom(() => noteUsed(token));
    const { id, name, studies } = row;
    return { kind: 'token', name, rights: new Set(row.rights), scope: { studies: studies ?? 'all' }, token: id };
  }

  async function noteUsed(token: string): Promise<void> {
    await database.query('UPDATE site.token SET last_used_at = now() WHERE token_hash = $1', [secretHash(token)]);
  }
  const remembered = shortMemory(load, { forMs: rowsRememberedMs, entries: rowsRemembered });
  return {
    find: async (token) => (looksLikeSecret(token, prefix) ? remembered.get(token) : undefined),
    async revoked(tokens) {
      const query = {
        name: 'access good tokens',
        query_timeout: limits.access.lockedOutAnswerMs,
        text: 'SELECT id FROM site.token WHERE id = ANY ($1::integer[]) AND revoked_at IS NULL',
        values: [tokens],
      };
      const { rows } = await database.query<{ id: number }>(query);
      const gone = new Set(tokens);
      for (const { id } of rows) gone.delete(id);
      return gone;
    },
  };
}

/** @returns the token, which is shown this once; undefined when the name is taken */
export async function createToken({
  database,
  name,
  rights,
}: {
  database: Pool;
  name: string;
  rights: readonly Right[];
}): Promise<string | undefined> {
  const token = newSecret(prefix);
  const { rowCount } = await database.query(
    'INSERT INTO site.token (name, token_hash, rights) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING',
    [name, secretHash(token), rights],
  );
  return rowCount === 1 ? token : undefined;
}

/** Ends a token: within `rowsRememberedMs` nobody takes it any more. Its row stays, for the record. */
export async function revokeToken({ database, name }: { database: Pool; name: string }): Promise<void> {
  await database.query('UPDATE site.token SET revoked_at = now() WHERE name = $1 AND revoked_at IS NULL', [name]);
}
