// Asks once more before an entry of the worklist is cancelled.
import { useEffect, useRef } from 'preact/hooks';
import { personName } from '../format.ts';
import { text } from '../text.ts';
import type { Step } from './worklist-client.ts';
import { setState } from './worklist.ts';

export function CancelDialog({ step, onClose }: { step: Step; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const cancelNow = () => {
    void setState(step, 'cancelled');
    onClose();
  };
  const name = personName(step.attributes.PatientName) ?? text('noName');
  return (
    <dialog ref={dialog} class="form-dialog" onClose={onClose} aria-labelledby="cancel-step">
      <h2 id="cancel-step">{text('cancelStepOf', { name })}</h2>
      <p>{text('cancelStepNext')}</p>
      <div class="actions end">
        <button type="button" onClick={onClose} autofocus>
          {text('keepStep')}
        </button>
        <button type="button" class="main danger" onClick={cancelNow}>
          {text('cancelStepNow')}
        </button>
      </div>
    </dialog>
  );
}
