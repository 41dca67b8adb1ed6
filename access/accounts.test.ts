import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { limits } from '#settings/limits.ts';
import { startTestDatabase, type TestDatabase } from '#tests/test-database.ts';
import { addAccount, ensureAdministrator, findAccount, resetPassword } from './account-registry.ts';
import { openAccounts } from './accounts.ts';
import { openCredentials } from './credentials.ts';
import { TooManyGuesses } from './guesses.ts';
import { openSessions } from './sessions.ts';
import { createToken, openTokens } from './tokens.ts';

let postgres: TestDatabase;
beforeAll(async () => {
  postgres = await startTestDatabase();
});
afterAll(() => postgres[Symbol.asyncDispose]());
beforeEach(() => pool().query('TRUNCATE site.account, site.session, site.token'));

const pool = () => postgres.database.pool;
const here = '10.0.0.5';

/** Everything remembers anew, as after a restart or on another machine. */
function open() {
  const accounts = openAccounts({ database: pool() });
  return {
    accounts,
    credentials: openCredentials({ accounts }),
    sessions: openSessions({ database: pool() }),
    tokens: openTokens({ database: pool() }),
  };
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date', 'performance'] }));
afterEach(() => void vi.useRealTimers());

const resetAdmin = async () => resetPassword({ database: pool(), id: (await findAccount(pool(), 'admin'))!.id });

/** Lets as much time pass as rows may be remembered. */
const forget = () => vi.advanceTimersByTime(limits.access.rowsRememberedMs);

describe('the first account', () => {
  test('is "admin" with every right, and its generated password is said once', async () => {
    const password = await ensureAdministrator({ database: pool(), password: undefined });
    expect(password).toMatch(/^[a-z2-9]{4}(-[a-z2-9]{4}){3}$/);
    expect(await ensureAdministrator({ database: pool(), password: undefined })).toBeUndefined();
    const account = await open().credentials.verify('admin', password!, here);
    expect([...account!.rights].sort()).toEqual(['manage', 'read', 'store']);
  });

  test('takes the password of the setting, and a setting changed later changes nothing', async () => {
    expect(await ensureAdministrator({ database: pool(), password: 'Bệnh viện 115' })).toBeUndefined();
    await ensureAdministrator({ database: pool(), password: 'something else' });
    const { credentials } = open();
    expect(await credentials.verify('admin', 'Bệnh viện 115', here)).toMatchObject({ name: 'admin' });
    expect(await credentials.verify('admin', 'something else', here)).toBeUndefined();
  });

  test('is made once when two archives start at the same time', async () => {
    const said = await Promise.all([1, 2, 3].map(() => ensureAdministrator({ database: pool(), password: undefined })));
    const passwords = said.filter((password) => password !== undefined);
    expect(passwords).toHaveLength(1);
    expect(await open().credentials.verify('admin', passwords[0]!, here)).toBeDefined();
  });
});

describe('a name and a password', () => {
  beforeEach(() => ensureAdministrator({ database: pool(), password: 'right password' }));

  test('are not stored: the row holds an argon2id hash', async () => {
    const { rows } = await pool().query<{ password_hash: string }>('SELECT password_hash FROM site.account');
    expect(rows[0]!.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });

  test('are taken whatever the case of the name and the form of the accents', async () => {
    await resetAdmin();
    await pool().query('DELETE FROM site.account');
    await ensureAdministrator({ database: pool(), password: 'mật khẩu'.normalize('NFC') });
    expect(await open().credentials.verify('ADMIN', 'mật khẩu'.normalize('NFD'), here)).toBeDefined();
  });

  test('verified once are taken again without the slow hash', async () => {
    const { credentials } = open();
    const verify = () => credentials.verify('admin', 'right password', here);
    await verify();
    const order: string[] = [];
    // Nobody has verified this one: it takes one hash.
    const hashed = credentials.verify('admin', 'wrong password', here).then(() => order.push('hashed'));
    for (let n = 0; n < 200; n++) await verify();
    order.push('remembered');
    await hashed;
    expect(order).toEqual(['remembered', 'hashed']);
  });

  test('stop working within a second of a reset on another machine, and the new ones work', async () => {
    const { credentials } = open();
    expect(await credentials.verify('admin', 'right password', here)).toBeDefined();
    const password = await resetAdmin();
    forget();
    expect(await credentials.verify('admin', 'right password', here)).toBeUndefined();
    expect(await credentials.verify('admin', password!, here)).toBeDefined();
  });

  test('hold on while the account is only used, which is noted', async () => {
    const seen = async () => (await findAccount(pool(), 'admin'))!.lastSeenAt;
    expect(await seen()).toBeNull();
    const { accounts, credentials } = open();
    const before = await credentials.verify('admin', 'right password', here);
    expect(await seen()).toBeInstanceOf(Date);
    forget();
    expect(await accounts.find('admin')).toEqual(before);
  });

  test('of many requests side by side are checked once, and count as one guess', async () => {
    const { credentials } = open();
    const wrong = await Promise.all(Array.from({ length: 50 }, () => credentials.verify('admin', 'wrong', here)));
    expect(wrong.every((account) => account === undefined)).toBe(true);
    expect(await credentials.verify('admin', 'right password', here)).toBeDefined();
  });

  test('guessed six times are refused, while whoever was let in before stays in', async () => {
    const { credentials } = open();
    await credentials.verify('admin', 'right password', here);
    for (let n = 0; n < limits.access.guessesPerAccount; n++) await credentials.verify('admin', `guess ${n}`, here);
    await expect(credentials.verify('admin', 'one more', here)).rejects.toThrow(TooManyGuesses);
    expect(await credentials.verify('admin', 'right password', here)).toBeDefined();
  });

  test('guessed six times are refused, however the accents of the name are written', async () => {
    const { credentials } = open();
    const names = ['Bích', 'bích', 'BÍCH'].flatMap((name) => [name.normalize('NFC'), name.normalize('NFD')]);
    const guesses = names.map((name, n) => () => credentials.verify(name, `guess ${n}`, here));
    for (const guess of guesses.slice(0, limits.access.guessesPerAccount)) expect(await guess()).toBeUndefined();
    await expect(guesses.at(-1)!()).rejects.toThrow(TooManyGuesses);
  });

  test('of an account that does not exist, or cannot, are simply wrong', async () => {
    const { credentials } = open();
    for (const name of ['nobody', '', 'ad\0min', 'a:b', 'x'.repeat(1000), '__proto__'])
      expect(await credentials.verify(name, 'x', here)).toBeUndefined();
    expect(await credentials.verify('admin', 'x'.repeat(1_000_000), here)).toBeUndefined();
  });
});

describe('a session', () => {
  async function logIn(from = here) {
    await ensureAdministrator({ database: pool(), password: 'right password' });
    const { accounts } = open();
    return (await open().sessions.open((await accounts.find('admin'))!, from))!;
  }

  test('is found by every archive, and again after a restart', async () => {
    const secret = await logIn();
    expect(await open().sessions.find(secret)).toMatchObject({
      kind: 'account',
      name: 'admin',
      scope: { studies: 'all' },
    });
  });

  test('ends when its account has very many and it was not used for longest', async () => {
    const secret = await logIn();
    const { sessionsPerAccount } = limits.access;
    await pool().query(
      `INSERT INTO site.session (token_hash, account, expires_at, last_seen_at, opened_from)
       SELECT sha256(n::text::bytea), account, expires_at, now() + interval '1 second', opened_from
       FROM site.session, generate_series(1, $1) n`,
      [sessionsPerAccount - 1],
    );
    expect(await open().sessions.find(secret)).toBeDefined();
    const next = await logIn();
    expect(await open().sessions.find(secret)).toBeUndefined();
    expect(await open().sessions.find(next)).toBeDefined();
    const { rows } = await pool().query<{ count: number }>('SELECT count(*)::integer AS count FROM site.session');
    expect(rows[0]?.count).toBe(sessionsPerAccount);
  });

  test('of a place that signs in again and again makes room for the next of that place, and for nobody else', async () => {
    const person = await logIn('10.0.0.6 Firefox');
    const first = await logIn('10.0.0.5 script');
    // Hours ago, and the script since then without end.
    await pool().query("UPDATE site.session SET last_seen_at = now() - interval '8 hours'");
    await pool().query(
      `INSERT INTO site.session (token_hash, account, expires_at, opened_from)
       SELECT sha256(n::text::bytea), account, expires_at, opened_from
       FROM site.session, generate_series(1, $1) n WHERE token_hash = sha256($2::bytea)`,
      [limits.access.sessionsPerAccount - 2, first],
    );
    const last = await logIn('10.0.0.5 script');
    expect(await open().sessions.find(person)).toBeDefined();
    expect(await open().sessions.find(first)).toBeUndefined();
    expect(await open().sessions.find(last)).toBeDefined();
  });

  test('is kept as a SHA-256 only', async () => {
    const secret = await logIn();
    const { rows } = await pool().query<{ text: string }>('SELECT session::text AS text FROM site.session');
    expect(rows[0]!.text).not.toContain(secret);
  });

  test('ended on one machine has ended on another within a second', async () => {
    const secret = await logIn();
    const [one, other] = [open().sessions, open().sessions];
    expect(await other.find(secret)).toBeDefined();
    await one.close(secret);
    expect(await one.find(secret)).toBeUndefined();
    forget();
    expect(await other.find(secret)).toBeUndefined();
  });

  test('ends with the password that opened it', async () => {
    const secret = await logIn();
    await resetAdmin();
    expect(await open().sessions.find(secret)).toBeUndefined();
  });

  test('that is used says that its account is', async () => {
    const secret = await logIn();
    await pool().query(`UPDATE site.session SET last_seen_at = now() - interval '1 hour'`);
    expect((await findAccount(pool(), 'admin'))!.lastSeenAt).toBeNull();
    await open().sessions.find(secret);
    expect((await findAccount(pool(), 'admin'))!.lastSeenAt).toBeInstanceOf(Date);
  });

  test('loses a right within a second of its account', async () => {
    const secret = await logIn();
    const { sessions } = open();
    expect((await sessions.find(secret))!.rights.has('manage')).toBe(true);
    await pool().query(`UPDATE site.account SET rights = '{read}'`);
    forget();
    expect([...(await sessions.find(secret))!.rights]).toEqual(['read']);
  });

  test('loses it as soon when the clock of the archive is set back meanwhile', async () => {
    const secret = await logIn();
    const { sessions } = open();
    expect((await sessions.find(secret))!.rights.has('manage')).toBe(true);
    await pool().query(`UPDATE site.account SET rights = '{read}'`);
    vi.setSystemTime(Date.now() - 3_600_000);
    forget();
    expect([...(await sessions.find(secret))!.rights]).toEqual(['read']);
  });

  test('that is used lives on, up to its longest; one that is not used ends', async () => {
    const secret = await logIn();
    await pool().query(
      `UPDATE site.session SET last_seen_at = now() - interval '1 hour', expires_at = now() + interval '1 minute'`,
    );
    expect(await open().sessions.find(secret)).toBeDefined();
    const left = () =>
      pool()
        .query<{ hours: number }>(
          'SELECT extract(epoch FROM expires_at - now())::float / 3600 AS hours FROM site.session',
        )
        .then(({ rows }) => Math.round(rows[0]!.hours));
    expect(await left()).toBe(limits.access.sessionIdleMinutes / 60);
    await pool().query(
      `UPDATE site.session SET last_seen_at = now() - interval '1 hour', created_at = now() - interval '6 days 23 hours'`,
    );
    expect(await open().sessions.find(secret)).toBeDefined();
    expect(await left()).toBe(1);
    await pool().query(`UPDATE site.session SET expires_at = now() - interval '1 second'`);
    expect(await open().sessions.find(secret)).toBeUndefined();
  });

  /** As if the clock were set back. */
  const setBack = (by: string) =>
    pool().query(
      'UPDATE site.session SET created_at = created_at + $1::interval, last_seen_at = last_seen_at + $1::interval, expires_at = expires_at + $1::interval',
      [by],
    );

  test('lasts no day longer for a clock that was set back by a day', async () => {
    const secret = await logIn();
    await setBack('1 day');
    expect(await open().sessions.find(secret)).toBeUndefined();
  });

  test('that is used while the clock is put right goes on, as long as any', async () => {
    const secret = await logIn();
    await setBack('5 minutes');
    expect(await open().sessions.find(secret)).toBeDefined();
    const { rows } = await pool().query(
      'SELECT last_seen_at <= now() AS seen, expires_at <= now() + make_interval(mins => $1) AS ends FROM site.session',
      [limits.access.sessionIdleMinutes],
    );
    expect(rows).toEqual([{ seen: true, ends: true }]);
  });

  test.each(['ΒΑΣ', 'İpek', 'NGUYỄN THỊ HOÀ', 'Straße'])('is opened with the account %s', async (name) => {
    const { password } = (await addAccount({ database: pool(), name, rights: ['read'] }))!;
    for (const typed of [name, name.normalize('NFD')])
      expect(await open().credentials.verify(typed, password, here)).toMatchObject({ name });
  });

  test('opened for an account that changed meanwhile is not opened', async () => {
    await logIn();
    const account = (await open().accounts.find('admin'))!;
    await resetAdmin();
    expect(await open().sessions.open(account, here)).toBeUndefined();
  });

  test('opened while the password is being changed, with the old one, is not opened', async () => {
    await logIn();
    const account = (await open().accounts.find('admin'))!;
    // Keeps the change from its end: between its first row and its commit.
    const holder = await pool().connect();
    const waiters = async () => {
      // Not by the holder: a transaction sees one picture of this view for all its time.
      const { rows } = await pool().query<{ n: number }>(
        `SELECT count(*)::integer AS n FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return rows[0]!.n;
    };
    try {
      await holder.query('BEGIN');
      await holder.query('SELECT 1 FROM site.session FOR UPDATE');
      const reset = resetAdmin();
      await vi.waitUntil(async () => (await waiters()) === 1, { timeout: 20_000 });
      let isAnswered = false;
      const opening = open()
        .sessions.open(account, here)
        .finally(() => (isAnswered = true));
      await vi.waitUntil(async () => isAnswered || (await waiters()) === 2, { timeout: 20_000 });
      await holder.query('COMMIT');
      expect([await opening, await reset]).toEqual([undefined, expect.any(String)]);
    } finally {
      holder.release();
    }
    const { rowCount } = await pool().query('SELECT 1 FROM site.session');
    expect(rowCount).toBe(0);
  });
});

describe('an API token', () => {
  test('carries its own name and rights, and is kept as a SHA-256 only', async () => {
    const token = (await createToken({ database: pool(), name: 'worklist', rights: ['read'] }))!;
    expect(await open().tokens.find(token)).toMatchObject({
      kind: 'token',
      name: 'worklist',
      rights: new Set(['read']),
    });
    const { rows } = await pool().query<{ text: string }>('SELECT token::text AS text FROM site.token');
    expect(rows[0]!.text).not.toContain(token);
  });

  test('of a name that is taken is not made', async () => {
    await createToken({ database: pool(), name: 'worklist', rights: ['read'] });
    expect(await createToken({ database: pool(), name: 'worklist', rights: ['read'] })).toBeUndefined();
  });

  test('sees the studies of its scope', async () => {
    const token = (await createToken({ database: pool(), name: 'share', rights: ['read'] }))!;
    await pool().query(`UPDATE site.token SET studies = '{1.2.3}'`);
    expect((await open().tokens.find(token))!.scope).toEqual({ studies: ['1.2.3'] });
  });

  test('that is revoked, made up or malformed is nobody', async () => {
    const token = (await createToken({ database: pool(), name: 'worklist', rights: ['read'] }))!;
    const { tokens } = open();
    for (const wrong of ['', 'nonsense', `${token}x`, `lightbox_${'A'.repeat(43)}`, token.replace('lightbox_', '')])
      expect(await tokens.find(wrong)).toBeUndefined();
    expect(await tokens.find(token)).toBeDefined();
    await pool().query('UPDATE site.token SET revoked_at = now()');
    forget();
    expect(await tokens.find(token)).toBeUndefined();
  });
});
