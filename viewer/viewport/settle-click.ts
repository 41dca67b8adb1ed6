// Cornerstone keeps a click from its tools for 400 ms, in case another one makes a double click of it, or until the pointer has moved by
// more than three pixels. A key that is pressed meanwhile would come before the click: a measurement that it ended would be given up for
// the next image, and one that it begins would begin there.
import { Enums } from '@cornerstonejs/tools';

/** Has the tools hear of a click at once: when the button has been left, and everybody on the page has heard of that. */
export function settleClick(element: HTMLDivElement, { clientX, clientY }: MouseEvent): void {
  // Nothing has moved: the tools are not to hear of a movement.
  const stop = (event: Event) => event.stopImmediatePropagation();
  element.addEventListener(Enums.Events.MOUSE_MOVE, stop, { capture: true });
  element.dispatchEvent(new MouseEvent('mousemove', { clientX: clientX + beyondTolerancePx, clientY }));
  element.removeEventListener(Enums.Events.MOUSE_MOVE, stop, { capture: true });
}

/** From where the button was left; it was pressed up to three pixels beside that. */
const beyondTolerancePx = 8;
