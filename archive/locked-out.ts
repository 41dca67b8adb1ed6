/**
 * Ends what is open and lasts, at every archive: associations of devices that somebody refuses or removes from the registry, so that
 * one click locks a device out; associations and HTTP requests whose account was changed or removed; requests whose session has ended or
 * whose token was revoked. What else changes of a device's entry holds from its next association on.
 */
import type { Accounts } from '#access/accounts.ts';
import type { Caller } from '#access/caller.ts';
import type { Devices } from '#access/devices.ts';
import type { Sessions } from '#access/sessions.ts';
import type { Tokens } from '#access/tokens.ts';
import { lookEvery, type LookOptions } from '#index/look-every.ts';
import { limits } from '#settings/limits.ts';

const { lockedOutMs: everyMs } = limits.access;

/** An association, or a request that is being answered. */
export interface Abortable {
  abort(why: string): void;
}

/** Who stands behind it: a device, an account, both, a session, a token, or nobody whom anybody knows. */
export type Behind = Pick<Caller, 'device' | 'accountThen' | 'session' | 'token'>;

/** What is asked about them. */
export type LockedOutParts = Pick<Devices, 'lockedOut'> &
  Pick<Accounts, 'generations'> &
  Pick<Sessions, 'ended'> &
  Pick<Tokens, 'revoked'>;

/** @param what  is open, for the log; @param open  those that are, which it takes out of the map as it ends them */
export function watchLockedOut<Open extends Abortable>(
  what: string,
  open: Map<Open, Behind>,
  { log, ...parts }: LockedOutParts & Pick<LookOptions, 'log'>,
): AsyncDisposable {
  return lookEvery({ what: `the end of ${what} of whoever is locked out`, everyMs, log }, async () => {
    const looked = [...open];
    const whyNot = await askAbout(
      looked.map(([, behind]) => behind),
      parts,
    );
    for (const [each, behind] of looked) {
      const why = whyNot(behind);
      // Taken out, so that its end is not taken for a failure of the device. One that has ended meanwhile is no more to be aborted.
      if (why !== undefined && open.delete(each)) each.abort(why);
    }
    return false;
  });
}

/** @returns why one of them is locked out; undefined where it is not */
async function askAbout(
  all: readonly Behind[],
  { lockedOut, generations, ended, revoked }: LockedOutParts,
): Promise<(behind: Behind) => string | undefined> {
  // At once: each may wait for its answer, and whoever closes us waits for it. Where one fails, the next look asks all again.
  const [gone, now, over, bad] = await Promise.all([
    asked(lockedOut, known(all.map(({ device }) => device))),
    asked(generations, known(all.map(({ accountThen }) => accountThen?.id))),
    asked(ended, known(all.map(({ session }) => session))),
    asked(revoked, known(all.map(({ token }) => token))),
  ]);
  return ({ device, accountThen, session, token }) => {
    if (device !== undefined && gone?.has(device)) return 'the device registry does not let this device in any more';
    if (accountThen && now?.get(accountThen.id) !== accountThen.generation)
      return 'the account behind it was changed or removed';
    if (session !== undefined && over?.has(session)) return 'the session has ended';
    if (token !== undefined && bad?.has(token)) return 'the token was revoked';
    return undefined;
  };
}

async function asked<Id, Answer>(ask: (ids: readonly Id[]) => Promise<Answer>, ids: readonly Id[]) {
  return ids.length > 0 ? ask(ids) : undefined;
}

function known<Id>(ids: readonly (Id | undefined)[]): Id[] {
  return [...new Set(ids.filter((id) => id !== undefined))];
}
