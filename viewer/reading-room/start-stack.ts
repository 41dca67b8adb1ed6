// When a viewport starts to draw: what draws is fetched apart from the page (viewport/drawing-code.ts), and started when there is time.
import { effect, untracked, type ReadonlySignal } from '@preact/signals';
import { tools } from '../tools/all.ts';
import { pan } from '../tools/pan.ts';
import { point } from '../tools/point.ts';
import { scroll } from '../tools/scroll.ts';
import type { DragTool, MeasureTool, PickedTool } from '../tools/tool.ts';
import { windowLevel } from '../tools/window-level.ts';
import { fetchDrawing } from '../viewport/drawing-code.ts';
import { listen } from '../viewport/gestures.ts';
import { entries } from './listed-series.ts';
import { failure } from './open-study.ts';
import type { Pane } from './pane.ts';
import { keepShape } from './paper.ts';

interface Start {
  /** the whole viewport, with what lies over it */
  section: HTMLElement;
  /** what is drawn into */
  element: HTMLDivElement;
  pane: Pane;
  picked: ReadonlySignal<PickedTool | undefined>;
}

/**
 * Makes of an element what draws images, and hands it to the pane, until it is stopped. It needs Cornerstone, which comes after the
 * page.
 * @throws whatever keeps it from coming or from starting
 */
export async function startStack({ section, element, pane, picked }: Start, stopped: AbortSignal): Promise<void> {
  const { ImageStack, cancelMeasuring, isMeasuring, offerMeasures } = await fetchDrawing();
  await whenToStart(pane, stopped);
  if (stopped.aborted) return;
  offerMeasures(tools.filter((tool): tool is MeasureTool => tool.kind === 'measure'));
  const stack = new ImageStack(element, pane.id, (state) => (pane.state.value = state));
  const stopGestures = listen(stack, {
    mouse: (button, withShift) => {
      if (button !== 0) return ofButton(button);
      return withShift ? point : dragOf(picked.peek() ?? windowLevel);
    },
    finger: () => dragOf(picked.peek() ?? scroll),
    fingerHeld: () => (picked.peek()?.kind === 'measure' ? undefined : windowLevel.drag),
    twoFingers: pan.drag,
    wheel: (on, images) => on.scrollBy(images),
    busy: isMeasuring,
    giveUp: () => cancelMeasuring(element),
  });
  pane.attach(stack);
  const stopKeeping = keepShape(section); // what is measured has its place to be drawn in now
  stopped.addEventListener('abort', () => {
    stopKeeping();
    stopGestures();
    pane.detach();
  });
}

/**
 * Starting takes a weak computer a quarter of a second, in which nothing else happens: it is for when what is to be shown is asked for,
 * and its preview is on the screen.
 */
async function whenToStart(pane: Pane, stopped: AbortSignal): Promise<void> {
  const isAsked = () => failure.value !== undefined || (entries.value !== undefined && !pane.opening.value);
  do {
    await until(isAsked, stopped);
    await painted();
  } while (!stopped.aborted && !untracked(isAsked));
}

function until(isSo: () => boolean, stopped: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  stopped.addEventListener('abort', () => resolve());
  const stop = effect(() => void (isSo() && resolve()));
  return promise.finally(stop);
}

/** A tab that nobody looks at is not painted. */
const painted = () =>
  new Promise<void>((done) => {
    if (document.hidden) setTimeout(done);
    else requestAnimationFrame(() => setTimeout(done));
  });

const dragOf = (tool: PickedTool) => (tool.kind === 'drag' ? tool : undefined);

const ofButton = (button: number) =>
  tools.find((tool): tool is DragTool => tool.kind === 'drag' && tool.button === button);
