// A dialog in which something is added or changed: it closes when that is saved, and says why it cannot be.
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { loadError, type LoadError } from './archive-client.ts';
import { openModal } from './modal-dialog.ts';
import { text } from './text.ts';

interface FormDialogProps {
  title: string;
  isWide?: boolean;
  /** Words of the buttons. */
  leaveWord: string;
  saveWord: string;
  savingWord: string;
  /** Rejects with what is shown. */
  save: (entered: FormData) => Promise<void>;
  onClose: () => void;
  /** The fields. */
  children: ComponentChildren;
}

export function FormDialog({ title, isWide = false, save, onClose, children, ...words }: FormDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const error = useSignal<LoadError | undefined>(undefined);
  const busy = useSignal(false);
  const reason = useRef<HTMLParagraphElement>(null);
  useEffect(() => openModal(dialog.current), []);
  // Closed by the browser, so that the focus goes back to the button that it came from.
  const close = () => dialog.current?.close();
  // On a phone the form is longer than the screen.
  useEffect(() => reason.current?.scrollIntoView({ block: 'center' }), [error.value]);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    busy.value = true;
    error.value = undefined;
    try {
      await save(new FormData(event.currentTarget as HTMLFormElement));
      close();
    } catch (thrown) {
      error.value = loadError(thrown);
    } finally {
      busy.value = false;
    }
  };
  return (
    <dialog
      ref={dialog}
      class={isWide ? 'form-dialog wide' : 'form-dialog'}
      onClose={onClose}
      aria-labelledby={heading}
    >
      <h2 id={heading}>{title}</h2>
      <form onSubmit={submit}>
        {children}
        {error.value && (
          <p ref={reason} class="form-error" role="alert">
            {error.value.detail ?? text(error.value.trouble)}
          </p>
        )}
        <div class="actions end">
          <button type="button" onClick={close}>
            {words.leaveWord}
          </button>
          <button type="submit" class="main" disabled={busy.value}>
            {busy.value ? words.savingWord : words.saveWord}
          </button>
        </div>
      </form>
    </dialog>
  );
}
