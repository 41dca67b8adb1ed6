/**
 * Sessions: browsers that are logged in. Rows of `site.session`, so that they outlive the archive's restart and one
 * that is ended is ended everywhere within a second.
 */
import type { Pool } from 'pg';
import { noteWhereRoom } from '#index/disk-room.ts';
import { limits } from '#settings/limits.ts';
import type { Account } from './accounts.ts';
import type { Caller, Right } from './caller.ts';
import { looksLikeSecret, newSecret, secretHash } from './secrets.ts';
import { shortMemory } from './short-memory.ts';

export interface Sessions {
  /**
   * Logs an account in.
   * @param from  the address and the program that ask: those of one place make room for each other
   * @returns the secret for the cookie; undefined when the account has changed since it was verified, or is gone
   */
  open(account: Account, from: string): Promise<string | undefined>;
  /** Who a cookie's secret stands for; undefined when the session has ended or never was. */
  find(secret: string): Promise<Caller | undefined>;
  close(secret: string): Promise<void>;
  /** Which of these, each as a caller has it, are not open any more. */
  ended(sessions: readonly string[]): Promise<ReadonlySet<string>>;
  /** Of what was changed just now in this process; elsewhere it holds within a second. */
  forgetAll(): void;
}

/** A clock that is put right by less costs nobody the session. */
const correctedMinutes = 60;

interface SessionRow {
  account: number;
  generation: number;
  name: string;
  rights: Right[];
  stale: boolean;
  signedInLately: boolean;
}

export function openSessions({ database }: { database: Pool }): Sessions {
  const { sessionIdleMinutes, sessionMinutes, signedInLatelyMinutes, seenNotedSeconds } = limits.access;
  const { rowsRememberedMs, rowsRemembered, sessionsPerAccount } = limits.access;

  async function load(secret: string): Promise<Caller | undefined> {
    // An UPDATE per request would be a commit per request: it is noted once a minute that a session is used.
    const hash = secretHash(secret);
    const { rows } = await database.query<SessionRow>({
      name: 'access session',
      // "Not between", and an end of idleness: a clock that was set back by a day must let nobody stay for a day longer.
      text: `SELECT a.id AS account, a.generation, a.name, a.rights,
               s.last_seen_at NOT BETWEEN now() - make_interval(secs => $2) AND now() AS stale,
               s.created_at BETWEEN now() - make_interval(mins => $3) AND now() + interval '1 minute' AS "signedInLately"
             FROM site.session s JOIN site.account a ON a.id = s.account
             WHERE s.token_hash = $1 AND s.expires_at > now() AND s.expires_at <= now() + make_interval(mins => $4)`,
      values: [hash, seenNotedSeconds, signedInLatelyMinutes, sessionIdleMinutes + correctedMinutes],
    });
    const row = rows[0];
    if (!row) return undefined;
    if (row.stale) await noteWhereRoom(() => noteSeen(secret, row.account));
    const { account: id, generation, name, signedInLately } = row;
    return {
      kind: 'account',
      name,
      rights: new Set(row.rights),
      scope: { studies: 'all' },
      signedInLately,
      accountThen: { id, generation },
      session: hash.toString('hex'),
    };
  }

  async function noteSeen(secret: string, account: number): Promise<void> {
    await database.query(
      `UPDATE site.session SET last_seen_at = now(),
         expires_at = least(now() + make_interval(mins => $2), created_at + make_interval(mins => $3))
       WHERE token_hash = $1`,
      [secretHash(secret), sessionIdleMinutes, sessionMinutes],
    );
    // Not in the same statement: who changes an account locks its row first, and then those of its sessions.
    await database.query('UPDATE site.account SET last_seen_at = now() WHERE id = $1', [account]);
  }
  const remembered = shortMemory(load, { forMs: rowsRememberedMs, entries: rowsRemembered });

  return {
    async open(account, from) {
      const secret = newSecret();
      await database.query('DELETE FROM site.session WHERE expires_at < now()');
      // The account is read again here: a password changed while this one was checked opens nothing. Its row is held, so that
      // whoever is changing it at this moment is waited for, or sees this session and ends it.
      const { rowCount } = await database.query(
        `INSERT INTO site.session (token_hash, account, expires_at, opened_from)
         SELECT $1, id, now() + make_interval(mins => $4), $5 FROM site.account WHERE id = $2 AND generation = $3
         FOR SHARE`,
        [secretHash(secret), account.id, account.generation, sessionIdleMinutes, secretHash(from)],
      );
      // Without it whoever knows a password fills the table by logging in again and again. Of the place that has most goes the one that was
      // not used for longest: a program that signs in each minute ends its own, and not those of people who share its account.
      await database.query(
        `DELETE FROM site.session WHERE token_hash IN (
           SELECT token_hash FROM site.session WHERE account = $1
           ORDER BY row_number() OVER (PARTITION BY opened_from ORDER BY last_seen_at DESC, created_at DESC),
             last_seen_at DESC, created_at DESC OFFSET $2)`,
        [account.id, sessionsPerAccount],
      );
      return rowCount === 1 ? secret : undefined;
    },
    async find(secret) {
      return looksLikeSecret(secret) ? remembered.get(secret) : undefined;
    },
    async close(secret) {
      await database.query('DELETE FROM site.session WHERE token_hash = $1', [secretHash(secret)]);
      remembered.forget(secret);
    },
    async ended(sessions) {
      const query = {
        name: 'access open sessions',
        query_timeout: limits.access.lockedOutAnswerMs,
        text: `SELECT encode(token_hash, 'hex') AS session FROM site.session
               WHERE token_hash IN (SELECT decode(hash, 'hex') FROM unnest($1::text[]) AS hash) AND expires_at > now()`,
        values: [sessions],
      };
      const { rows } = await database.query<{ session: string }>(query);
      const gone = new Set(sessions);
      for (const { session } of rows) gone.delete(session);
      return gone;
    },
    forgetAll: () => remembered.forgetAll(),
  };
}
