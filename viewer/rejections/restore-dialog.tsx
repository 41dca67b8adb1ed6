// Asks once more before rejected images are shown to everybody again.
import type { Rejection } from '../administration-client.ts';
import { ConfirmDialog } from '../confirm-dialog.tsx';
import { text } from '../text.ts';
import { restore } from './rejection-list.ts';

interface RestoreDialogProps {
  rejection: Rejection;
  /** whose images they are, where that is known */
  name: string;
  onClose: () => void;
}

export function RestoreDialog({ rejection, name, onClose }: RestoreDialogProps) {
  return (
    <ConfirmDialog
      question={text('restoreQuestion')}
      next={[name, text('restoreNext')].filter(Boolean).join('. ')}
      leaveWord={text('restoreCancel')}
      word={text('restoreNow')}
      work={() => restore(rejection.id)}
      onClose={onClose}
    />
  );
}
