// The dialog in which a device is added or changed.
import type { Device } from '../administration-client.ts';
import { FormDialog } from '../form-dialog.tsx';
import { Choice, Field } from '../form-field.tsx';
import { text } from '../text.ts';
import { save } from './device-list.ts';
import { entryOf } from './entered.ts';
import { FurtherFields } from './further-fields.tsx';

const byteWord = '(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])';
/** An address, a network or a name; what has digits and dots alone and is no address was mistyped. */
const hostPattern = `\\s*(${byteWord}(\\.${byteWord}){3}|(?=[^\\/]*[A-Za-z:])[A-Za-z0-9._:\\-]+)(/[0-9]{1,3})?\\s*`;

/** @param device  undefined to add one */
export function DeviceForm({ device, onClose }: { device: Device | undefined; onClose: () => void }) {
  return (
    <FormDialog
      title={text(device ? 'editDevice' : 'addDevice')}
      leaveWord={text('cancel')}
      saveWord={text('save')}
      savingWord={text('saving')}
      save={(entered) => save(device, entryOf(entered))}
      onClose={onClose}
    >
      <Field label={text('aeTitle')} hint={text('aeTitleHint')}>
        {(props) => (
          <input
            {...props}
            name="aeTitle"
            required
            maxLength={16}
            pattern="[ -\[\]-~]+"
            title={text('aeTitlePattern')}
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
              pattern={hostPattern}
              title={text('hostPattern')}
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
          <Choice
            {...props}
            name="state"
            chosen={device?.state ?? 'approved'}
            options={[
              ...(device?.state === 'waiting' ? [['waiting', text('stateWaiting')] as const] : []),
              ['approved', text('stateApproved')],
              ['refused', text('stateRefused')],
            ]}
          />
        )}
      </Field>
      <div class="field-pair">
        <Field label={text('room')} hint={text('roomHint')}>
          {(props) => (
            <input {...props} name="room" maxLength={64} defaultValue={device?.room ?? ''} autocomplete="off" />
          )}
        </Field>
        <Field label={text('description')}>
          {(props) => (
            <input
              {...props}
              name="description"
              maxLength={256}
              defaultValue={device?.description ?? ''}
              autocomplete="off"
            />
          )}
        </Field>
      </div>
      <FurtherFields device={device} />
    </FormDialog>
  );
}
