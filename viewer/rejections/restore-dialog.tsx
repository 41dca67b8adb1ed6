// Asks once more before rejected images are shown to everybody again.
import { useEffect, useRef } from 'preact/hooks';
import type { Rejection } from '../administration-client.ts';
import { text } from '../text.ts';
import { restore } from './rejection-list.ts';

export function RestoreDialog({ rejection, onClose }: { rejection: Rejection; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const restoreNow = () => {
    void restore(rejection.id);
    onClose();
  };
  return (
    <dialog ref={dialog} class="form-dialog" onClose={onClose} aria-labelledby="restore-images">
      <h2 id="restore-images">{text('restoreQuestion')}</h2>
      <p>{text('restoreNext')}</p>
      <div class="actions end">
        <button type="button" onClick={onClose} autofocus>
          {text('restoreCancel')}
        </button>
        <button type="button" class="main" onClick={restoreNow}>
          {text('restoreNow')}
        </button>
      </div>
    </dialog>
  );
}
