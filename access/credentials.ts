/**
 * Names and passwords: HTTP Basic (RFC 7617) and the login page. A verified pair is remembered for a minute, so that a
 * program that sends it with every request does not pay for argon2 each time; any change of the account drops it.
 */
import { hash, randomBytes } from 'node:crypto';
import { keepAtMost } from '#settings/keep-at-most.ts';
import { limits } from '#settings/limits.ts';
import { accountKey, type Account, type Accounts } from './accounts.ts';
import { countGuesses } from './guesses.ts';
import { verifyPassword } from './passwords.ts';

export interface Credentials {
  /**
   * The account that a name and a password belong to; undefined when they belong to none.
   * @param address  where the request came from; wrong passwords are counted by it
   * @throws TooManyGuesses, PasswordsBusy
   */
  verify(name: string, password: string, address: string): Promise<Account | undefined>;
  /**
   * The account of a name that comes without a password, which proves nothing: guesses of the account's password do not stop it. Names
   * that are no account's count as guesses from the address.
   * @throws TooManyGuesses
   */
  named(name: string, address: string): Promise<Account | undefined>;
}

export function openCredentials({
  accounts,
  now = () => performance.now(),
}: {
  accounts: Accounts;
  now?: () => number;
}): Credentials {
  const { credentialRememberedMs, credentialsRemembered, passwordCharacters, userNameCharacters } = limits.access;
  const guesses = countGuesses({ now });
  // Verified pairs are remembered by a hash over them and a secret: a picture of our memory shows no password. In one call,
  // because a frame is asked for with each, and an HMAC object costs more than reading the frame.
  const secret = randomBytes(32).toString('base64');
  const verified = new Map<string, { id: number; generation: number; at: number }>();
  const running = new Map<string, Promise<Account | undefined>>();

  async function check(pair: string, name: string, password: string, address: string): Promise<Account | undefined> {
    const attempt = guesses.attempt(accountKey(name), address);
    let account: Account | undefined;
    let outcome: 'right' | 'wrong' | undefined;
    try {
      account = await accounts.find(name);
      outcome = (await verifyPassword(account?.passwordHash, password)) ? 'right' : 'wrong';
    } finally {
      // Only a wrong answer is a guess: not a right one, and not one that could not be checked.
      if (outcome !== 'wrong') attempt.takeBack();
    }
    if (outcome === 'wrong') return undefined;
    if (account) {
      await accounts.noteSeen(account);
      verified.set(pair, { id: account.id, generation: account.generation, at: now() });
      keepAtMost(verified, credentialsRemembered);
    }
    return account;
  }

  return {
    async named(name, address) {
      if (name.length > userNameCharacters) return undefined;
      const account = await accounts.find(name);
      guesses.nameAlone(address, account !== undefined);
      return account;
    },

    async verify(name, typed, address) {
      // Some keyboards send each mark for itself: what is counted is what was chosen.
      const password = typed.normalize('NFC');
      // Nobody's, and not to be kept among the guesses: over DIMSE a name may have 64 KiB.
      if (name.length > userNameCharacters || [...password].length > passwordCharacters) return undefined;
      const pair = hash('sha256', `${secret}\0${name.toLowerCase()}\0${password}`, 'base64');
      const known = verified.get(pair);
      if (known && now() - known.at < credentialRememberedMs) {
        const account = await accounts.find(name);
        if (account?.id === known.id && account.generation === known.generation) return account;
      }
      verified.delete(pair);
      // A browser sends its first requests side by side: they share one check, and count as one guess.
      const shared = `${pair} ${address}`;
      let checking = running.get(shared);
      if (!checking) {
        checking = check(pair, name, password, address).finally(() => running.delete(shared));
        running.set(shared, checking);
      }
      return checking;
    },
  };
}
