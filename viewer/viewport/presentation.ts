// How one viewport shows its images at the moment: window and inversion. Drawing on the processor reads it here by the element;
// drawing on the graphics card gets it as a range and, for a curve that is no straight line, a colour map.
import { utilities } from '@cornerstonejs/core';
import { brightness, rangeOf, type Window } from './windows.ts';

export interface Presentation {
  window: Window;
  /** bright and dark change places: MONOCHROME1, or the reader's wish, but not both */
  inverse: boolean;
}

const presentations = new WeakMap<Element, Presentation>();

export const present = (element: Element, presentation: Presentation) => void presentations.set(element, presentation);

export const presentationOf = (element: Element | null) => (element ? presentations.get(element) : undefined);

type Placement = (imageId: string, point: [number, number]) => [number, number] | undefined;

const placements = new WeakMap<Element, Placement>();

/** Says where the points of an image lie in an element. */
export const placeBy = (element: Element, placement: Placement) => void placements.set(element, placement);

export const placementOf = (element: Element | null) => (element ? placements.get(element) : undefined);

// As many as the texture has into which Cornerstone's renderer puts a colour map. It looks up 0 … 1 between the outer edges of the
// first and the last one, but fills them as if it were between their middles: so each is computed for where its middle is.
const curvePoints = 1024;
let curves = 0;
const registered = new WeakMap<Window, string>();

/** What PlanarViewport's setDisplaySetPresentation takes. */
export function asDisplaySetPresentation({ window, inverse }: Presentation) {
  const voiRange = rangeOf(window);
  const isStraight = !window.table && window.shape !== 'SIGMOID';
  return { voiRange, invert: inverse, ...(isStraight ? {} : { colormap: { name: curveOf(window) } }) };
}

function curveOf(window: Window): string {
  const known = registered.get(window);
  if (known) return known;
  const { lower, upper } = rangeOf(window);
  const RGBPoints = Array.from({ length: curvePoints }, (_, index) => {
    const share = index / (curvePoints - 1);
    const middle = (index + 0.5) / curvePoints;
    const grey = brightness(window, lower + middle * (upper - lower));
    return [share, grey, grey, grey];
  }).flat();
  const name = `lightbox curve ${(curves += 1)}`;
  utilities.colormap.registerColormap({ Name: name, name, ColorSpace: 'RGB', RGBPoints } as never);
  registered.set(window, name);
  return name;
}
