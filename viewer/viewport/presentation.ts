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

// Twice the steps of an 8-bit picture, so that no grey is passed over; of a table each entry, which may be far from the one before.
const curvePoints = 512;
const mostCurvePoints = 4096;
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
  const points = Math.min(Math.max(curvePoints, window.table?.entries.length ?? 0), mostCurvePoints);
  const RGBPoints = Array.from({ length: points }, (_, index) => {
    const share = index / (points - 1);
    const grey = brightness(window, lower + share * (upper - lower));
    return [share, grey, grey, grey];
  }).flat();
  const name = `lightbox curve ${(curves += 1)}`;
  utilities.colormap.registerColormap({ Name: name, name, ColorSpace: 'RGB', RGBPoints } as never);
  registered.set(window, name);
  return name;
}
