// What an open page shows is asked for again when the archive tells that it changed: a page that is merely open asks nothing.
import type { ReadonlySignal } from '@preact/signals';
import type { LoadError, Trouble } from './archive-client.ts';
import { isLive } from './study-list/live.ts';

/** So it stays until a person does something about it, which the page says. Who is signed out is asked to sign in (session.ts). */
const refusals: readonly (Trouble | undefined)[] = ['notAllowed', 'notFound'];

interface Pace {
  /** It is not asked for more often, however fast it changes. */
  readonly newsEveryMs: number;
  /** How often it is asked for while nothing can be told. */
  readonly lookEveryMs: number;
  /** Why the last answer did not come: then it is asked for as often, although news could be told meanwhile, unless it is refused. */
  readonly error?: ReadonlySignal<LoadError | undefined>;
}

/**
 * Refreshes when it is told to, when somebody comes back to the page, and now and then while there is no stream of news or the last
 * refreshing failed: a line may be cut for so short a time that the stream goes on.
 * @param listen  takes what is to be called at news, returns what stops that (study-list/live.ts)
 * @returns what stops it
 */
export function keepTold(
  refresh: (stopped: AbortSignal) => Promise<void>,
  listen: (changed: () => void) => () => void,
  { newsEveryMs, lookEveryMs, error }: Pace,
): () => void {
  const stopped = new AbortController();
  const { signal } = stopped;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = performance.now();
  let isLooking = false;
  /** Something changed that nothing was asked for yet. */
  let isNews = false;
  const look = async () => {
    isNews = false;
    isLooking = true;
    if (!document.hidden) await refresh(signal);
    isLooking = false;
    last = performance.now();
    wait();
  };
  // What is asked for is not asked for anew before it is answered: on a slow line each piece of news would end it.
  const wait = () => {
    if (isLooking || signal.aborted) return;
    clearTimeout(timer);
    timer = isNews
      ? setTimeout(look, last + newsEveryMs - performance.now())
      : setTimeout(() => {
          const failed = error?.value;
          if ((isLive.value && !failed) || refusals.includes(failed?.trouble)) wait();
          else void look();
        }, lookEveryMs);
  };
  const lookSoon = () => {
    if (isNews || document.hidden) return;
    isNews = true;
    wait();
  };
  wait();
  document.addEventListener('visibilitychange', lookSoon, { signal });
  const stopListening = listen(lookSoon);
  return () => {
    stopped.abort();
    clearTimeout(timer);
    stopListening();
  };
}
