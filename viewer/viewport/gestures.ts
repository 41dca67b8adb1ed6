// Mouse, pen and finger on the viewport. Movements are gathered and given out once per drawn frame, so a fast mouse on a
// slow machine loses nothing and queues nothing. What a drag does is decided by the tools, not here.
// How long a finger was held is told by the times of its events, not by a timer: a browser that is busy gives out events late,
// and the finger moved when it moved.
import type { ImageStack } from './image-stack.ts';

export interface Move {
  dx: number;
  dy: number;
  /** where the drag began, in pixels of the element */
  from: [number, number];
  /** where it is now */
  to: [number, number];
}

export type Drag = (stack: ImageStack, move: Move) => void;

/** What is done while a button or a finger is down. */
export interface Grip {
  drag: Drag;
  /** means something where nothing has moved yet, too: a click or a tap does it */
  atOnce?: boolean;
}

export interface Gestures {
  /** what a drag with this mouse button does (0 left, 1 middle, 2 right) */
  mouse: (button: number, withShift: boolean) => Grip | undefined;
  finger: () => Grip | undefined;
  fingerHeld: () => Drag | undefined;
  twoFingers: Drag;
  wheel: (stack: ImageStack, images: number) => void;
  /** a measurement is being drawn or moved: the movement is its own */
  busy: () => boolean;
  /** that measurement was not meant: what was begun with one finger goes on with two */
  giveUp: () => void;
}

const holdMs = 450;
const holdSlackPx = 8;
const deltaInPixels = 0; // WheelEvent.DOM_DELTA_PIXEL
const wheelStepPx = 40;
/** Of a wheel's notch (MDN: WheelEvent.wheelDelta), in browsers that say it. */
const wheelNotch = 120;
/** Nobody turns a wheel faster. */
const leastNotchMs = 12;

/**
 * How many images a turn of the wheel is. A mouse wheel gives one large step for each notch, a touchpad many small ones: both come to one
 * image per step. A browser that is busy makes one event of many notches, and each of them counts, or a slow computer would go through
 * fewer images than the reader has turned; but no more than can have been turned in the time: some systems make much of one quick notch.
 *
 * @param sinceMs  from the event before
 */
export function wheelSteps(event: Pick<WheelEvent, 'deltaMode' | 'deltaY'>, sinceMs: number): number {
  const { wheelDeltaY = 0 } = event as { wheelDeltaY?: number };
  const notches = Math.abs(wheelDeltaY) / wheelNotch;
  if (notches > 1 && Number.isInteger(notches)) {
    return Math.sign(event.deltaY) * Math.min(notches, Math.max(1, Math.floor(sinceMs / leastNotchMs)));
  }
  const pixels = event.deltaMode === deltaInPixels ? event.deltaY : event.deltaY * wheelStepPx;
  return Math.max(-1, Math.min(1, pixels / wheelStepPx));
}

type Place = [number, number];

/** Listens on the stack's element. Returns what stops it. */
export function listen(stack: ImageStack, gestures: Gestures): () => void {
  const { element } = stack;
  const stopped = new AbortController();
  const options = { signal: stopped.signal };
  const stopPointers = listenToPointers(stack, gestures, stopped.signal);
  listenToWheel(stack, gestures, stopped.signal);
  element.addEventListener('contextmenu', (event) => event.preventDefault(), options);
  // The middle button would start the browser's own scrolling.
  element.addEventListener('mousedown', (event) => event.button === 1 && event.preventDefault(), options);
  return () => {
    stopped.abort();
    stopPointers();
  };
}

/** Returns what forgets a drag that is under way. */
function listenToPointers(stack: ImageStack, gestures: Gestures, signal: AbortSignal): () => void {
  const { element } = stack;
  const fingers = new Map<number, Place>();
  let drag: Drag | undefined;
  let from: Place = [0, 0];
  let to = from;
  /** When the finger touched, in milliseconds of its event; until it leaves its place, when it is known whether it was held. */
  let touchedAt: number | undefined;
  let holdFelt: ReturnType<typeof setTimeout> | undefined;

  const gathered = new Gathered(({ dx, dy, zoom }) => {
    if (gestures.busy()) return;
    if (zoom !== 1) stack.view.zoomBy(zoom, from);
    if (dx !== 0 || dy !== 0) drag?.(stack, { dx, dy, from, to });
  });
  const press = (grip: Grip | undefined) => {
    if (grip?.atOnce && !gestures.busy()) grip.drag(stack, { dx: 0, dy: 0, from, to: from });
  };
  const at = (event: MouseEvent): Place => {
    const { left, top } = element.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  };

  const down = (event: PointerEvent) => {
    element.setPointerCapture(event.pointerId);
    clearTimeout(holdFelt);
    touchedAt = undefined;
    if (event.pointerType !== 'touch') {
      from = at(event);
      const grip = gestures.mouse(event.button, event.shiftKey);
      drag = grip?.drag;
      fingers.set(event.pointerId, from);
      press(grip);
      return;
    }
    fingers.set(event.pointerId, at(event));
    from = middleOf(fingers);
    if (fingers.size > 1) {
      gestures.giveUp();
      drag = gestures.twoFingers;
      return;
    }
    touchedAt = event.timeStamp;
    holdFelt = setTimeout(() => gestures.fingerHeld() && navigator.vibrate?.(15), holdMs);
  };
  const hasLeft = (event: PointerEvent) => {
    const [x, y] = at(event);
    return Math.hypot(x - from[0], y - from[1]) > holdSlackPx;
  };
  /** Whether a touch scrolls or was held, by when it left its place: one event may stand for many movements before it. */
  const decide = (event: PointerEvent) => {
    if (touchedAt === undefined) return;
    const left = [...(event.getCoalescedEvents?.() ?? []), event].find(hasLeft);
    if (!left) return;
    clearTimeout(holdFelt);
    const held = left.timeStamp - touchedAt >= holdMs ? gestures.fingerHeld() : undefined;
    drag = held ?? gestures.finger()?.drag;
    touchedAt = undefined;
  };
  const move = (event: PointerEvent) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    decide(event);
    if (!drag) return;
    const now = at(event);
    to = now;
    if (fingers.size < 2) {
      fingers.set(event.pointerId, now);
      gathered.add(now[0] - before[0], now[1] - before[1]);
      return;
    }
    const [wasMiddle, wasSpread] = [middleOf(fingers), spreadOf(fingers)];
    fingers.set(event.pointerId, now);
    from = middleOf(fingers);
    gathered.add(from[0] - wasMiddle[0], from[1] - wasMiddle[1], wasSpread > 0 ? spreadOf(fingers) / wasSpread : 1);
  };
  const up = (event: PointerEvent) => {
    clearTimeout(holdFelt);
    if (touchedAt !== undefined && event.type === 'pointerup') press(gestures.finger());
    touchedAt = undefined;
    fingers.delete(event.pointerId);
    gathered.give();
    // A finger left over from two must not start to scroll: the next touch begins anew.
    drag = undefined;
  };

  element.addEventListener('pointerdown', down, { signal });
  element.addEventListener('pointermove', move, { signal });
  element.addEventListener('pointerup', up, { signal });
  element.addEventListener('pointercancel', up, { signal });
  return () => {
    clearTimeout(holdFelt);
    gathered.forget();
  };
}

function listenToWheel(stack: ImageStack, gestures: Gestures, signal: AbortSignal): void {
  /** of an image that was not turned to yet */
  let rest = 0;
  /** when it was turned last, in milliseconds of its event */
  let turned = 0;
  const wheel = (event: WheelEvent) => {
    event.preventDefault();
    rest += wheelSteps(event, event.timeStamp - turned);
    turned = event.timeStamp;
    const images = Math.trunc(rest);
    rest -= images;
    if (images === 0) return;
    gestures.wheel(stack, event.ctrlKey ? images * Math.max(1, Math.round(stack.count / 20)) : images);
  };
  stack.element.addEventListener('wheel', wheel, { signal, passive: false });
}

interface Movement {
  dx: number;
  dy: number;
  /** how many times as large */
  zoom: number;
}

const still: Movement = { dx: 0, dy: 0, zoom: 1 };

/** Movements until the browser's next picture. */
class Gathered {
  readonly #take: (all: Movement) => void;
  #all = still;
  #frame = 0;

  constructor(take: (all: Movement) => void) {
    this.#take = take;
  }

  add(dx: number, dy: number, zoom = 1): void {
    this.#all = { dx: this.#all.dx + dx, dy: this.#all.dy + dy, zoom: this.#all.zoom * zoom };
    this.#frame ||= requestAnimationFrame(() => this.give());
  }

  /** Gives out at once what there is. */
  give(): void {
    if (!this.#frame) return;
    const all = this.#all;
    this.forget();
    this.#take(all);
  }

  forget(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#all = still;
  }
}

type Fingers = ReadonlyMap<number, Place>;

function middleOf(fingers: Fingers): Place {
  const points = [...fingers.values()];
  const sum = points.reduce(([x, y], [px, py]) => [x + px, y + py], [0, 0] as Place);
  return [sum[0] / points.length, sum[1] / points.length];
}

function spreadOf(fingers: Fingers): number {
  const [a, b] = [...fingers.values()];
  return a && b ? Math.hypot(a[0] - b[0], a[1] - b[1]) : 0;
}
