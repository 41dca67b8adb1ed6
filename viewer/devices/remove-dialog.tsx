// Asks once more before a device is removed.
import type { Device } from '../administration-client.ts';
import { ConfirmDialog } from '../confirm-dialog.tsx';
import { text } from '../text.ts';
import { remove } from './device-list.ts';

export function RemoveDialog({ device, onClose }: { device: Device; onClose: () => void }) {
  return (
    <ConfirmDialog
      question={text('removeDevice', { name: device.aeTitle })}
      about={[device.host]}
      next={text(device.state === 'waiting' ? 'removeWaitingNext' : 'removeDeviceNext')}
      leaveWord={text('cancel')}
      word={text('removeNow')}
      isDanger
      work={() => remove(device)}
      onClose={onClose}
    />
  );
}
