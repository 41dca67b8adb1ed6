// A value that a component works out of signals: it is made anew when that value is another, not with every change of a signal.
import { computed, type ReadonlySignal } from '@preact/signals';
import { useRef } from 'preact/hooks';

/** @param read  the same for the life of the component: what differs from time to time it reads from signals */
export function useWorkedOut<Value>(read: () => Value): ReadonlySignal<Value> {
  const kept = useRef<ReadonlySignal<Value> | undefined>(undefined);
  return (kept.current ??= computed(read));
}
