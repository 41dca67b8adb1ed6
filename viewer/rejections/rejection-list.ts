// The rejection notes as the page holds them, and taking one back.
import { batch, signal } from '@preact/signals';
import { readRejections, restoreRejection, type Rejection } from '../administration-client.ts';
import { loadError, type LoadError } from '../archive-client.ts';
import { thenRefresh } from '../then-refresh.ts';

export const rejections = signal<readonly Rejection[] | undefined>(undefined);
/** Where the next page begins; undefined when there is none. */
export const next = signal<number | undefined>(undefined);
export const error = signal<LoadError | undefined>(undefined);

/** From the beginning. */
export async function load(): Promise<void> {
  await show(undefined);
}

export async function loadMore(): Promise<void> {
  if (next.value !== undefined) await show(next.value);
}

async function show(before: number | undefined): Promise<void> {
  try {
    const page = await readRejections(before);
    batch(() => {
      error.value = undefined;
      rejections.value = before === undefined ? page.rejections : [...(rejections.value ?? []), ...page.rejections];
      next.value = page.next;
    });
  } catch (thrown) {
    error.value = loadError(thrown);
  }
}

/** Other notes may hide fewer images by it: all are read again. */
export async function restore(id: string): Promise<void> {
  await thenRefresh(load, restoreRejection(id));
}
