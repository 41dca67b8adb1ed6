// The dialog in which a procedure step is scheduled or changed.
import { FormDialog } from '../form-dialog.tsx';
import { Choice, Field } from '../form-field.tsx';
import { personName } from '../format.ts';
import { modalities } from '../modalities.ts';
import { text, type Msg } from '../text.ts';
import type { Step, StepAttributes } from './worklist-client.ts';
import { found, save } from './worklist.ts';

/** @param step  undefined to schedule one */
export function StepForm({ step, onClose }: { step: Step | undefined; onClose: () => void }) {
  const known: Partial<StepAttributes> = step?.attributes ?? {};
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
        <TextField name="PatientName" label="patientName" most={64} isRequired autocapitalize="words" known={known} />
        <TextField name="PatientID" label="patientID" hint="patientIDHint" most={64} isRequired known={known} />
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
                ...(sexes.includes(known.PatientSex ?? '') ? [] : [[known.PatientSex!, known.PatientSex!] as const]),
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
              pattern={stationsPattern}
              title={text('stationPattern')}
              autocapitalize="none"
              defaultValue={stationsText(known)}
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
        <TextField name="RequestedProcedureDescription" label="procedure" most={64} known={known} />
        <TextField name="AccessionNumber" label="accession" most={16} known={known} />
        <TextField name="CurrentPatientLocation" label="ward" most={64} known={known} />
        <TextField name="ReferringPhysicianName" label="referringPhysician" most={64} known={known} />
      </div>
      <TextField name="ReasonForTheRequestedProcedure" label="reason" most={64} known={known} />
    </FormDialog>
  );
}

/** Another program may say another. */
const sexes = ['', 'M', 'F', 'O'];

/** AE titles (PS3.5 6.2), with commas between them. */
const stationsPattern = '[ -+.-\\[\\]-~\\-]{0,16}(,[ -+.-\\[\\]-~\\-]{1,17})*';
const stationsText = ({ ScheduledStationAETitle: stations = [] }: Partial<StepAttributes>): string =>
  stations.join(', ');

const plain = { autocomplete: 'off', spellcheck: false } as const;

interface TextFieldProps {
  name: TextName;
  label: Msg;
  hint?: Msg;
  /** characters that its value representation allows (PS3.5 Table 6.2-1) */
  most: number;
  isRequired?: boolean;
  autocapitalize?: 'words';
  known: Partial<StepAttributes>;
}

function TextField({ name, label, hint, most, isRequired, known, ...more }: TextFieldProps) {
  return (
    <Field label={text(label)} {...(hint && { hint: text(hint) })}>
      {(props) => (
        <input
          {...props}
          {...plain}
          {...more}
          {...(isRequired && { required: true, pattern: notBlank, title: text('notBlankPattern') })}
          name={name}
          maxLength={most}
          defaultValue={shownOf(name, known) ?? ''}
        />
      )}
    </Field>
  );
}

/** Blanks alone are no name and no number; a backslash would part it in two values. */
const notBlank = '[^\\\\]*\\S[^\\\\]*';

/** An entry that another program made may be of a modality that is not on our list. */
const offered = (known: string | undefined): readonly string[] =>
  known === undefined || modalities.includes(known) ? modalities : [known, ...modalities];

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

type TextName = (typeof texts)[number];

/** People write names without the carets between their components (PS3.5 6.2). */
const shownOf = (name: TextName, known: Partial<StepAttributes>): string | undefined =>
  name.endsWith('Name') ? personName(known[name]) : known[name];

/** What the form does not show stays; what was emptied goes. */
function attributesOf(form: FormData, before: StepAttributes | undefined): StepAttributes {
  const value = (name: string) => String(form.get(name) ?? '').trim();
  // A name that nobody changed keeps its components.
  const entered = (name: TextName) =>
    before && value(name) === shownOf(name, before) ? (before[name] ?? '') : value(name);
  const stations =
    before && value('ScheduledStationAETitle') === stationsText(before)
      ? (before.ScheduledStationAETitle ?? [])
      : value('ScheduledStationAETitle').split(',');
  const shown: Record<string, string | string[]> = {
    ...Object.fromEntries(texts.map((name) => [name, entered(name)])),
    PatientBirthDate: value('PatientBirthDate').replaceAll('-', ''),
    ScheduledProcedureStepStartDate: value('ScheduledProcedureStepStartDate').replaceAll('-', ''),
    ScheduledProcedureStepStartTime: value('ScheduledProcedureStepStartTime').replaceAll(':', ''),
    ScheduledStationAETitle: stations.map((each) => each.trim()).filter(Boolean),
  };
  const kept = Object.entries({ ...before, ...shown }).filter(([, each]) => each.length > 0);
  return Object.fromEntries(kept) as unknown as StepAttributes;
}

const toInput = (date: string | undefined): string => (date ? date.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3') : '');
const toTimeInput = (time: string | undefined): string =>
  time ? `${time.slice(0, 2)}:${time.slice(2, 4) || '00'}` : '';
