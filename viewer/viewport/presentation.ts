// How one viewport shows its images at the moment: window and inversion. Drawing on the processor reads it here by the element;
// drawing on the graphics card gets it from display-set-presentation.ts.
import type { Window } from './windows.ts';

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
