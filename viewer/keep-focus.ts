// Where the focus goes on a page of lists when what has it goes: a row that is removed, a button that means nothing any more. A browser
// would begin anew at the top of the page, and a screen reader would say nothing of what came in its place.

interface Place {
  element: HTMLElement;
  /** The row it stands in, and all rows of the list as they stood then. */
  row: HTMLElement | null;
  rows: readonly Element[];
  section: Element | null;
}

/** Returns what stops it. */
export function keepFocus(): () => void {
  let place: Place | undefined;
  const note = ({ target }: FocusEvent) => {
    // From a dialog the browser goes back to where it was opened.
    if (target instanceof HTMLElement && !target.closest('dialog')) place = placeOf(target);
  };
  // Who clicks at a blank place has left it, and is not fetched back. What is gone, disabled or hidden was not left by anybody; and
  // what is being removed is there until that is done.
  const forget = ({ target }: FocusEvent) =>
    queueMicrotask(() => {
      if (place?.element === target && document.activeElement === document.body && takesFocus(place.element))
        place = undefined;
    });
  const goOn = () => {
    if (!place || place.element.isConnected || document.activeElement !== document.body) return;
    const next = nextTo(place);
    if (next && next.tabIndex < 0) next.tabIndex = -1; // by the page, not by the Tab key
    next?.focus({ preventScroll: true }); // whoever has scrolled away reads on
  };
  const observer = new MutationObserver(goOn);
  observer.observe(document.body, { childList: true, subtree: true });
  document.addEventListener('focusin', note);
  document.addEventListener('focusout', forget);
  return () => {
    observer.disconnect();
    document.removeEventListener('focusin', note);
    document.removeEventListener('focusout', forget);
  };
}

const takesFocus = (element: HTMLElement) =>
  element.isConnected && !element.matches(':disabled') && element.getClientRects().length > 0;

function placeOf(element: HTMLElement): Place {
  const row = element.closest('li');
  return { element, row, rows: [...(row?.parentElement?.children ?? [])], section: element.closest('main section') };
}

/** The same row, wherever it stands now; else the one after it, or before it; else what they all are under. */
function nextTo({ row, rows, section }: Place): HTMLElement | null {
  const at = row ? rows.indexOf(row) : -1;
  const others = [row, ...rows.slice(at + 1), ...rows.slice(0, Math.max(0, at)).toReversed()];
  const moved = row?.id ? document.getElementById(row.id) : null;
  const isThere = (candidate: Element | null): candidate is HTMLElement => candidate?.isConnected === true;
  const heading = section?.isConnected ? section.querySelector<HTMLElement>('h2, h3') : null;
  return moved ?? (row && others.find(isThere)) ?? heading ?? document.querySelector<HTMLElement>('main h1');
}
