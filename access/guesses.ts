/**
 * Counts wrong passwords, so that nobody finds one by trying: after a few for one account from one address, many
 * from one address, or many for one account from all addresses, the next is not even checked. Only what was checked counts, and
 * each wrong one is forgotten after a minute: whoever sits behind the same address as a guesser waits a minute, never longer, and
 * whoever is logged in already is not touched at all. So that a crowd of addresses keeps nobody out of his account by guessing, the
 * last of these limits does not hold where its owner has proved himself before.
 */
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
  /** Counts an attempt that is about to be checked, until it is taken back, or turns out to be right. @throws TooManyGuesses */
  attempt(account: string, address: string): { takeBack(): void; wasRight(): void };
}

export function countGuesses({ now = Date.now }: { now?: () => number } = {}): Guesses {
  const { guessesPerAccount, guessesPerAddress, guessesFromEverywhere, guessesCountMs, guessersRemembered } =
    limits.access;
  const byBoth = new Map<string, number[]>();
  const byAddress = new Map<string, number[]>();
  const byAccount = new Map<string, number[]>();
  /** Where an account's owner has proved himself, the latest last. */
  const familiar = new Set<string>();

  function recent(times: Map<string, number[]>, key: string): number[] {
    const left = (times.get(key) ?? []).filter((at) => now() - at < guessesCountMs);
    // Kept in order of last use, so that the one forgotten for want of room is the one that has been quiet longest.
    times.delete(key);
    if (times.size >= guessersRemembered) times.delete(times.keys().next().value as string);
    times.set(key, left);
    return left;
  }

  return {
    attempt(account, address) {
      const pair = `${account}\n${address}`;
      const here = recent(byAddress, address);
      const both = recent(byBoth, pair);
      const everywhere = recent(byAccount, account);
      for (const [times, most] of [
        [both, guessesPerAccount],
        [here, guessesPerAddress],
        [everywhere, familiar.has(pair) ? Infinity : guessesFromEverywhere],
      ] as const) {
        const oldest = times[times.length - most];
        if (oldest !== undefined) throw new TooManyGuesses(Math.ceil((oldest + guessesCountMs - now()) / 1000));
      }
      const at = now();
      const all = [both, here, everywhere];
      for (const times of all) times.push(at);
      const takeBack = (): void => {
        for (const times of all) {
          const place = times.indexOf(at);
          if (place >= 0) times.splice(place, 1);
        }
      };
      return {
        takeBack,
        wasRight() {
          takeBack();
          familiar.delete(pair);
          if (familiar.size >= guessersRemembered) familiar.delete(familiar.values().next().value as string);
          familiar.add(pair);
        },
      };
    },
  };
}
