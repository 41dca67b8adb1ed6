// The rejection notes as the page holds them: read again when studies change, which is when a note comes or is taken back, and now and
// then while nothing can be told.
import { batch, signal } from '@preact/signals';
import { readRejections, restoreRejection, type Rejection } from '../administration-client.ts';
import { loadError, type LoadError } from '../archive-client.ts';
import { keepTold } from '../keep-told.ts';
import { listenForStudies } from '../study-list/live.ts';
import { thenRefresh } from '../then-refresh.ts';

const newsEveryMs = 3_000;
const lookEveryMs = 10_000;

export const rejections = signal<readonly Rejection[] | undefined>(undefined);
/** Where the next page begins; undefined when there is none. */
export const next = signal<number | undefined>(undefined);
export const error = signal<LoadError | undefined>(undefined);

/** From the beginning, as far down as is shown. */
export async function refresh(stopped?: AbortSignal): Promise<void> {
  const shown = rejections.value?.length ?? 0;
  await show(undefined, shown, stopped);
}

export async function loadMore(): Promise<void> {
  if (next.value !== undefined) await show(next.value, 0);
}

/** Returns what stops it. */
export function keepFresh(): () => void {
  void refresh();
  return keepTold(refresh, listenForStudies, { newsEveryMs, lookEveryMs });
}

/** @param least  how many to read at least, where there are so many */
async function show(from: number | undefined, least: number, stopped?: AbortSignal): Promise<void> {
  const found: Rejection[] = [];
  let before = from;
  try {
    do {
      const page = await readRejections(before, stopped);
      found.push(...page.rejections);
      before = page.next;
    } while (before !== undefined && found.length < least);
    batch(() => {
      error.value = undefined;
      rejections.value = from === undefined ? found : [...(rejections.value ?? []), ...found];
      next.value = before;
    });
  } catch (thrown) {
    if (!stopped?.aborted) error.value = loadError(thrown);
  }
}

/** Other notes may hide fewer images by it: all are read again. */
export async function restore(id: string): Promise<void> {
  await thenRefresh(refresh, restoreRejection(id));
}
