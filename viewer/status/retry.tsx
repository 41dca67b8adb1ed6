// A button that tries something again, and waits for what comes of it.
import { useSignal } from '@preact/signals';

export function Retry({ label, work }: { label: string; work: () => Promise<void> }) {
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
