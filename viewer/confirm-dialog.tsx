// Asks once more before something is removed, or done that is not easily undone.
import { useEffect, useId, useRef } from 'preact/hooks';
import { openModal } from './modal-dialog.ts';

interface ConfirmDialogProps {
  question: string;
  /** What it is about, where the question does not say it, or not which of two of one name. */
  about?: readonly string[];
  /** What it brings about. */
  next: string;
  /** Words of the buttons. */
  leaveWord: string;
  word: string;
  isDanger?: boolean;
  work: () => Promise<void>;
  onClose: () => void;
}

export function ConfirmDialog({ question, about = [], next, ...more }: ConfirmDialogProps) {
  const { leaveWord, word, isDanger, work, onClose } = more;
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => openModal(dialog.current), []);
  // Closed by the browser, so that the focus goes back to the button that it came from.
  const close = () => dialog.current?.close();
  const workNow = () => {
    void work();
    close();
  };
  return (
    <dialog ref={dialog} class="form-dialog" onClose={onClose} aria-labelledby={heading}>
      <h2 id={heading}>{question}</h2>
      {about.map((line) => (
        <p key={line}>{line}</p>
      ))}
      <p>{next}</p>
      <div class="actions end">
        <button type="button" onClick={close} autofocus>
          {leaveWord}
        </button>
        <button type="button" class={isDanger ? 'main danger' : 'main'} onClick={workNow}>
          {word}
        </button>
      </div>
    </dialog>
  );
}
