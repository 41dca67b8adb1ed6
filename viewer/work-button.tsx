// A button for what takes a moment: pressed again before that is over it does nothing. It is not disabled then, and keeps the focus.
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';

interface WorkButtonProps {
  work: () => Promise<void>;
  class?: string;
  /** Instead of what stands on it. */
  name?: string;
  children: ComponentChildren;
}

export function WorkButton({ work, class: kind, name, children }: WorkButtonProps) {
  const busy = useSignal(false);
  const run = async () => {
    if (busy.value) return;
    busy.value = true;
    await work();
    busy.value = false;
  };
  return (
    <button type="button" class={kind} aria-label={name} aria-disabled={busy.value} onClick={run}>
      {children}
    </button>
  );
}
