/**
 * The accounts for administrators: who may log in and do what. Passwords are made here and answered once; nobody is told one later,
 * and none is written down anywhere. Who changes one from a browser has given the own password lately: an unattended session makes
 * nobody an administrator.
 */
import type { Pool } from 'pg';
import { z } from 'zod';
import {
  addAccount,
  changeRights,
  findAccount,
  LastManager,
  listAccounts,
  removeAccount,
  resetPassword,
  type RegisteredAccount,
} from '#access/account-registry.ts';
import { accountKey, newNameRules, whyNoNewName, type Accounts } from '#access/accounts.ts';
import { rights } from '#access/caller.ts';
import { recordAccess } from '#access/record.ts';
import type { Sessions } from '#access/sessions.ts';
import type { Log } from '#settings/log.ts';
import { readJson } from '../http/json.ts';
import type { CallerRequest, Resource } from '../http/resource.ts';
import { ownSession } from '../http/session-cookie.ts';
import { Problem } from '../problems.ts';
import { largestInteger, numberIn, there } from './numbered.ts';

const noAccount = 'no such account';

const someRights = z
  .array(z.enum(rights))
  .min(1)
  .max(rights.length)
  .overwrite((given) => [...new Set(given)]);
const newAccount = z.strictObject({
  name: z
    .string()
    .trim()
    .refine((name) => whyNoNewName(name) !== 'unseen', newNameRules.unseen),
  rights: someRights,
});
const otherRights = z.strictObject({ rights: someRights });
const time = z.iso.datetime();
const account = z.object({
  id: z.int(),
  name: z.string(),
  rights: z.array(z.enum(rights)),
  /** Its password was made here, and its owner has not chosen one since. */
  passwordGenerated: z.boolean(),
  createdAt: time,
  /** When it was used last, to within a minute. */
  lastSeenAt: time.nullable(),
});
const password = z.string();

export interface AccountParts {
  readonly database: Pool;
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly log: Log;
}

export function accountResources({ database, accounts, sessions, log }: AccountParts): Resource[] {
  const note = ({ caller }: CallerRequest, { id, name }: RegisteredAccount, what: string): void =>
    recordAccess(log, { caller, action: 'manage', managed: `account ${id} (${name}) ${what}` });
  const idIn = (request: CallerRequest) => numberIn(request, 'account', noAccount, largestInteger);
  const found = async (request: CallerRequest) => there(await findAccount(database, idIn(request)), noAccount);
  /** What is remembered here would let it in for another second. */
  const forget = ({ name }: RegisteredAccount): void => {
    accounts.forget(name);
    sessions.forgetAll();
  };

  return [
    {
      method: 'get',
      path: '/accounts',
      right: 'manage',
      description: { summary: 'Who may log in, and do what', answer: z.object({ accounts: z.array(account) }) },
      async handle(_request, response) {
        response.set('Cache-Control', 'no-store').json({ accounts: await listAccounts(database) });
      },
    },
    {
      method: 'post',
      path: '/accounts',
      right: 'manage',
      signedInLately: true,
      description: {
        summary: 'Add an account; its password is answered this once',
        body: newAccount,
        answer: z.object({ account, password }),
      },
      async handle(request, response) {
        const entered = await readJson(request, newAccount);
        if (whyNoNewName(entered.name)) throw new Problem('lookalikeName', newNameRules.lookalike);
        const added = await addAccount({ database, ...entered });
        if (!added) throw new Problem('alreadyThere', 'there is an account of this name already');
        // That there was none may be remembered.
        forget(added.account);
        note(request, added.account, `added: ${added.account.rights.join(', ')}`);
        response.set('Cache-Control', 'no-store').status(201).json(added);
      },
    },
    {
      method: 'put',
      path: '/accounts/:account/rights',
      right: 'manage',
      signedInLately: true,
      description: {
        summary: 'Change what an account may do; it is signed out, but for the session that does it',
        body: otherRights,
        answer: account,
      },
      async handle(request, response) {
        const id = idIn(request);
        const entered = await readJson(request, otherRights);
        const keepSession = ownSession(request);
        const changed = there(
          await changeRights({ database, id, ...entered, keepSession }).catch(refuseLastManager),
          noAccount,
        );
        forget(changed);
        note(request, changed, `may ${changed.rights.join(', ')}`);
        response.json(changed);
      },
    },
    {
      method: 'post',
      path: '/accounts/:account/password',
      right: 'manage',
      signedInLately: true,
      description: {
        summary: "Make a new password for somebody else's account, answered this once; the account is signed out",
        answer: z.object({ password }),
      },
      async handle(request, response) {
        const account = await found(request);
        refuseOwn(request, account);
        const made = there(await resetPassword({ database, id: account.id }), noAccount);
        forget(account);
        note(request, account, 'got a new password');
        response.set('Cache-Control', 'no-store').json({ password: made });
      },
    },
    {
      method: 'delete',
      path: '/accounts/:account',
      right: 'manage',
      signedInLately: true,
      description: { summary: "Remove somebody else's account; it is signed out" },
      async handle(request, response) {
        const account = await found(request);
        refuseOwn(request, account);
        if (!(await removeAccount({ database, id: account.id }).catch(refuseLastManager)))
          throw new Problem('notFound', noAccount);
        forget(account);
        note(request, account, 'removed');
        response.status(204).end();
      },
    },
  ];
}

/** Nobody locks himself out by a slip, and an unattended session gives nobody its account for good. */
function refuseOwn({ caller }: CallerRequest, { name }: RegisteredAccount): void {
  if (caller.kind === 'account' && accountKey(caller.name) === accountKey(name))
    throw new Problem('ownAccount', 'this is the account that you are signed in with');
}

function refuseLastManager(error: unknown): never {
  if (error instanceof LastManager) throw new Problem('lastManager', error.message, { cause: error });
  throw error;
}
