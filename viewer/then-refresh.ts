// What somebody does on a page of lists: then the list is read again, and why it was not done stays until he has read it.
import { signal } from '@preact/signals';
import { loadError, type LoadError } from './archive-client.ts';

/** Why the last thing that was asked for was not done. */
export const refused = signal<LoadError | undefined>(undefined);

/** @param refresh  also after a refusal: what was done by others meanwhile is often why */
export async function thenRefresh(refresh: () => Promise<void>, work: Promise<unknown>): Promise<void> {
  try {
    await work;
    refused.value = undefined;
  } catch (thrown) {
    refused.value = loadError(thrown);
  }
  await refresh();
}
