// Reading one viewport takes along those that show parallel slices of the same frame of reference: T1, T2 and FLAIR of one head stand
// at the same slice, as large, and at the same place. Where there is no telling (another patient, another plane, an earlier study) a
// viewport stays as it is. A window is taken over between images in Hounsfield units only: their numbers mean the same. Mammograms have no
// frame of reference: one that is zoomed takes the others along to its scale, each around its own middle, and each is moved for itself.
import { effect, signal } from '@preact/signals';
import type { DisplaySet, Frame } from '../viewport/display-sets.ts';
import { comparedExtent } from '../viewport/mammogram.ts';
import { isInHounsfieldUnits } from '../viewport/read-attributes.ts';
import { phaseOf, sliceAlongside } from '../viewport/slice-alongside.ts';
import type { Window } from '../viewport/windows.ts';
import type { Pane } from './pane.ts';
import { active, alone, panes } from './stage.ts';

/** As long as the page lives: who reads linked reads the next study so too. */
export const linked = signal(false);

export function linkOrUnlink(): void {
  linked.value = !linked.value;
}

/** Returns what stops it. */
export function followWhileLinked(): () => void {
  const stops = [followSlices(), followViews()];
  return () => {
    for (const stop of stops) stop();
  };
}

/** What is moved, zoomed or windowed in the viewport that the reader works in. */
function followViews(): () => void {
  return effect(() => {
    const isLinked = linked.value;
    for (const pane of panes.value) {
      const { stack } = pane;
      if (!stack) continue;
      stack.view.onMoved = (how) => {
        if (!isLinked || pane !== active.peek()) return;
        // What has got the room of the others is larger by that alone, and so are they when their turn comes.
        if (how === 'resized' && alone.peek()) return;
        takeAlong(pane);
        if (how !== 'panned') keepCompared(pane, how);
      };
      stack.onWindow = (window) => isLinked && pane === active.peek() && passOn(window, pane);
    }
  });
}

function takeAlong(leader: Pane): void {
  const frame = leader.frame.peek();
  const sight = leader.stack?.view.sight;
  if (!frame || !sight) return;
  const isBehind = alone.peek() !== undefined;
  for (const pane of others(leader)) {
    if (sliceAlongside(frame, pane.set.peek()!.frames) !== undefined) pane.stack?.view.lookAt(sight, isBehind);
  }
}

/** What hangs beside it to be compared has its scale, and hangs again as it did when it is fitted. */
function keepCompared(leader: Pane, how: 'zoomed' | 'fitted' | 'resized'): void {
  const sight = leader.stack?.view.sight;
  if (!sight || !isCompared(leader)) return;
  const room = alone.peek() && sight.room;
  for (const pane of others(leader)) {
    if (!isCompared(pane)) continue;
    if (how === 'fitted') pane.stack?.view.fit();
    else pane.stack?.view.zoomTo(sight.pixelsPerMm, room);
  }
}

function isCompared(pane: Pane): boolean {
  const frame = pane.frame.peek();
  return frame !== undefined && comparedExtent(frame) !== undefined;
}

function passOn(window: Window, leader: Pane): void {
  // A table of the file is made for its own values.
  if (window.table || !hasHounsfieldUnits(leader)) return;
  for (const pane of others(leader)) if (hasHounsfieldUnits(pane)) pane.stack?.setWindow(window);
}

const others = (leader: Pane) => panes.peek().filter((pane) => pane !== leader && pane.set.peek()?.kind === 'images');

function hasHounsfieldUnits(pane: Pane): boolean {
  const frame = pane.frame.peek();
  return frame !== undefined && pane.state.peek()?.color === false && isInHounsfieldUnits(frame);
}

function followSlices(): () => void {
  let led: { pane: Pane; set: DisplaySet | undefined } | undefined;
  return effect(() => {
    if (!linked.value) {
      led = undefined;
      return;
    }
    const leader = active.value;
    const frame = leader.frame.value;
    const set = leader.state.peek()?.set; // that of the frame
    // Where another viewport is made the active one, or gets another series, nobody has scrolled: nothing moves until somebody does.
    const isScrolled = !led || (led.pane === leader && led.set === set);
    led = { pane: leader, set };
    if (!frame || !isScrolled) return;
    for (const pane of others(leader)) takeToSlice(frame, pane);
  });
}

interface Taken {
  set: DisplaySet;
  phase: number;
  /** Index of the frame that was wanted there, and of the one that is, as soon as the browser makes its next picture. */
  from: number;
  to: number;
}

/** Which phase a viewport that was taken along is read in, until it is scrolled itself: a place may lack a slice of that phase. */
const taken = new WeakMap<Pane, Taken>();

function takeToSlice(frame: Frame, pane: Pane): void {
  const [set, state] = [pane.set.peek()!, pane.state.peek()];
  const from = state?.set === set ? state.wanted : 0;
  const before = taken.get(pane);
  const isAsTaken = before?.set === set && [before.from, before.to].includes(from);
  const phase = isAsTaken ? before.phase : phaseOf(from, set.frames);
  const to = sliceAlongside(frame, set.frames, phase);
  if (to === undefined) return;
  taken.set(pane, { set, phase, from, to });
  pane.stack?.scrollTo(to);
}
