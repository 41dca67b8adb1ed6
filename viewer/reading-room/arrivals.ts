// What comes to an open study, or is withdrawn from it, while it is read. It is told, and shown when the reader wants it: an image
// that moved by itself under the eye would be worse than one that is late.
import { listenForStudies } from '../study-list/live.ts';

// A scanner sends a slice every few milliseconds.
const togetherMs = 2_000;
/** After these the next news may be minutes away. */
const againMs = 10_000;

/**
 * Calls back when something about these studies has changed, or may have: once for all that happens within a moment, and only while
 * somebody looks.
 * @param changed  where it fails it is called again, though nothing more has changed
 * @returns what stops it
 */
export function watchStudies(studies: readonly string[], changed: () => Promise<void>): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let again: ReturnType<typeof setTimeout> | undefined;
  let isOwed = false;
  let isStopped = false;
  const look = () => {
    clearTimeout(timer);
    clearTimeout(again);
    timer = undefined;
    isOwed = document.hidden;
    if (!isOwed) changed().catch(lookAgain);
  };
  const lookAgain = () => {
    clearTimeout(again);
    if (!isStopped) again = setTimeout(look, againMs);
  };
  const lookSoon = () => (timer ??= setTimeout(look, togetherMs));
  const onVisible = () => isOwed && look();
  const stopListening = listenForStudies((which) => {
    if (which === 'any' || which.some((uid) => studies.includes(uid))) lookSoon();
  });
  document.addEventListener('visibilitychange', onVisible);
  return () => {
    isStopped = true;
    clearTimeout(timer);
    clearTimeout(again);
    document.removeEventListener('visibilitychange', onVisible);
    stopListening();
  };
}
