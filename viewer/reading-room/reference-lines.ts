// The slice of the active viewport as a line in the others: a reader who looks at an axial slice sees on the sagittal ones how high it
// lies. Whether it is wanted is the reader's habit, and outlives the page.
import { effect, signal } from '@preact/signals';
import { recallForGood, rememberForGood } from '../browser-memory.ts';
import { active, panes } from './stage.ts';

const remembered = 'reference-lines';

export const referenceLines = signal(recallForGood(remembered) !== 'hidden');

export function showOrHideReferenceLines(): void {
  referenceLines.value = !referenceLines.value;
  rememberForGood(remembered, referenceLines.value ? 'shown' : 'hidden');
}

/** Returns what stops it. */
export function followWithLines(): () => void {
  return effect(() => {
    const leader = active.value;
    const frame = referenceLines.value ? leader.frame.value : undefined;
    const frames = leader.state.peek()?.set?.frames; // those of the frame
    const reference = frame && frames && { frame, frames };
    for (const pane of panes.value) pane.stack?.refer(pane === leader ? undefined : reference);
  });
}
