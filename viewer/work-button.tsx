// A button for what takes a moment: it cannot be pressed again until that is over.
import { useSignal } from '@preact/signals';

export function WorkButton({ label, work }: { label: string; work: () => Promise<void> }) {
  const busy = useSignal(false);
  const run = async () => {
    busy.value = true;
    await work();
    busy.value = false;
  };
  return (
    <button type="button" disabled={busy.value} onClick={run}>
      {label}
    </button>
  );
}
