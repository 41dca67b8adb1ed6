// The words in the corners lie over tissue where an image fills its viewport, as the axilla in a mammogram does: a reader takes them away
// for a look. What would mislead whoever does not know it stays, and so do the letters of the sides and the scale.
import { signal } from '@preact/signals';

/** Until the page is left: the next patient is seen by name. */
export const wordsAreHidden = signal(false);

export function hideOrShowWords(): void {
  wordsAreHidden.value = !wordsAreHidden.value;
}
