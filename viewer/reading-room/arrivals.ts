// What comes to an open study, or is withdrawn from it, while it is read. It is told, and shown when the reader wants it: an image
// that moved by itself under the eye would be worse than one that is late.
import { listenForStudies } from '../study-list/live.ts';
import { lookOnNews } from './look-on-news.ts';

// A scanner sends a slice every few milliseconds.
const togetherMs = 2_000;

/**
 * Calls back when something about these studies has changed, or may have: once for all that happens within a moment, and only while
 * somebody looks.
 * @param changed  where it fails it is called again, though nothing more has changed
 * @param signal  stops it
 */
export function watchStudies(studies: readonly string[], changed: () => Promise<void>, signal: AbortSignal): void {
  const looking = lookOnNews(changed, signal);
  const stopListening = listenForStudies((which) => {
    if (which === 'any' || which.some((uid) => studies.includes(uid))) looking.within(togetherMs);
  });
  signal.addEventListener('abort', stopListening);
}
