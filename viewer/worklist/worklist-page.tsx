// The worklist: who is scheduled for which modality and when. Modalities fetch it, and move it on as they work.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { asWritten } from '../as-written.ts';
import { date, number, personName } from '../format.ts';
import { Icon } from '../icons.tsx';
import { keepFocus } from '../keep-focus.ts';
import { modalities } from '../modalities.ts';
import { Notice } from '../notice.tsx';
import { PageHeader } from '../page-header.tsx';
import { addTexts, text, type Msg } from '../text.ts';
import { worklistTexts } from '../texts/worklist.ts';
import { Warnings } from '../warnings.tsx';
import '../style/administration.css';
import '../style/worklist.css';
import { CancelDialog } from './cancel-dialog.tsx';
import { StepForm } from './step-form.tsx';
import { StepRow } from './step-row.tsx';
import type { Step } from './worklist-client.ts';
import * as list from './worklist.ts';
import type { Period } from './worklist.ts';

addTexts(worklistTexts);

const periods: Record<Period, Msg> = {
  today: 'today',
  tomorrow: 'tomorrow',
  week: 'nextWeek',
  all: 'anyDate',
};

export default function WorklistPage() {
  useEffect(() => list.keepFresh(), []);
  useEffect(keepFocus, []);
  useEffect(() => {
    document.title = `${text('worklist')} – ${text('lightbox')}`;
  });
  const edited = useSignal<Step | 'new' | undefined>(undefined);
  const cancelled = useSignal<Step | undefined>(undefined);
  return (
    <>
      <PageHeader />
      <main class="administration" id="content">
        <div class="page-title">
          <div>
            <h1>{text('worklist')}</h1>
            <p class="quiet">{text('worklistLead')}</p>
          </div>
          <button type="button" class="main" onClick={() => (edited.value = 'new')}>
            <Icon name="add" />
            {text('addStep')}
          </button>
        </div>
        <Filters />
        <Steps onEdit={(step) => (edited.value = step)} onCancel={(step) => (cancelled.value = step)} />
      </main>
      {edited.value && (
        <StepForm
          step={edited.value === 'new' ? undefined : asWritten(edited.value)}
          onClose={() => (edited.value = undefined)}
        />
      )}
      {cancelled.value && <CancelDialog step={cancelled.value} onClose={() => (cancelled.value = undefined)} />}
    </>
  );
}

function Filters() {
  const { text: typed, period, modality, withEnded } = list.criteria.value;
  return (
    <form class="worklist-filters" role="search" onSubmit={(event) => event.preventDefault()}>
      <label class="grow">
        <span>{text('searchPatient')}</span>
        <input
          type="search"
          value={typed}
          maxLength={200}
          placeholder={text('worklistSearchHint')}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          onInput={(event) => list.change({ text: event.currentTarget.value })}
        />
      </label>
      <label>
        <span>{text('scheduledFor')}</span>
        <select value={period} onChange={(event) => list.change({ period: event.currentTarget.value as Period })}>
          {Object.entries(periods).map(([value, message]) => (
            <option key={value} value={value}>
              {text(message)}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>{text('modality')}</span>
        <select value={modality} onChange={(event) => list.change({ modality: event.currentTarget.value })}>
          <option value="">{text('anyModality')}</option>
          {modalities.map((value) => (
            <option key={value}>{value}</option>
          ))}
        </select>
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={withEnded}
          onChange={(event) => list.change({ withEnded: event.currentTarget.checked })}
        />
        <span>{text('withEnded')}</span>
      </label>
    </form>
  );
}

/** An entry that was saved, and that the filters hide. */
function Unseen({ step }: { step: Step }) {
  const { PatientName, ScheduledProcedureStepStartDate: day } = step.attributes;
  return (
    <p class="warning-line">
      <Icon name="done" />
      {text('stepUnseen', { name: personName(PatientName) ?? text('noName'), date: date(day) ?? '' })}
      <button type="button" onClick={() => list.showUnseen(step)}>
        {text('showUnseen')}
      </button>
    </p>
  );
}

function Steps({ onEdit, onCancel }: { onEdit: (step: Step) => void; onCancel: (step: Step) => void }) {
  const { found, error } = list;
  if (!found.value) {
    if (error.value) return <Notice error={error.value} retry={() => void list.refresh()} />;
    return <p class="opening">{text('loading')}</p>;
  }
  const { steps, isCut, asked } = found.value;
  const typed = asked.text.trim();
  return (
    <>
      <Warnings error={error.value} />
      {/* Who does not see the list hears what a filter has left of it. */}
      <div role="status">
        <p class="quiet">{steps.length > 0 && text(isCut ? 'stepsCut' : 'stepCount', { n: number(steps.length) })}</p>
        {list.unseen.value && <Unseen step={list.unseen.value} />}
      </div>
      {steps.length === 0 ? (
        <Notice icon="calendar" title={text(typed ? 'noStepMatches' : 'noSteps')}>
          <p>{text(typed ? 'noStepMatchesNext' : 'noStepsNext')}</p>
        </Notice>
      ) : (
        <ul
          class="panel step-list"
          aria-label={text('worklist')}
          data-busy={!list.isAnswered.value}
          onPointerMove={list.keepStill}
        >
          {steps.map((step) => (
            <StepRow key={step.id} step={step} onEdit={() => onEdit(step)} onCancel={() => onCancel(step)} />
          ))}
        </ul>
      )}
    </>
  );
}
