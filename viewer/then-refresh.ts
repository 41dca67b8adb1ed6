// What somebody does on a page of lists: then the list is read again, who does not see it is told that it was done, and why it was not
// done stays until it has been read.
import { signal } from '@preact/signals';
import { loadError, type LoadError } from './archive-client.ts';

/** Why the last thing that was asked for was not done. */
export const refused = signal<LoadError | undefined>(undefined);

/** What was done, in words for a screen reader. */
export const done = signal('');

/**
 * @param refresh  also after a refusal: what was done by others meanwhile is often why
 * @param said  what was done then; nothing where a dialog says it
 */
export async function thenRefresh(refresh: () => Promise<void>, work: Promise<unknown>, said = ''): Promise<void> {
  done.value = ''; // the same once more is news again
  try {
    await work;
    refused.value = undefined;
    done.value = said;
  } catch (thrown) {
    refused.value = loadError(thrown);
  }
  await refresh();
}
