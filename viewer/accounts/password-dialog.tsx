// Shows a password that was made just now, this once: it goes only when somebody says that it is noted down.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { Field } from '../form-field.tsx';
import { openModal } from '../modal-dialog.ts';
import { text } from '../text.ts';

export function PasswordDialog({ name, password, onClose }: { name: string; password: string; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const isCopied = useSignal(false);
  useEffect(() => openModal(dialog.current), []);
  const copy = () =>
    navigator.clipboard.writeText(password).then(
      () => (isCopied.value = true),
      () => {}, // it stands there, and is selected
    );
  return (
    <dialog
      ref={dialog}
      class="form-dialog"
      onCancel={(event) => event.preventDefault()}
      onClose={onClose}
      aria-labelledby="password-made"
    >
      <h2 id="password-made">{text('passwordOf', { name })}</h2>
      <div class="password-made">
        <Field label={text('password')}>
          {(props) => (
            <input
              {...props}
              readOnly
              autofocus
              value={password}
              spellcheck={false}
              onFocus={(event) => event.currentTarget.select()}
            />
          )}
        </Field>
        {/* Browsers give the clipboard to pages over TLS, or of this machine, only. */}
        {window.isSecureContext && (
          <button type="button" onClick={copy}>
            {text(isCopied.value ? 'copied' : 'copy')}
          </button>
        )}
      </div>
      <p>{text('passwordOnce')}</p>
      <p class="quiet">{text('passwordThen')}</p>
      <div class="actions end">
        <button type="button" class="main" onClick={() => dialog.current?.close()}>
          {text('passwordNoted')}
        </button>
      </div>
    </dialog>
  );
}
