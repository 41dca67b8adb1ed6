// Asks once more before rejected images are shown to everybody again.
import type { Rejection } from '../administration-client.ts';
import { ConfirmDialog } from '../confirm-dialog.tsx';
import { text } from '../text.ts';
import { restore } from './rejection-list.ts';

export function RestoreDialog({ rejection, onClose }: { rejection: Rejection; onClose: () => void }) {
  return (
    <ConfirmDialog
      question={text('restoreQuestion')}
      next={text('restoreNext')}
      leaveWord={text('restoreCancel')}
      word={text('restoreNow')}
      work={() => restore(rejection.id)}
      onClose={onClose}
    />
  );
}
