/** Long work in turns (dicom/file/turn.ts), as others feel it. */
import { vi } from 'vitest';

let now = 0;

/**
 * How often others had a turn, as a socket would, while something was done in turns. On the clock a millisecond passes with each look at
 * it: how often the work gives way then depends on how much of it there is, and not on how fast this machine is.
 */
export async function heardDuring(work: () => Promise<unknown>): Promise<number> {
  // A turn that was begun by this clock is over by it.
  now = Math.max(now, performance.now());
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => ++now);
  let [heard, isOver] = [0, false];
  const hear = (): void => {
    heard++;
    if (!isOver) setImmediate(hear);
  };
  setImmediate(hear);
  try {
    await work();
  } finally {
    isOver = true;
    clock.mockRestore();
  }
  return heard;
}
