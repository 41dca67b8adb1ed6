/**
 * Everybody's own password. The old one is asked for, so that an unattended session does not become somebody's account, and guesses
 * of it count as guesses at the login do.
 */
import type { Pool } from 'pg';
import { z } from 'zod';
import { choosePassword } from '#access/account-registry.ts';
import { accountKey, type Accounts } from '#access/accounts.ts';
import { recordAccess } from '#access/record.ts';
import { limits } from '#settings/limits.ts';
import type { Log } from '#settings/log.ts';
import { placeOf, recordingRefusal, type Authenticators } from '../http/authenticate.ts';
import { readJson } from '../http/json.ts';
import type { Resource } from '../http/resource.ts';
import { ownSession, setSessionCookie } from '../http/session-cookie.ts';
import { Problem } from '../problems.ts';

const { passwordFewestCharacters: fewest, passwordCharacters: most } = limits.access;

const change = z.strictObject({
  oldPassword: z
    .string()
    .min(1)
    .normalize('NFC')
    .max(2 * most),
  newPassword: z
    .string()
    .normalize('NFC')
    .refine((text) => {
      const { length } = [...text];
      return length >= fewest && length <= most;
    }, `${fewest} to ${most} characters`),
});

export interface OwnPasswordParts extends Pick<Authenticators, 'credentials' | 'sessions'> {
  readonly database: Pool;
  readonly accounts: Accounts;
  readonly log: Log;
}

export function ownPassword({ database, accounts, credentials, sessions, log }: OwnPasswordParts): Resource {
  return {
    method: 'put',
    path: '/password',
    right: 'any',
    description: {
      summary:
        "Change one's own password; other sessions of the account end, and this one goes on under another cookie",
      body: change,
    },
    async handle(request, response) {
      const { caller } = request;
      if (caller.kind !== 'account') throw new Problem('notAuthorized', 'an API token has no password');
      const { oldPassword, newPassword } = await readJson(request, change);
      if (accountKey(newPassword) === accountKey(caller.name))
        throw new Problem('badRequest', 'newPassword: is the name of the account');
      if (newPassword === oldPassword) throw new Problem('badRequest', 'newPassword: is the old one');
      const address = caller.address ?? '';
      const account = await recordingRefusal(() => credentials.verify(caller.name, oldPassword, address), request, log);
      if (!account || !(await choosePassword({ database, account, password: newPassword }))) {
        recordAccess(log, { caller, action: 'refused', managed: 'own password' });
        throw new Problem('wrongPassword', 'the old password is not right');
      }
      accounts.forget(account.name);
      sessions.forgetAll();
      // A cookie that somebody else has got hold of ends with the password: this browser goes on with another one.
      const changed = ownSession(request) === undefined ? undefined : await accounts.find(account.name);
      const secret = changed && (await sessions.open(changed, placeOf(request)));
      if (secret !== undefined) setSessionCookie(response, secret);
      recordAccess(log, {
        caller,
        action: 'manage',
        managed: `account ${account.id} (${account.name}) chose a password`,
      });
      response.status(204).end();
    },
  };
}
