/**
 * Counts wrong passwords, so that nobody finds one by trying: after a few for one account from one address, or many
 * from one address, the next is not even checked. Only what was checked counts, and each wrong one is forgotten after
 * a minute: whoever sits behind the same address as a guesser waits a minute, never longer, and whoever is logged in
 * already is not touched at all.
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
  /** Counts an attempt that is about to be checked, until it is taken back. @throws TooManyGuesses */
  attempt(account: string, address: string): { takeBack(): void };
}

export function countGuesses({ now = Date.now }: { now?: () => number } = {}): Guesses {
  const { guessesPerAccount, guessesPerAddress, guessesCountMs, guessersRemembered } = limits.access;
  const byAccount = new Map<string, number[]>();
  const byAddress = new Map<string, number[]>();

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
      const here = recent(byAddress, address);
      const both = recent(byAccount, `${account}\n${address}`);
      for (const [times, most] of [
        [both, guessesPerAccount],
        [here, guessesPerAddress],
      ] as const) {
        const oldest = times[times.length - most];
        if (oldest !== undefined) throw new TooManyGuesses(Math.ceil((oldest + guessesCountMs - now()) / 1000));
      }
      const at = now();
      both.push(at);
      here.push(at);
      return {
        takeBack() {
          for (const times of [both, here]) {
            const place = times.indexOf(at);
            if (place >= 0) times.splice(place, 1);
          }
        },
      };
    },
  };
}
