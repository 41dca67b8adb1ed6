/**
 * Logging in and out with a browser: the login page sends name and password once, and gets a cookie.
 */
import { z } from 'zod';
import type { Accounts } from '#access/accounts.ts';
import { rights } from '#access/caller.ts';
import { recordAccess } from '#access/record.ts';
import { limits } from '#settings/limits.ts';
import { addressOf, placeOf, recordingRefusal, recordRefused, type Authenticators } from '../http/authenticate.ts';
import { readJson } from '../http/json.ts';
import type { OpenResource, Resource } from '../http/resource.ts';
import { clearSessionCookie, sessionSecret, setSessionCookie } from '../http/session-cookie.ts';
import type { Log } from '#settings/log.ts';
import { Problem } from '../problems.ts';

const login = z.strictObject({
  name: z.string().min(1).max(limits.access.userNameCharacters),
  // Counted in UTF-16 units here, so twice what an account's password may have.
  password: z
    .string()
    .min(1)
    .normalize('NFC')
    .max(2 * limits.access.passwordCharacters),
});
const session = z.object({
  name: z.string(),
  rights: z.array(z.enum(rights)),
  /** Its password was made here: its owner may choose one. Not of a token. */
  passwordGenerated: z.boolean(),
});

/** For browsers that are not logged in (yet, or any more). */
export function loginResources({ sessions, credentials }: Authenticators, { log }: { log: Log }): OpenResource[] {
  return [
    {
      method: 'post',
      path: '/login',
      description: { summary: 'Log in; the answer sets the session cookie', body: login, answer: session },
      async handle(request, response) {
        const { name, password } = await readJson(request, login, limits.http.loginBodyBytes);
        const address = addressOf(request);
        const account = await recordingRefusal(() => credentials.verify(name, password, address), request, log);
        const secret = account && (await sessions.open(account, placeOf(request)));
        if (!account || secret === undefined) {
          recordRefused(request, log);
          throw new Problem('notLoggedIn', 'name and password do not belong together');
        }
        // The browser has one cookie: nobody uses the session of before any more, but who may have got hold of it.
        const before = sessionSecret(request);
        if (before !== undefined) await sessions.close(before);
        setSessionCookie(response, secret);
        recordAccess(log, { caller: { kind: 'account', name: account.name, address }, action: 'login' });
        const { passwordGenerated } = account;
        response
          .set('Cache-Control', 'no-store')
          .json({ name: account.name, rights: [...account.rights], passwordGenerated });
      },
    },
    {
      method: 'post',
      path: '/logout',
      description: { summary: 'Log out; without a session it does nothing' },
      async handle(request, response) {
        const secret = sessionSecret(request);
        const caller = secret === undefined ? undefined : await sessions.find(secret);
        if (secret !== undefined && caller) {
          await sessions.close(secret);
          recordAccess(log, { caller: { ...caller, address: addressOf(request) }, action: 'logout' });
        }
        clearSessionCookie(response);
        response.status(204).end();
      },
    },
  ];
}

/** Who the caller is, by whatever it logged in with. */
export function currentSession({ accounts }: { accounts: Accounts }): Resource {
  return {
    method: 'get',
    path: '/session',
    right: 'any',
    description: { summary: 'Who is logged in', answer: session },
    async handle({ caller: { kind, name, rights } }, response) {
      const account = kind === 'account' ? await accounts.find(name) : undefined;
      const passwordGenerated = account?.passwordGenerated ?? false;
      response.set('Cache-Control', 'no-store').json({ name, rights: [...rights], passwordGenerated });
    },
  };
}
