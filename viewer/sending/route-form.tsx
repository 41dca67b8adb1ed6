// The dialog in which a rule is added or changed.
import { FormDialog } from '../form-dialog.tsx';
import { Field } from '../form-field.tsx';
import type { Priority, Route, RouteEntry } from '../sending-client.ts';
import { text, type Msg } from '../text.ts';
import { destinationName, destinations, devices, save } from './current-sends.ts';
import { readSources, sourcesText } from './route-sources.ts';

const priorityWords: Record<Priority, Msg> = { high: 'priorityHigh', medium: 'priorityMedium', low: 'priorityLow' };

/** @param route  undefined to add one */
export function RouteForm({ route, onClose }: { route: Route | undefined; onClose: () => void }) {
  return (
    <FormDialog
      title={text(route ? 'editRoute' : 'addRoute')}
      leaveWord={text('cancel')}
      saveWord={text('save')}
      savingWord={text('saving')}
      save={async (entered) => save(route, entryOf(entered))}
      onClose={onClose}
    >
      <Field label={text('routeName')}>
        {(props) => <input {...props} name="name" required maxLength={64} defaultValue={route?.name ?? ''} />}
      </Field>
      <div class="field-pair">
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
              name="sources"
              maxLength={2000}
              defaultValue={route ? sourcesText(route, devices.value) : ''}
              autocomplete="off"
              spellcheck={false}
            />
          )}
        </Field>
      </div>
      <Field label={text('routeDestination')}>
        {(props) => (
          <select {...props} name="destination" required>
            {/* Else the first of the list would be chosen, and what nobody looked at be sent there. */}
            {route && !destinations.value.some(({ id }) => id === route.destination) && (
              <option value="" selected>
                {text('takesNoImages', { name: route.destinationAETitle })}
              </option>
            )}
            {destinations.value.map((device) => (
              <option key={device.id} value={device.id} selected={device.id === route?.destination}>
                {destinationName(device)}
              </option>
            ))}
          </select>
        )}
      </Field>
      <fieldset>
        <legend>{text('routeWindow')}</legend>
        <div class="field-pair">
          <Field label={text('routeFrom')}>
            {(props) => <input {...props} name="from" type="time" defaultValue={route?.window?.from ?? ''} />}
          </Field>
          <Field label={text('routeUntil')}>
            {(props) => <input {...props} name="until" type="time" defaultValue={route?.window?.until ?? ''} />}
          </Field>
        </div>
        <p class="hint quiet">{text('routeWindowHint')}</p>
      </fieldset>
      <div class="field-pair">
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
    </FormDialog>
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
    ...readSources(values('sources'), devices.value),
    destination: Number(value('destination')),
    // One of the two alone is refused with the reason.
    window: from === '' && until === '' ? null : { from, until },
    priority: value('priority') as Priority,
  };
}
