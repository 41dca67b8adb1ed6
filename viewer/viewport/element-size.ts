// How large the element of a viewport is, without asking the page each time: whoever asks a page after one of its texts has changed makes
// the browser lay all of it out before it answers, and again before it paints. On a weak computer that takes longer than an image.

export interface Size {
  /** pixels of the page */
  readonly width: number;
  readonly height: number;
}

const sizes = new WeakMap<Element, Size>();

/** Asks the page: when the element has come onto it, and when a ResizeObserver says that it is of another size. */
export function measureSize(element: Element): Size {
  const size = { width: element.clientWidth, height: element.clientHeight };
  sizes.set(element, size);
  return size;
}

/** As large as it was when it was measured last; the canvases in it are of that size until then, too. */
export const sizeOf = (element: Element): Size => sizes.get(element) ?? measureSize(element);
