// One entry of the worklist: when, who, what, where, how far, and what can be done with it.
import { Facts } from '../facts.tsx';
import { date, personName, sex, time } from '../format.ts';
import { text, type Msg } from '../text.ts';
import { WhatIsMissing } from './performed.tsx';
import type { Step, StepState } from './worklist-client.ts';
import { setState } from './worklist.ts';

const stateTexts: Record<StepState, Msg> = {
  scheduled: 'stepScheduled',
  arrived: 'stepArrived',
  ready: 'stepReady',
  started: 'stepStarted',
  completed: 'stepCompleted',
  discontinued: 'stepDiscontinued',
  cancelled: 'stepCancelled',
};

export function StepRow({ step, onEdit, onCancel }: { step: Step; onEdit: () => void; onCancel: () => void }) {
  const { state, attributes } = step;
  const name = personName(attributes.PatientName) ?? text('noName');
  const who = [attributes.PatientID, date(attributes.PatientBirthDate), sex(attributes.PatientSex)];
  const what = attributes.RequestedProcedureDescription ?? attributes.ScheduledProcedureStepDescription;
  const at = time(attributes.ScheduledProcedureStepStartTime);
  const stations = attributes.ScheduledStationAETitle ?? [];
  const isChangeable = state === 'scheduled' || state === 'arrived' || state === 'ready';
  const isPerformed = state === 'started' || state === 'completed' || state === 'discontinued';
  return (
    <li class="step">
      <p class="step-when">
        {at && <span class="step-time">{at}</span>}
        <span class="quiet">{date(attributes.ScheduledProcedureStepStartDate)}</span>
      </p>
      <div class="step-what">
        <h2>
          <bdi>{name}</bdi> <Facts quiet facts={who} />
        </h2>
        <p>
          <span class="chip">{attributes.Modality}</span> {what || text('noDescription')}
        </p>
        <p>
          <Facts
            quiet
            facts={[
              stations.length > 0 ? stations.join(', ') : text('anyStation'),
              attributes.CurrentPatientLocation,
              attributes.AccessionNumber && `${text('accession')} ${attributes.AccessionNumber}`,
            ]}
          />
        </p>
        {isPerformed && <WhatIsMissing step={step} />}
      </div>
      <p class="step-state">
        <span class={`chip state-${state}`}>{text(stateTexts[state])}</span>
      </p>
      <div class="actions end">
        {state === 'scheduled' && (
          <button
            type="button"
            onClick={() => void setState(step, 'arrived')}
            aria-label={`${text('markArrived')}: ${name}`}
          >
            {text('markArrived')}
          </button>
        )}
        {state === 'arrived' && (
          <button
            type="button"
            onClick={() => void setState(step, 'scheduled')}
            aria-label={`${text('markAwaited')}: ${name}`}
          >
            {text('markAwaited')}
          </button>
        )}
        {isChangeable && (
          <button type="button" onClick={onEdit} aria-label={text('editNamed', { name })}>
            {text('edit')}
          </button>
        )}
        {(isChangeable || state === 'started') && (
          <button type="button" onClick={onCancel} aria-label={`${text('cancelStep')}: ${name}`}>
            {text('cancelStep')}
          </button>
        )}
        {(state === 'started' || state === 'completed') && attributes.StudyInstanceUID && (
          <a class="button" href={`/viewer?StudyInstanceUIDs=${encodeURIComponent(attributes.StudyInstanceUID)}`}>
            {text('openImages')}
          </a>
        )}
      </div>
    </li>
  );
}
