// How an image is shown, in the words of Cornerstone's generic viewport, for drawing on the graphics card: a range and, for a curve that
// is no straight line, a colour map.
import { utilities } from '@cornerstonejs/core';
import { shownValue, type Presentation } from './presentation.ts';
import { rangeOf, type Window } from './windows.ts';

// As many as the texture has into which Cornerstone's renderer puts a colour map. It looks up 0 … 1 between the outer edges of the
// first and the last one, but fills them as if it were between their middles: so each is computed for where its middle is.
const curvePoints = 1024;
let curves = 0;
const registered = new WeakMap<Window, { name: string; presentationLut: Presentation['presentationLut'] }>();

/** What PlanarViewport's setDisplaySetPresentation takes. */
export function asDisplaySetPresentation(presentation: Presentation) {
  const { window, inverse, presentationLut } = presentation;
  const voiRange = rangeOf(window);
  const isStraight = !window.table && window.shape !== 'SIGMOID' && !presentationLut;
  return { voiRange, invert: inverse, ...(isStraight ? {} : { colormap: { name: curveOf(presentation) } }) };
}

function curveOf({ window, presentationLut }: Presentation): string {
  const known = registered.get(window);
  if (known && known.presentationLut === presentationLut) return known.name;
  const { lower, upper } = rangeOf(window);
  const RGBPoints = Array.from({ length: curvePoints }, (_, index) => {
    const share = index / (curvePoints - 1);
    const middle = (index + 0.5) / curvePoints;
    const grey = shownValue({ window, presentationLut }, lower + middle * (upper - lower));
    return [share, grey, grey, grey];
  }).flat();
  const name = `lightbox curve ${(curves += 1)}`;
  utilities.colormap.registerColormap({ Name: name, name, ColorSpace: 'RGB', RGBPoints } as never);
  registered.set(window, { name, presentationLut });
  return name;
}
