/** Long work in turns (dicom/file/turn.ts), as others feel it. */
import { vi } from 'vitest';

/** More looks at the clock than a turn takes, also where others look at it meanwhile; who never gives way takes thousands. */
export const aHandful = 20;

export interface Heard {
  /** Rounds of the event loop, as a socket would have them, with work in them: while it waits for others itself, it gives way to nobody. */
  readonly rounds: number;
  /** Looks at the clock between two of them, at most: who gives way does so at the first look by which the turn is over. */
  readonly mostLooks: number;
}

/**
 * What others had of it while something was done in turns. On the clock a millisecond passes with each look at it: how often the work
 * gives way then depends on how much of it there is, and not on how fast this machine is.
 */
export async function heardDuring(work: () => Promise<unknown>): Promise<Heard> {
  let [now, looks, rounds, mostLooks, isOver] = [performance.now(), 0, 0, 0, false];
  using _clock = vi.spyOn(performance, 'now').mockImplementation(() => {
    looks++;
    return ++now;
  });
  const hear = (): void => {
    if (looks > 0) rounds++;
    mostLooks = Math.max(mostLooks, looks);
    looks = 0;
    if (!isOver) setImmediate(hear);
  };
  setImmediate(hear);
  try {
    await work();
  } finally {
    isOver = true;
    hear();
  }
  return { rounds, mostLooks };
}
