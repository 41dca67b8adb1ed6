// The dialog in which a rule is added or changed.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { loadError, type LoadError } from '../archive-client.ts';
import { Field } from '../form-field.tsx';
import type { Priority, Route, RouteEntry } from '../sending-client.ts';
import { text, type Msg } from '../text.ts';
import { destinations, save } from './current-sends.ts';

const priorityWords: Record<Priority, Msg> = { high: 'priorityHigh', medium: 'priorityMedium', low: 'priorityLow' };

/** @param route  undefined to add one */
export function RouteForm({ route, onClose }: { route: Route | undefined; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const error = useSignal<LoadError | undefined>(undefined);
  const busy = useSignal(false);
  useEffect(() => dialog.current?.showModal(), []);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    busy.value = true;
    error.value = undefined;
    try {
      await save(route?.id, entryOf(new FormData(event.currentTarget as HTMLFormElement)));
      onClose();
    } catch (thrown) {
      error.value = loadError(thrown);
    } finally {
      busy.value = false;
    }
  };
  return (
    <dialog ref={dialog} class="form-dialog" onClose={onClose} aria-labelledby="route-form">
      <h2 id="route-form">{text(route ? 'editRoute' : 'addRoute')}</h2>
      <form onSubmit={submit}>
        <Field label={text('routeName')}>
          {(props) => <input {...props} name="name" required maxLength={64} defaultValue={route?.name ?? ''} />}
        </Field>
        <div class="field-pair even">
          <Field label={text('routeModalities')} hint={text('routeModalitiesHint')}>
            {(props) => (
              <input
                {...props}
                name="modalities"
                maxLength={200}
                defaultValue={route?.modalities.join(', ') ?? ''}
                autocomplete="off"
                autocapitalize="characters"
              />
            )}
          </Field>
          <Field label={text('routeSources')} hint={text('routeSourcesHint')}>
            {(props) => (
              <input
                {...props}
                name="sourceAETitles"
                maxLength={500}
                defaultValue={route?.sourceAETitles.join(', ') ?? ''}
                autocomplete="off"
                spellcheck={false}
              />
            )}
          </Field>
        </div>
        <Field label={text('routeDestination')}>
          {(props) => (
            <select {...props} name="destination" required>
              {destinations.value.map(({ id, aeTitle, host, port }) => (
                <option key={id} value={id} selected={id === route?.destination}>
                  {`${aeTitle} (${host}:${port})`}
                </option>
              ))}
            </select>
          )}
        </Field>
        <fieldset>
          <legend>{text('routeWindow')}</legend>
          <div class="field-pair even">
            <Field label={text('routeFrom')}>
              {(props) => <input {...props} name="from" type="time" defaultValue={route?.window?.from ?? ''} />}
            </Field>
            <Field label={text('routeUntil')}>
              {(props) => <input {...props} name="until" type="time" defaultValue={route?.window?.until ?? ''} />}
            </Field>
          </div>
          <p class="hint quiet">{text('routeWindowHint')}</p>
        </fieldset>
        <div class="field-pair even">
          <Field label={text('routePriority')}>
            {(props) => (
              <select {...props} name="priority">
                {(['high', 'medium', 'low'] as const).map((priority) => (
                  <option key={priority} value={priority} selected={priority === (route?.priority ?? 'medium')}>
                    {text(priorityWords[priority])}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <Field label={text('state')}>
            {(props) => (
              <select {...props} name="enabled">
                <option value="yes">{text('routeEnabled')}</option>
                <option value="" selected={route?.enabled === false}>
                  {text('routeOff')}
                </option>
              </select>
            )}
          </Field>
        </div>
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

function entryOf(form: FormData): RouteEntry {
  const value = (name: string) => String(form.get(name) ?? '').trim();
  const values = (name: string) =>
    value(name)
      .split(/[,;]/)
      .map((part) => part.trim())
      .filter(Boolean);
  const [from, until] = [value('from'), value('until')];
  return {
    name: value('name'),
    enabled: value('enabled') !== '',
    modalities: values('modalities').map((modality) => modality.toUpperCase()),
    sourceAETitles: values('sourceAETitles'),
    destination: Number(value('destination')),
    // One of the two alone is refused with the reason.
    window: from === '' && until === '' ? null : { from, until },
    priority: value('priority') as Priority,
  };
}
