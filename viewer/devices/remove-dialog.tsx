// Asks once more before a device is removed.
import { useEffect, useRef } from 'preact/hooks';
import type { Device } from '../administration-client.ts';
import { text } from '../text.ts';
import { remove } from './device-list.ts';

export function RemoveDialog({ device, onClose }: { device: Device; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const removeNow = () => {
    void remove(device.id);
    onClose();
  };
  return (
    <dialog ref={dialog} class="form-dialog" onClose={onClose} aria-labelledby="remove-device">
      <h2 id="remove-device">{text('removeDevice', { name: device.aeTitle })}</h2>
      <p>{text(device.state === 'waiting' ? 'removeWaitingNext' : 'removeDeviceNext')}</p>
      <div class="actions end">
        <button type="button" onClick={onClose} autofocus>
          {text('cancel')}
        </button>
        <button type="button" class="main danger" onClick={removeNow}>
          {text('removeNow')}
        </button>
      </div>
    </dialog>
  );
}
