// Whoever points at something in one viewport sees in the others where it lies: each of the same frame of reference goes to the slice
// that holds the point, and marks it. One that does not hold it stays where it is. The marks stay on their slices until another point is
// chosen, the series that was pointed at is left, or Esc is pressed.
import { effect } from '@preact/signals';
import type { PatientPoint } from '../viewport/slice-through.ts';
import type { Pane } from './pane.ts';
import { panes } from './stage.ts';

let shown: { pane: Pane; point: PatientPoint } | undefined;

/** Returns what stops it. */
export function followPoint(): () => void {
  const seen = new WeakSet<PatientPoint>();
  const stop = effect(() => {
    const pointed = panes.value.flatMap((pane) => (pane.pointed.value ? [{ pane, point: pane.pointed.value }] : []));
    const next = pointed.find(({ point }) => !seen.has(point)) ?? pointed.find(({ point }) => point === shown?.point);
    if (next?.point === shown?.point) return;
    shown = next;
    if (next) seen.add(next.point);
    for (const pane of panes.value) pane.stack?.mark(next?.point, pane !== next?.pane);
  });
  return () => {
    stop();
    shown = undefined;
  };
}

/** @returns whether there was a point */
export function forgetPoint(): boolean {
  if (!shown) return false;
  shown.pane.stack?.forgetPoint();
  return true;
}
