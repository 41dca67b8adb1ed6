// Mammograms that hang together are as large as each other: a detector takes one breast on a larger field than the other, and fitted
// each by itself the same lump would be of two sizes. The largest field among them is fitted, the others have its scale.
import { effect } from '@preact/signals';
import { comparedExtent } from '../viewport/mammogram.ts';
import type { Pane } from './pane.ts';
import { alone, panes } from './stage.ts';

/** Returns what stops it. */
export function keepSameScale(): () => void {
  return effect(() => {
    // What it will be compared with is not known yet: until then the others stay as they are.
    if (!alone.value && panes.value.some(isComing)) return;
    const extents = panes.value.map((pane) => {
      // One that has the room of the others is compared with nothing.
      const frame = alone.value ? undefined : pane.frame.value;
      return frame && comparedExtent(frame);
    });
    const compared = extents.filter((extent) => extent !== undefined);
    const most = (side: 'widthMm' | 'heightMm') => Math.max(...compared.map((extent) => extent[side]));
    const largest = compared.length > 1 ? { widthMm: most('widthMm'), heightMm: most('heightMm') } : undefined;
    for (const [place, pane] of panes.value.entries()) pane.stack?.view.fitAs(extents[place] && largest);
  });
}

/** Whether it will show an image and has none yet. */
const isComing = ({ opening, set, frame }: Pane) =>
  opening.value || (set.value?.kind === 'images' && set.value.frames.length > 0 && !frame.value);
