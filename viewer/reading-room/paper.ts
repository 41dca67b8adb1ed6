// A viewport on paper keeps the shape that it has on the screen: no page is of that shape, and a picture pulled to fill one would
// show every length and angle wrong. Nothing is drawn anew for the printer, so what is drawn has to scale: the measurements by a
// view box as large as the viewport, the rest by the style sheet (reading-room-print.css), which is told its width and height.

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
    pane.querySelector('.svg-layer')?.setAttribute('viewBox', `0 0 ${width} ${height}`);
  });
  observer.observe(pane);
  return () => observer.disconnect();
}
