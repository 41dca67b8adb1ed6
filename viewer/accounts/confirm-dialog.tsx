// Asks once more before somebody is signed out for it.
import { useEffect, useId, useRef } from 'preact/hooks';
import { text } from '../text.ts';

interface ConfirmDialogProps {
  question: string;
  /** What it brings about. */
  next: string;
  word: string;
  isDanger?: boolean;
  work: () => Promise<void>;
  onClose: () => void;
}

export function ConfirmDialog({ question, next, word, isDanger = false, work, onClose }: ConfirmDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => dialog.current?.showModal(), []);
  const workNow = () => {
    void work();
    onClose();
  };
  return (
    <dialog ref={dialog} class="form-dialog" onClose={onClose} aria-labelledby={heading}>
      <h2 id={heading}>{question}</h2>
      <p>{next}</p>
      <div class="actions end">
        <button type="button" onClick={onClose} autofocus>
          {text('cancel')}
        </button>
        <button type="button" class={isDanger ? 'main danger' : 'main'} onClick={workNow}>
          {word}
        </button>
      </div>
    </dialog>
  );
}
