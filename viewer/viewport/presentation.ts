// How one viewport shows its images at the moment: window, what the image does beyond it, and inversion. Drawing on the processor reads it here by the element;
// drawing on the graphics card gets it from display-set-presentation.ts.
import { lookUpShare, type LookupTable } from '#dicom/pixels/lookup-table.ts';
import { brightness, type Window } from './windows.ts';

export interface Presentation {
  window: Window;
  /** bright and dark change places: MONOCHROME1, or the reader's wish, but not both */
  inverse: boolean;
  /** of the image: what the window gives goes through this table (PS3.3 C.11.6) */
  presentationLut?: LookupTable | undefined;
}

/** A value to 0 … 1, as it is shown where it is not inverted. What is no number is background. */
export function shownValue({ window, presentationLut }: Omit<Presentation, 'inverse'>, value: number): number {
  const y = brightness(window, value);
  const whole = y >= 0 ? y : 0;
  return presentationLut ? lookUpShare(presentationLut, whole) : whole;
}

const presentations = new WeakMap<Element, Presentation>();

export const present = (element: Element, presentation: Presentation) => void presentations.set(element, presentation);

export const presentationOf = (element: Element | null) => (element ? presentations.get(element) : undefined);

type Placement = (imageId: string, point: [number, number]) => [number, number] | undefined;

const placements = new WeakMap<Element, Placement>();

/** Says where the points of an image lie in an element. */
export const placeBy = (element: Element, placement: Placement) => void placements.set(element, placement);

export const placementOf = (element: Element | null) => (element ? placements.get(element) : undefined);
