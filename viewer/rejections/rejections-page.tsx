// Rejected images, for administrators: which note hides what, why and since when, and restoring it.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { RejectedStudy, Rejection } from '../administration-client.ts';
import { beside } from '../beside.ts';
import { Facts } from '../facts.tsx';
import { date, number, personName } from '../format.ts';
import { keepFocus } from '../keep-focus.ts';
import { moment } from '../moment.ts';
import { Notice } from '../notice.tsx';
import { PageHeader } from '../page-header.tsx';
import { addTexts, text, type Msg } from '../text.ts';
import { rejectionsTexts } from '../texts/rejections.ts';
import { Warnings } from '../warnings.tsx';
import '../style/administration.css';
import * as list from './rejection-list.ts';
import { RestoreDialog } from './restore-dialog.tsx';

addTexts(rejectionsTexts);

const reasons: Record<Rejection['code'], Msg> = {
  '113001': 'rejectedQuality',
  '113037': 'rejectedSafety',
  '113038': 'rejectedWorklist',
  '113039': 'rejectedRetention',
};

export default function RejectionsPage() {
  useEffect(() => list.keepFresh(), []);
  useEffect(keepFocus, []);
  useEffect(() => {
    document.title = `${text('rejections')} – ${text('lightbox')}`;
  });
  return (
    <>
      <PageHeader />
      <main class="administration" id="content">
        <div class="page-title">
          <div>
            <h1>{text('rejections')}</h1>
            <p class="quiet">{text('rejectionsLead')}</p>
          </div>
        </div>
        <Rejections />
      </main>
    </>
  );
}

function Rejections() {
  const restored = useSignal<Rejection | undefined>(undefined);
  const { rejections, error, next, endError, isLoadingMore } = list;
  if (!rejections.value) {
    if (error.value) return <Notice error={error.value} retry={() => void list.refresh()} />;
    return <p class="opening">{text('loading')}</p>;
  }
  const warnings = <Warnings error={error.value} />;
  if (rejections.value.length === 0)
    return (
      <>
        {warnings}
        <Notice icon="image" title={text('noRejections')}>
          <p>{text('noRejectionsNext')}</p>
        </Notice>
      </>
    );
  return (
    <>
      {warnings}
      <section class="panel" aria-label={text('rejections')}>
        <ul class="device-list">
          {rejections.value.map((rejection) => (
            <RejectionRow key={rejection.id} rejection={rejection} onRestore={() => (restored.value = rejection)} />
          ))}
        </ul>
        {next.value !== undefined && (
          <div class="actions">
            {endError.value && <p role="alert">{endError.value.detail ?? text(endError.value.trouble)}</p>}
            <button type="button" aria-disabled={isLoadingMore.value} onClick={() => void list.loadMore()}>
              {text(isLoadingMore.value ? 'loading' : 'moreRejections')}
            </button>
          </div>
        )}
      </section>
      {restored.value && (
        <RestoreDialog
          rejection={restored.value}
          about={[...patientsOf(restored.value), text(reasons[restored.value.code])]}
          onClose={() => (restored.value = undefined)}
        />
      )}
    </>
  );
}

function RejectionRow({ rejection, onRestore }: { rejection: Rejection; onRestore: () => void }) {
  const { code, receivedAt, door, callingAETitle, address, restoredAt, restoredBy, studies } = rejection;
  const when = moment(receivedAt) ?? '';
  // After the end of retention what is sent anew is wanted; by every other note what comes later is hidden too.
  const hidesLater = restoredAt === null && code !== '113039';
  const isRestorable = hiddenOf(rejection).length > 0;
  return (
    <li class="device">
      <div class="device-what">
        <h2>{text(reasons[code])}</h2>
        <p class="quiet">
          {door === 'C-STORE'
            ? text('rejectedByDevice', { name: `${callingAETitle} (${address})`, when })
            : text('rejectedByHttp', { address, when })}
        </p>
        {studies.map((study) => (
          <StudyLine key={study.StudyInstanceUID} study={study} hidesLater={hidesLater} />
        ))}
        {restoredAt === null && !isRestorable && <p class="quiet">{text('rejectionHidesNothing')}</p>}
        {restoredAt !== null && (
          <p class="good">
            {text('rejectionRestored', {
              name: (restoredBy ?? '').replace(/^\w+ /, ''),
              when: moment(restoredAt) ?? '',
            })}
          </p>
        )}
      </div>
      {isRestorable && (
        <button type="button" onClick={onRestore} aria-label={text('restoreOf', { name: namesOf(rejection) })}>
          {text('restoreImages')}
        </button>
      )}
    </li>
  );
}

/** Whose images it hides. */
const hiddenOf = ({ studies }: Rejection) => studies.filter(({ hiddenByThis }) => hiddenByThis > 0);

function namesOf(rejection: Rejection): string {
  const names = hiddenOf(rejection).map(
    (study) => personName(study.PatientName) ?? (study.PatientID || text('noName')),
  );
  return [...new Set(names)].join(', ');
}

const nameOf = ({ PatientName }: RejectedStudy) => personName(PatientName) ?? text('noName');

/** Name and Patient ID of each. */
function patientsOf(rejection: Rejection): string[] {
  const patients = hiddenOf(rejection).map((study) => beside(nameOf(study), study.PatientID));
  return [...new Set(patients)];
}

function StudyLine({ study, hidesLater }: { study: RejectedStudy; hidesLater: boolean }) {
  const { PatientID, StudyDate, StudyDescription, named, hidden, isOtherPatient } = study;
  if (PatientID === null) {
    return (
      <p>
        {text('rejectedNotHere', { n: number(named) })}
        {hidesLater && ` ${text('rejectedLater')}`}
      </p>
    );
  }
  return (
    <p>
      <strong>
        <Facts facts={[nameOf(study), PatientID, date(StudyDate), StudyDescription]} />
      </strong>
      {isOtherPatient
        ? text('rejectedOtherPatient')
        : text('rejectedHidden', { hidden: number(hidden), n: number(named) })}
    </p>
  );
}
