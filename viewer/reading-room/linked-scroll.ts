// Scrolling one viewport takes along those that show parallel slices of the same frame of reference: T1, T2 and FLAIR of one head
// stand at the same slice. Where there is no telling (another patient, another plane, an earlier study) a viewport stays where it is.
import { effect, signal } from '@preact/signals';
import type { DisplaySet } from '../viewport/display-sets.ts';
import { sliceAlongside } from '../viewport/slice-alongside.ts';
import { active, panes } from './open-study.ts';
import type { Pane } from './pane.ts';

/** As long as the page lives: who reads linked reads the next study so too. */
export const linked = signal(false);

export function linkOrUnlink(): void {
  linked.value = !linked.value;
}

/** Returns what stops it. */
export function followWhileLinked(): () => void {
  let led: { pane: Pane; set: DisplaySet | undefined } | undefined;
  return effect(() => {
    if (!linked.value) {
      led = undefined;
      return;
    }
    const leader = active.value;
    const frame = leader.frame.value;
    const set = leader.state.peek()?.set; // that of the frame
    // Where another viewport is made the active one, or gets another series, nobody has scrolled: nothing moves until somebody does.
    const isScrolled = !led || (led.pane === leader && led.set === set);
    led = { pane: leader, set };
    if (!frame || !isScrolled) return;
    for (const pane of panes.peek()) {
      const other = pane.set.peek();
      if (pane === leader || other?.kind !== 'images') continue;
      const at = sliceAlongside(frame, other.frames);
      if (at !== undefined) pane.stack?.scrollTo(at);
    }
  });
}
