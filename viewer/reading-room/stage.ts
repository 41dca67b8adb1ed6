// The stage of the viewer page: which viewports stand on it, how it is divided among them, which one is active, and whether one of
// them has all of it. What is open in them is of open-study.ts.
import { batch, computed, signal } from '@preact/signals';
import { layouts, type Layout } from './layouts.ts';
import { Pane } from './pane.ts';

export const layout = signal<Layout>(layouts[0]!);
export const panes = signal<Pane[]>([new Pane(1)]);
const activeIndex = signal(0);
/** The viewport that has all of the room for a while; the others stay as they are behind it. */
export const alone = signal<Pane | undefined>(undefined);

/** The viewport that tools, keys and the strip are about. */
export const active = computed(() => panes.value[activeIndex.value] ?? panes.value[0]!);

export function activate(pane: Pane): void {
  activeIndex.value = Math.max(0, panes.value.indexOf(pane));
}

/** The viewport after it; what is shown alone gives way to it. */
export function activateNext(): void {
  activate(panes.value[(panes.value.indexOf(active.value) + 1) % panes.value.length]!);
  if (alone.value) showAlone(active.value);
}

export function showAloneOrAll(pane: Pane): void {
  if (alone.value || panes.value.length < 2) alone.value = undefined;
  else showAlone(pane);
}

function showAlone(pane: Pane): void {
  alone.value = pane;
  // A film that nobody sees takes its time from the one that is watched.
  for (const { state, stack } of panes.value.filter((each) => each !== pane)) {
    if (state.value?.playing) stack?.film.playOrStop();
  }
}

/** Fewer viewports keep the first ones; more leave the new ones empty. */
export function divide(next: Layout): void {
  const count = next.columns * next.rows;
  batch(() => {
    layout.value = next;
    alone.value = undefined;
    const kept = panes.value.slice(0, count);
    for (const pane of panes.value.slice(count)) pane.noteHowLeft();
    const added = Array.from({ length: count - kept.length }, () => new Pane(nextPane()));
    panes.value = [...kept, ...added];
    if (activeIndex.value >= count) activeIndex.value = 0;
  });
}

/** One empty viewport, as at first. */
export function clearStage(): void {
  for (const pane of panes.value) pane.close();
  batch(() => {
    layout.value = layouts[0]!;
    alone.value = undefined;
    panes.value = [new Pane(nextPane())];
    activeIndex.value = 0;
  });
}

let lastPane = 1;
const nextPane = () => (lastPane += 1);
