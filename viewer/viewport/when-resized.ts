// Several viewports get another size at once, as the window does. One observer watches all of them: it measures each before Cornerstone
// resizes any, because a canvas is as large as was measured (cornerstone.ts), and what one viewport takes over from another is of its
// new size only when both have theirs.
import { renderingEngine } from './cornerstone.ts';
import { measureSize } from './element-size.ts';

const resizes = new Map<Element, () => void>();
let observer: ResizeObserver | undefined;

/**
 * @param then  when all that have got another size with it are of that size
 * @returns what stops it
 */
export function whenResized(element: Element, then: () => void): () => void {
  observer ??= new ResizeObserver((entries) => {
    for (const { target } of entries) measureSize(target);
    renderingEngine().resize(true, true);
    for (const { target } of entries) resizes.get(target)?.();
  });
  resizes.set(element, then);
  observer.observe(element);
  return () => {
    observer?.unobserve(element);
    resizes.delete(element);
  };
}
