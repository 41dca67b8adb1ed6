/**
 * Counts wrong passwords, so that nobody finds one by trying: after a few for one account from one address, many
 * from one address, or many for one account from all addresses, the next is not even checked. Only what was checked counts, and
 * each wrong one is forgotten after a minute. The last of these limits holds only for an address that has guessed at the account
 * itself lately: a crowd of addresses has one guess each at most then, and keeps nobody out who comes from another address and has his
 * password right, however long it goes on. Whoever sits behind the same address as a guesser waits until the guessing ends, and a
 * minute longer; whoever is logged in already is not touched at all.
 */
import { keepAtMost } from '#settings/keep-at-most.ts';
import { limits } from '#settings/limits.ts';

/** Too many wrong passwords lately. */
export class TooManyGuesses extends Error {
  override name = 'TooManyGuesses';
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number) {
    super('too many wrong passwords');
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export interface Guesses {
  /** Counts an attempt that is about to be checked, until it is taken back: it was right, or could not be checked. @throws TooManyGuesses */
  attempt(account: string, address: string): { takeBack(): void };
  /** A name without a password, which only says whether there is such an account: counts by its address, where there is none. @throws TooManyGuesses */
  nameAlone(address: string, exists: boolean): void;
}

export function countGuesses({ now = () => performance.now() }: { now?: () => number } = {}): Guesses {
  const { guessesPerAccount, guessesPerAddress, guessesFromEverywhere, guessesCountMs, guessersRemembered } =
    limits.access;
  const byBoth = new Map<string, number[]>();
  const byAddress = new Map<string, number[]>();
  const byAccount = new Map<string, number[]>();

  function recent(times: Map<string, number[]>, key: string): number[] {
    // The same list as before: an attempt that is still being checked is taken back from it.
    const left = times.get(key) ?? [];
    while (left[0] !== undefined && now() - left[0] >= guessesCountMs) left.shift();
    // Kept in order of last use, so that the one forgotten for want of room is the one that has been quiet longest.
    times.delete(key);
    times.set(key, left);
    keepAtMost(times, guessersRemembered);
    return left;
  }

  function stopAt(times: readonly number[], most: number): void {
    const oldest = times[times.length - most];
    if (oldest !== undefined) throw new TooManyGuesses(Math.ceil((oldest + guessesCountMs - now()) / 1000));
  }

  return {
    attempt(account, address) {
      const here = recent(byAddress, address);
      const both = recent(byBoth, `${account}\n${address}`);
      const everywhere = recent(byAccount, account);
      stopAt(both, guessesPerAccount);
      stopAt(here, guessesPerAddress);
      if (both.length > 0) stopAt(everywhere, guessesFromEverywhere);
      const at = now();
      const all = [both, here, everywhere];
      for (const times of all) times.push(at);
      return {
        takeBack() {
          for (const times of all) {
            const place = times.indexOf(at);
            if (place >= 0) times.splice(place, 1);
          }
        },
      };
    },

    nameAlone(address, exists) {
      const here = recent(byAddress, address);
      stopAt(here, guessesPerAddress);
      if (!exists) here.push(now());
    },
  };
}
