// The line to the archive was cut: when it is there again, what it kept from coming is asked for once more, by nobody's hand.
import type { LoadError } from './archive-client.ts';

const firstAfterMs = 2000;
const mostMs = 30_000;
const answerWithinMs = 5000;
/** A line that is cut again so soon only seemed to be back. */
const holdsAfterMs = 60_000;

let waitMs = firstAfterMs;
let lastBack = -Infinity;

/** Whether the cause may go by itself: nothing is wrong with what was asked for. */
export const isCut = (error: LoadError | undefined) => error?.trouble === 'unreachable' || error?.trouble === 'tooSlow';

/**
 * Calls back once, when the archive answers: asked at once where the browser says that the network is back, else every two seconds,
 * and less often, down to every thirty, while what is fetched then fails again and again.
 * @returns what stops it
 */
export function whenLineIsBack(callback: () => void): () => void {
  const stopped = new AbortController();
  waitMs = performance.now() - lastBack < holdsAfterMs ? Math.min(2 * waitMs, mostMs) : firstAfterMs;
  let timer = setTimeout(look, waitMs);
  async function look(): Promise<void> {
    clearTimeout(timer);
    const isBack = await archiveAnswers(stopped.signal);
    if (stopped.signal.aborted) return;
    clearTimeout(timer); // of another look, begun meanwhile
    if (!isBack) return void (timer = setTimeout(look, waitMs));
    lastBack = performance.now();
    stop();
    callback();
  }
  const stop = () => {
    stopped.abort();
    clearTimeout(timer);
    removeEventListener('online', look);
  };
  addEventListener('online', look);
  return stop;
}

async function archiveAnswers(stopped: AbortSignal): Promise<boolean> {
  const signal = AbortSignal.any([stopped, AbortSignal.timeout(answerWithinMs)]);
  try {
    return (await fetch('/health/live', { cache: 'no-store', signal })).ok;
  } catch {
    return false;
  }
}
