// Looks at what may have changed, and once more where that failed: the next news may be minutes away.
import { LoadError } from '../archive-client.ts';

const firstAgainMs = 10_000;
/** An archive that is away comes back no sooner for being asked by every tab that is open. */
const longestAgainMs = 5 * 60_000;

export interface Looking {
  /** There is news: it looks so soon, whatever comes meanwhile. */
  within(ms: number): void;
  /** There is news: it looks when there has been no more for so long. */
  whenQuiet(ms: number): void;
}

/**
 * Only while somebody sees the page, else when somebody does again. After a failure each wait is twice the last one, until there is
 * news; what is not allowed is not repeated before that.
 * @param signal  stops it
 */
export function lookOnNews(look: () => Promise<void>, signal: AbortSignal): Looking {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isNews = false;
  let isOwed = false;
  let againMs = firstAgainMs;
  const lookIn = (ms: number) => {
    clearTimeout(timer);
    if (!signal.aborted) timer = setTimeout(lookNow, ms);
  };
  const lookNow = () => {
    isNews = false;
    isOwed = document.hidden;
    if (!isOwed) look().catch(lookAgain);
  };
  const lookAgain = (error: unknown) => {
    const isRefused = error instanceof LoadError && error.trouble === 'notAllowed';
    if (isRefused || isNews || isOwed) return;
    lookIn(againMs);
    againMs = Math.min(2 * againMs, longestAgainMs);
  };
  const hear = (ms: number) => {
    isNews = true;
    againMs = firstAgainMs;
    lookIn(ms);
  };
  document.addEventListener('visibilitychange', () => isOwed && lookNow(), { signal });
  signal.addEventListener('abort', () => clearTimeout(timer));
  return {
    within: (ms) => {
      if (!isNews) hear(ms);
    },
    whenQuiet: hear,
  };
}
