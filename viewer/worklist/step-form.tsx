// The dialog in which a procedure step is scheduled or changed.
import { FormDialog } from '../form-dialog.tsx';
import { Choice, Field } from '../form-field.tsx';
import { text } from '../text.ts';
import { modalities } from './modalities.ts';
import type { Step, StepAttributes } from './worklist-client.ts';
import { found, save } from './worklist.ts';

/** @param step  undefined to schedule one */
export function StepForm({ step, onClose }: { step: Step | undefined; onClose: () => void }) {
  const known: Partial<StepAttributes> = step?.attributes ?? {};
  const plain = { autocomplete: 'off', spellcheck: false } as const;
  return (
    <FormDialog
      title={text(step ? 'editStep' : 'addStep')}
      isWide
      leaveWord={text('close')}
      saveWord={text('saveStep')}
      savingWord={text('savingStep')}
      save={(entered) => save(step, attributesOf(entered, step?.attributes))}
      onClose={onClose}
    >
      <div class="field-columns">
        <Field label={text('patientName')}>
          {(props) => (
            <input
              {...props}
              {...plain}
              name="PatientName"
              required
              maxLength={64}
              pattern="[^\\]*\S[^\\]*"
              defaultValue={known.PatientName ?? ''}
              autocapitalize="words"
            />
          )}
        </Field>
        <Field label={text('patientID')} hint={text('patientIDHint')}>
          {(props) => (
            <input
              {...props}
              {...plain}
              name="PatientID"
              required
              maxLength={64}
              pattern="[^\\]*\S[^\\]*"
              defaultValue={known.PatientID ?? ''}
            />
          )}
        </Field>
        <Field label={text('born')}>
          {(props) => (
            <input {...props} name="PatientBirthDate" type="date" defaultValue={toInput(known.PatientBirthDate)} />
          )}
        </Field>
        <Field label={text('sex')}>
          {(props) => (
            <Choice
              {...props}
              name="PatientSex"
              chosen={known.PatientSex ?? ''}
              options={[
                ['', text('unknown')],
                ['M', text('sexM')],
                ['F', text('sexF')],
                ['O', text('sexO')],
              ]}
            />
          )}
        </Field>
        <Field label={text('modality')}>
          {(props) => (
            <Choice
              {...props}
              name="Modality"
              chosen={known.Modality ?? 'CT'}
              options={offered(known.Modality).map((value) => [value, value] as const)}
            />
          )}
        </Field>
        <Field label={text('station')} hint={text('stationHint')}>
          {(props) => (
            <input
              {...props}
              {...plain}
              name="ScheduledStationAETitle"
              maxLength={16}
              pattern="[ -\[\]-~]*"
              autocapitalize="none"
              defaultValue={known.ScheduledStationAETitle?.[0] ?? ''}
            />
          )}
        </Field>
        <Field label={text('scheduledDate')}>
          {(props) => (
            <input
              {...props}
              name="ScheduledProcedureStepStartDate"
              type="date"
              required
              defaultValue={toInput(known.ScheduledProcedureStepStartDate ?? found.value?.today)}
            />
          )}
        </Field>
        <Field label={text('scheduledTime')}>
          {(props) => (
            <input
              {...props}
              name="ScheduledProcedureStepStartTime"
              type="time"
              defaultValue={toTimeInput(known.ScheduledProcedureStepStartTime)}
            />
          )}
        </Field>
        <Field label={text('procedure')}>
          {(props) => (
            <input
              {...props}
              {...plain}
              name="RequestedProcedureDescription"
              maxLength={64}
              defaultValue={known.RequestedProcedureDescription ?? ''}
            />
          )}
        </Field>
        <Field label={text('accession')}>
          {(props) => (
            <input
              {...props}
              {...plain}
              name="AccessionNumber"
              maxLength={16}
              defaultValue={known.AccessionNumber ?? ''}
            />
          )}
        </Field>
        <Field label={text('ward')}>
          {(props) => (
            <input
              {...props}
              {...plain}
              name="CurrentPatientLocation"
              maxLength={64}
              defaultValue={known.CurrentPatientLocation ?? ''}
            />
          )}
        </Field>
        <Field label={text('referringPhysician')}>
          {(props) => (
            <input
              {...props}
              {...plain}
              name="ReferringPhysicianName"
              maxLength={64}
              defaultValue={known.ReferringPhysicianName ?? ''}
            />
          )}
        </Field>
      </div>
      <Field label={text('reason')}>
        {(props) => (
          <input
            {...props}
            {...plain}
            name="ReasonForTheRequestedProcedure"
            maxLength={64}
            defaultValue={known.ReasonForTheRequestedProcedure ?? ''}
          />
        )}
      </Field>
    </FormDialog>
  );
}

/** An entry that another program made may be of a modality that is not on our list. */
const offered = (known: string | undefined): readonly string[] =>
  known === undefined || modalities.some((each) => each === known) ? modalities : [known, ...modalities];

const texts = [
  'PatientName',
  'PatientID',
  'PatientSex',
  'Modality',
  'RequestedProcedureDescription',
  'AccessionNumber',
  'CurrentPatientLocation',
  'ReferringPhysicianName',
  'ReasonForTheRequestedProcedure',
] as const;

/** What the form does not show stays; what was emptied goes. */
function attributesOf(form: FormData, before: StepAttributes | undefined): StepAttributes {
  const value = (name: string) => String(form.get(name) ?? '').trim();
  const shown: Record<string, string | string[]> = {
    ...Object.fromEntries(texts.map((name) => [name, value(name)])),
    PatientBirthDate: value('PatientBirthDate').replaceAll('-', ''),
    ScheduledProcedureStepStartDate: value('ScheduledProcedureStepStartDate').replaceAll('-', ''),
    ScheduledProcedureStepStartTime: value('ScheduledProcedureStepStartTime').replaceAll(':', ''),
    ScheduledStationAETitle: value('ScheduledStationAETitle') === '' ? [] : [value('ScheduledStationAETitle')],
  };
  const kept = Object.entries({ ...before, ...shown }).filter(([, each]) => each.length > 0);
  return Object.fromEntries(kept) as unknown as StepAttributes;
}

const toInput = (date: string | undefined): string => (date ? date.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3') : '');
const toTimeInput = (time: string | undefined): string =>
  time ? `${time.slice(0, 2)}:${time.slice(2, 4) || '00'}` : '';
