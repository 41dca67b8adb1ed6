// How an image is shown, in the words of Cornerstone's generic viewport, for drawing on the graphics card: a range and, for a curve that
// is no straight line, a colour map.
import { utilities } from '@cornerstonejs/core';
import { Curves } from './curves.ts';
import type { Presentation } from './presentation.ts';
import { rangeOf } from './windows.ts';

const curves = new Curves((name, greys) => {
  const RGBPoints = greys.flatMap((grey, at) => [at / (greys.length - 1), grey, grey, grey]);
  utilities.colormap.registerColormap({ Name: name, name, ColorSpace: 'RGB', RGBPoints } as never);
});

/** What PlanarViewport's setDisplaySetPresentation takes. */
export function asDisplaySetPresentation(presentation: Presentation) {
  const name = curves.nameOf(presentation);
  return {
    voiRange: rangeOf(presentation.window),
    invert: presentation.inverse,
    ...(name && { colormap: { name } }),
  };
}
