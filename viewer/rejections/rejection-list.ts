// The rejection notes as the page holds them: read again when studies change, which is when a note comes or is taken back, and now and
// then while nothing can be told. One reading at a time, lest the list be put together from what was true at two moments.
import { batch, signal, type Signal } from '@preact/signals';
import { readRejections, restoreRejection, type Rejection } from '../administration-client.ts';
import { loadError, type LoadError } from '../archive-client.ts';
import { keepTold } from '../keep-told.ts';
import { listenForStudies } from '../study-list/live.ts';
import { text } from '../text.ts';
import { thenRefresh } from '../then-refresh.ts';

// Studies change all day, notes are rare.
const newsEveryMs = 10_000;
const lookEveryMs = 10_000;
// What a refresh reads again at most; notes further down are older ones, which hardly change.
const refreshAtMost = 200;

export const rejections = signal<readonly Rejection[] | undefined>(undefined);
/** Where the next page begins; undefined when there is none. */
export const next = signal<number | undefined>(undefined);
export const error = signal<LoadError | undefined>(undefined);
/** Why the list does not go on where it ends. */
export const endError = signal<LoadError | undefined>(undefined);
export const isLoadingMore = signal(false);

let running: AbortController | undefined;
/** A refresh that was asked for has not been answered. */
let isOwed = false;

/** From the beginning, as far down as is shown; waits for more that is being loaded. */
export async function refresh(): Promise<void> {
  isOwed = true;
  if (isLoadingMore.value) return;
  const before = rejections.value ?? [];
  const wasAnswered = await ask(
    error,
    (aborted) => readFromTop(Math.min(before.length, refreshAtMost), aborted),
    (fresh) => {
      const rest = before.length > refreshAtMost ? below(fresh.rejections, before) : [];
      rejections.value = [...fresh.rejections, ...rest];
      if (rest.length === 0) next.value = fresh.next;
    },
  );
  if (wasAnswered) isOwed = false;
}

/** Ends a refresh, which comes after it then. */
export async function loadMore(): Promise<void> {
  const from = next.value;
  if (from === undefined || isLoadingMore.value) return;
  isLoadingMore.value = true;
  const wasAnswered = await ask(
    endError,
    (aborted) => readRejections(from, aborted),
    (page) => {
      rejections.value = [...(rejections.value ?? []), ...page.rejections];
      next.value = page.next;
    },
  );
  if (!wasAnswered) return;
  isLoadingMore.value = false;
  if (isOwed) await refresh();
}

/** Returns what stops it. */
export function keepFresh(): () => void {
  void refresh();
  const stop = keepTold(refresh, listenForStudies, {
    newsEveryMs,
    lookEveryMs,
    error,
  });
  return () => {
    stop();
    running?.abort();
    isLoadingMore.value = false;
  };
}

/** Other notes may hide fewer images by it: all are read again. */
export async function restore(id: string): Promise<void> {
  const restored = restoreRejection(id).then((now) => {
    rejections.value = rejections.value?.map((rejection) => (rejection.id === id ? now : rejection));
  });
  await thenRefresh(refresh, restored, text('imagesRestored'));
}

/**
 * A newer reading ends the older.
 * @param wrong  says afterwards why there is no answer, or nothing
 * @returns whether it came to its end, well or not
 */
async function ask<Answer>(
  wrong: Signal<LoadError | undefined>,
  read: (aborted: AbortSignal) => Promise<Answer>,
  taken: (answer: Answer) => void,
): Promise<boolean> {
  running?.abort();
  const { signal: aborted } = (running = new AbortController());
  try {
    const answer = await read(aborted);
    if (aborted.aborted) return false;
    batch(() => {
      wrong.value = undefined;
      taken(answer);
    });
  } catch (thrown) {
    if (aborted.aborted) return false;
    wrong.value = loadError(thrown);
  }
  return true;
}

/** @param least  how many to read at least, where there are so many */
async function readFromTop(least: number, aborted: AbortSignal) {
  let page = await readRejections(undefined, aborted);
  const read = [...page.rejections];
  while (page.next !== undefined && read.length < least) {
    page = await readRejections(page.next, aborted);
    read.push(...page.rejections);
  }
  return { rejections: read, next: page.next };
}

/** What was shown below the notes read again; nothing where others may stand between. */
function below(fresh: readonly Rejection[], before: readonly Rejection[]): readonly Rejection[] {
  const known = new Set(fresh.map(({ id }) => id));
  const last = before.findLastIndex(({ id }) => known.has(id));
  return last < 0 ? [] : before.slice(last + 1);
}
