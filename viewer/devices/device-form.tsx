// The dialog in which a device is added or changed.
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import type { Device, DeviceEntry } from '../administration-client.ts';
import { loadError, type LoadError } from '../archive-client.ts';
import { text } from '../text.ts';
import { save } from './device-list.ts';

/** @param device  undefined to add one */
export function DeviceForm({ device, onClose }: { device: Device | undefined; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const error = useSignal<LoadError | undefined>(undefined);
  const busy = useSignal(false);
  useEffect(() => dialog.current?.showModal(), []);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    busy.value = true;
    error.value = undefined;
    try {
      await save(device?.id, entryOf(new FormData(event.currentTarget as HTMLFormElement)));
      onClose();
    } catch (thrown) {
      error.value = loadError(thrown);
    } finally {
      busy.value = false;
    }
  };
  return (
    <dialog ref={dialog} class="form-dialog" onClose={onClose} aria-labelledby="device-form">
      <h2 id="device-form">{text(device ? 'editDevice' : 'addDevice')}</h2>
      <form onSubmit={submit}>
        <Field label={text('aeTitle')} hint={text('aeTitleHint')}>
          {(props) => (
            <input
              {...props}
              name="aeTitle"
              required
              maxLength={16}
              pattern="[ -\[\]-~]+"
              defaultValue={device?.aeTitle ?? ''}
              autocomplete="off"
              autocapitalize="none"
              spellcheck={false}
            />
          )}
        </Field>
        <div class="field-pair">
          <Field label={text('host')} hint={text('hostHint')}>
            {(props) => (
              <input
                {...props}
                name="host"
                required
                maxLength={255}
                defaultValue={device?.host ?? ''}
                autocomplete="off"
                autocapitalize="none"
                spellcheck={false}
              />
            )}
          </Field>
          <Field label={text('port')} hint={text('portHint')}>
            {(props) => (
              <input
                {...props}
                name="port"
                type="number"
                inputmode="numeric"
                min={1}
                max={65535}
                defaultValue={device?.port ?? ''}
              />
            )}
          </Field>
        </div>
        <Field label={text('state')}>
          {(props) => (
            <select {...props} name="state" defaultValue={device?.state === 'refused' ? 'refused' : 'approved'}>
              <option value="approved">{text('stateApproved')}</option>
              <option value="refused">{text('stateRefused')}</option>
            </select>
          )}
        </Field>
        <Field label={text('otherBytes')}>
          {(props) => (
            <select {...props} name="onOtherBytes" defaultValue={device?.onOtherBytes ?? 'keep-first'}>
              <option value="keep-first">{text('keepFirst')}</option>
              <option value="replace">{text('replaceBytes')}</option>
            </select>
          )}
        </Field>
        <Field label={text('issuer')} hint={text('issuerHint')}>
          {(props) => (
            <input
              {...props}
              name="defaultIssuer"
              maxLength={64}
              defaultValue={device?.defaultIssuer ?? ''}
              autocomplete="off"
            />
          )}
        </Field>
        <label class="check">
          <input type="checkbox" name="wantsAvailability" defaultChecked={device?.wantsAvailability ?? false} />
          {text('wantsAvailability')}
        </label>
        {error.value && (
          <p class="form-error" role="alert">
            {error.value.detail ?? text(error.value.trouble)}
          </p>
        )}
        <div class="actions end">
          <button type="button" onClick={onClose}>
            {text('cancel')}
          </button>
          <button type="submit" class="main" disabled={busy.value}>
            {text(busy.value ? 'saving' : 'save')}
          </button>
        </div>
      </form>
    </dialog>
  );
}

interface FieldProps {
  label: string;
  hint?: string;
  children: (props: { id: string; 'aria-describedby'?: string }) => ComponentChildren;
}

function Field({ label, hint, children }: FieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, ...(hint && { 'aria-describedby': `${id}-hint` }) })}
      {hint && (
        <p class="hint quiet" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

function entryOf(form: FormData): DeviceEntry {
  const value = (name: string) => String(form.get(name) ?? '').trim();
  return {
    aeTitle: value('aeTitle'),
    host: value('host'),
    port: value('port') === '' ? null : Number(value('port')),
    state: value('state') as DeviceEntry['state'],
    defaultIssuer: value('defaultIssuer'),
    onOtherBytes: value('onOtherBytes') as DeviceEntry['onOtherBytes'],
    wantsAvailability: form.has('wantsAvailability'),
  };
}
