// What comes to an open study, or is withdrawn from it, while it is read. It is told, and shown when the reader wants it: an image
// that moved by itself under the eye would be worse than one that is late.
import { listenForStudies } from '../study-list/live.ts';

// A scanner sends a slice every few milliseconds.
const togetherMs = 2_000;

/**
 * Calls back when something about these studies has changed, or may have: once for all that happens within a moment, and only while
 * somebody looks.
 * @returns what stops it
 */
export function watchStudies(studies: readonly string[], changed: () => Promise<void>): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOwed = false;
  const look = () => {
    timer = undefined;
    isOwed = document.hidden;
    if (!isOwed) void changed();
  };
  const lookSoon = () => (timer ??= setTimeout(look, togetherMs));
  const onVisible = () => isOwed && look();
  const stopListening = listenForStudies((which) => {
    if (which === 'any' || which.some((uid) => studies.includes(uid))) lookSoon();
  });
  document.addEventListener('visibilitychange', onVisible);
  return () => {
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', onVisible);
    stopListening();
  };
}
