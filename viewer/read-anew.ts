// What a page of one list holds is read anew; a page is drawn anew only where something of it has changed.
import { batch, type Signal } from '@preact/signals';
import { loadError, type LoadError } from './archive-client.ts';

interface Held<Shown> {
  readonly shown: Signal<Shown | undefined>;
  /** Why it could not be read the last time. */
  readonly error: Signal<LoadError | undefined>;
}

/** @param stopped  then nobody waits for it any more, and that it did not come is no error */
export async function readAnew<Shown>(
  { shown, error }: Held<Shown>,
  read: (stopped?: AbortSignal) => Promise<Shown>,
  stopped?: AbortSignal,
): Promise<void> {
  try {
    const found = await read(stopped);
    batch(() => {
      error.value = undefined;
      if (JSON.stringify(shown.value) !== JSON.stringify(found)) shown.value = found;
    });
  } catch (thrown) {
    if (!stopped?.aborted) error.value = loadError(thrown);
  }
}
