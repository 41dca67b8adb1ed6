// Asks once more before rejected images are shown to everybody again.
import type { Rejection } from '../administration-client.ts';
import { ConfirmDialog } from '../confirm-dialog.tsx';
import { text } from '../text.ts';
import { restore } from './rejection-list.ts';

interface RestoreDialogProps {
  rejection: Rejection;
  /** Whose images they are, and why they were rejected: the list may have moved under the mouse. */
  about: string[];
  onClose: () => void;
}

export function RestoreDialog({ rejection, about, onClose }: RestoreDialogProps) {
  return (
    <ConfirmDialog
      question={text('restoreQuestion')}
      about={about}
      next={text('restoreNext')}
      leaveWord={text('restoreCancel')}
      word={text('restoreNow')}
      work={() => restore(rejection.id)}
      onClose={onClose}
    />
  );
}
