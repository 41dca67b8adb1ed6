// A viewport on paper keeps the shape that it has on the screen: no page is of that shape, and a picture pulled to fill one would
// show every length and angle wrong. Nothing is drawn anew for the printer, so what is drawn has to scale: the measurements by a
// view box as large as the viewport, the rest by the style sheet (reading-room-print.css), which is told its width and height, and for
// life size how many millimetres one of its pixels is.
import { signal } from '@preact/signals';

/** `fitted`: each viewport as large as the page allows. `life`: a millimetre is one; what the page has no room for is cut off. */
export type PaperSize = 'fitted' | 'life';

export const paperSize = signal<PaperSize>('fitted');

/** Opens the browser's own dialog; what is printed by it later, with Ctrl+P, is fitted again. */
export function print(size: PaperSize): void {
  paperSize.value = size;
  addEventListener('afterprint', () => (paperSize.value = 'fitted'), { once: true });
  // The page has to say which it is before it is printed.
  requestAnimationFrame(() => setTimeout(() => globalThis.print()));
}

/**
 * @param pane  holds the viewport
 * @returns what stops it
 */
export function keepShape(pane: HTMLElement): () => void {
  const observer = new ResizeObserver(([entry]) => {
    const { width, height } = entry!.contentRect;
    if (width === 0 || height === 0) return;
    pane.style.setProperty('--wide', String(width));
    pane.style.setProperty('--high', String(height));
    for (const layer of pane.querySelectorAll('.svg-layer, .references'))
      layer.setAttribute('viewBox', `0 0 ${width} ${height}`);
  });
  observer.observe(pane);
  return () => observer.disconnect();
}
