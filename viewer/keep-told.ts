// What an open page shows is asked for again when the archive tells that it changed: a page that is merely open asks nothing.
import { isLive } from './study-list/live.ts';

interface Pace {
  /** It is not asked for more often, however fast it changes. */
  readonly newsEveryMs: number;
  /** How often it is asked for while nothing can be told. */
  readonly lookEveryMs: number;
}

/**
 * Refreshes when it is told to, when somebody comes back to the page, and now and then while there is no stream of news.
 * @param listen  takes what is to be called at news, returns what stops that (study-list/live.ts)
 * @returns what stops it
 */
export function keepTold(
  refresh: (stopped: AbortSignal) => Promise<void>,
  listen: (changed: () => void) => () => void,
  { newsEveryMs, lookEveryMs }: Pace,
): () => void {
  const stopped = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = performance.now();
  let isWaiting = false;
  const look = async () => {
    isWaiting = false;
    last = performance.now(); // news that comes meanwhile would end it: it has time to be answered
    if (!document.hidden) await refresh(stopped.signal);
    if (!isWaiting && !stopped.signal.aborted) waitForNews();
  };
  const waitForNews = () => {
    clearTimeout(timer);
    timer = setTimeout(() => (isLive.value ? waitForNews() : void look()), lookEveryMs);
  };
  const lookSoon = () => {
    if (isWaiting || document.hidden || stopped.signal.aborted) return;
    isWaiting = true;
    clearTimeout(timer);
    timer = setTimeout(look, Math.max(0, last + newsEveryMs - performance.now()));
  };
  waitForNews();
  document.addEventListener('visibilitychange', lookSoon, { signal: stopped.signal });
  const stopListening = listen(lookSoon);
  return () => {
    stopped.abort();
    clearTimeout(timer);
    stopListening();
  };
}
