/** How an association that we opened ends: in order when all is answered, at once when nobody waits for the answers any more. */
import type { Exchange } from '#dicom/dimse/exchange.ts';
import { AssociationLost } from '#dicom/network/association-user.ts';
import { limits } from '#settings/limits.ts';

/** Releases it. All answers are there: however, and whether, the other side says goodbye changes nothing. */
export async function leave(exchange: Exchange<undefined>): Promise<void> {
  const tooLong = setTimeout(() => exchange.abort('no release in time'), limits.retrieve.endMs);
  try {
    await exchange.release();
  } catch (error) {
    if (!(error instanceof AssociationLost)) throw error;
  } finally {
    clearTimeout(tooLong);
  }
}

/**
 * Aborts it with the signal, which may be that of a program and outlive thousands of associations.
 * @returns what takes that back: to be disposed of with the association, or the signal keeps each of them
 */
export function abortWith(signal: AbortSignal, exchange: Exchange<undefined>, why: string): Disposable {
  const stop = (): void => exchange.abort(why);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  return { [Symbol.dispose]: () => signal.removeEventListener('abort', stop) };
}
