// "Send to …": the dialog in which a study of the list is sent to a device.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { readDevices, type Device } from '../administration-client.ts';
import { loadError, type LoadError, type Study } from '../archive-client.ts';
import { Field } from '../form-field.tsx';
import { beside } from '../beside.ts';
import { date, personName } from '../format.ts';
import { openModal } from '../modal-dialog.ts';
import { addSend } from '../sending-client.ts';
import { addTexts, text } from '../text.ts';
import { sendingTexts } from '../texts/sending.ts';
import '../style/administration.css';
import { canReceive, destinationName } from './current-sends.ts';

addTexts(sendingTexts);

export function SendDialog({ study, onClose }: { study: Study; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const leave = useRef<HTMLButtonElement>(null);
  const devices = useSignal<Device[] | undefined>(undefined);
  const error = useSignal<LoadError | undefined>(undefined);
  const busy = useSignal(false);
  const asked = useSignal('');
  const fail = (thrown: unknown) => (error.value = loadError(thrown));
  useEffect(() => {
    openModal(dialog.current);
    readDevices().then((registry) => (devices.value = registry.devices.filter(canReceive)), fail);
  }, []);
  // The button that had the focus is gone.
  useEffect(() => void (asked.value && leave.current?.focus()), [asked.value]);
  // Closed by the browser, so that the focus goes back to the button that it came from.
  const close = () => dialog.current?.close();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const device = Number(new FormData(event.currentTarget as HTMLFormElement).get('device'));
    busy.value = true;
    error.value = undefined;
    try {
      asked.value = (await addSend({ StudyInstanceUID: study.StudyInstanceUID, device })).destination;
    } catch (thrown) {
      fail(thrown);
    } finally {
      busy.value = false;
    }
  };
  const name = personName(study.PatientName) ?? text('noName');
  return (
    <dialog ref={dialog} class="form-dialog" onClose={onClose} aria-labelledby="send-study">
      <h2 id="send-study">{text('sendStudyTo', { name })}</h2>
      {/* Two in the list may be of one name. */}
      <p>{beside(study.PatientID, date(study.PatientBirthDate), date(study.StudyDate), study.StudyDescription)}</p>
      <form onSubmit={submit}>
        {!devices.value && !error.value && <p class="quiet">{text('loading')}</p>}
        {devices.value?.length === 0 && (
          <p>
            {text('noDestinations')} <a href="/devices">{text('devices')}</a>
          </p>
        )}
        {devices.value && devices.value.length > 0 && !asked.value && (
          <Field label={text('routeDestination')}>
            {(props) => (
              <select {...props} name="device" required autofocus>
                {devices.value?.map((device) => (
                  <option key={device.id} value={device.id}>
                    {destinationName(device)}
                  </option>
                ))}
              </select>
            )}
          </Field>
        )}
        {asked.value && (
          <p role="status">
            {text('sendAsked', { name: asked.value })} <a href="/sends">{text('sending')}</a>
          </p>
        )}
        {error.value && (
          <p class="form-error" role="alert">
            {error.value.detail ?? text(error.value.trouble)}
          </p>
        )}
        <div class="actions end">
          <button ref={leave} type="button" onClick={close}>
            {text(asked.value ? 'close' : 'cancel')}
          </button>
          {!asked.value && (
            <button type="submit" class="main" disabled={busy.value || !devices.value?.length}>
              {text(busy.value ? 'sendingNow' : 'sendNow')}
            </button>
          )}
        </div>
      </form>
    </dialog>
  );
}
