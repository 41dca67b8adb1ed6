// The status page, for administrators, in plain words: what needs a person, the parts, and the background work.
import { useEffect } from 'preact/hooks';
import type { Alert, PartState, Status, StorageFault } from '../administration-client.ts';
import { clock, dateAndTime, number } from '../format.ts';
import { Icon } from '../icons.tsx';
import { keepFocus } from '../keep-focus.ts';
import { Notice } from '../notice.tsx';
import { PageHeader } from '../page-header.tsx';
import { space } from '../sizes.ts';
import { addTexts, text, type Msg } from '../text.ts';
import { rejectionsTexts } from '../texts/rejections.ts';
import { statusTexts } from '../texts/status.ts';
import { Warnings } from '../warnings.tsx';
import '../style/administration.css';
import '../style/status.css';
import { BackgroundWork } from './background-work.tsx';
import * as now from './current-status.ts';
import { Unreported } from './unreported.tsx';

addTexts(statusTexts);
addTexts(rejectionsTexts);

const alertWords: Record<Alert, Msg> = {
  storageFailed: 'alertStorageFailed',
  databaseFull: 'alertDatabaseFull',
  storageFull: 'alertStorageFull',
  recordLost: 'alertRecordLost',
  storageLow: 'alertStorageLow',
  workerAway: 'alertWorkerAway',
  workerSlow: 'alertWorkerSlow',
  jobsFailed: 'alertJobsFailed',
  certificateRefused: 'alertCertificateRefused',
  certificateExpired: 'alertCertificateExpired',
  certificateExpires: 'alertCertificateExpires',
  devicesWait: 'alertDevicesWait',
  commitmentsUnreported: 'alertCommitmentsUnreported',
};
/** With these something does not work; with the others something wants to be done. */
const broken: readonly Alert[] = [
  'storageFailed',
  'databaseFull',
  'storageFull',
  'recordLost',
  'workerAway',
  'certificateExpired',
];
/** What to look after. */
const faultWords: Record<StorageFault, Msg> = {
  missing: 'faultMissing',
  readOnly: 'faultReadOnly',
  notAllowed: 'faultNotAllowed',
  broken: 'faultBroken',
  tooManyFiles: 'faultTooManyFiles',
  noAnswer: 'faultNoAnswer',
  other: 'faultOther',
};
const partWords: Record<PartState, Msg> = { ok: 'partOk', full: 'partFull', failed: 'partFailed' };

/** Of years nobody plans by the pace of one week. */
const isForeseen = (days: number | null) => days !== null && days < 1000;
const wholeDays = (days: number) => number(Math.max(1, Math.round(days)));

export default function StatusPage() {
  useEffect(() => now.keepFresh(), []);
  useEffect(keepFocus, []);
  useEffect(() => {
    document.title = `${text('status')} – ${text('lightbox')}`;
  });
  return (
    <>
      <PageHeader />
      <main class="administration" id="content">
        <h1 class="unseen">{text('status')}</h1>
        <Current />
      </main>
    </>
  );
}

function Current() {
  const { status, error, databaseAway, checkedAt } = now;
  if (databaseAway.value)
    return (
      <section class="verdict broken" role="alert">
        <Icon name="warning" />
        <div>
          <h2>{text('statusBroken')}</h2>
          <p>
            {text('alertDatabaseFailed')} <Since when={databaseAway.value.databaseSince} />
          </p>
        </div>
      </section>
    );
  if (error.value) return <Notice error={error.value} retry={() => void now.refresh()} />;
  if (!status.value) return <p class="opening">{text('loading')}</p>;
  return (
    <>
      <Warnings error={undefined} />
      <Verdict status={status.value} />
      <Parts status={status.value} />
      {status.value.unreportedCommitments.length > 0 && (
        <Unreported devices={status.value.unreportedCommitments} aeTitle={status.value.aeTitle} />
      )}
      <BackgroundWork queue={status.value.queue} />
      <p>
        <a href="/rejections">{text('rejectionsLink')}</a>
      </p>
      <p class="quiet">
        {text('statusVersion', { version: status.value.version, since: dateAndTime(new Date(status.value.since)) })}
        {checkedAt.value && ` · ${text('checkedAt', { time: clock(checkedAt.value) })}`}
      </p>
    </>
  );
}

function Verdict({ status }: { status: Status }) {
  const { alerts, database, storage, recordLostSince, workerAwaySince, devicesWaiting } = status;
  const { certificateExpires, unreportedCommitments } = status;
  const expires = certificateExpires === null ? '' : dateAndTime(new Date(certificateExpires));
  const isBroken = alerts.some((alert) => broken.includes(alert));
  const level = isBroken ? 'broken' : alerts.length > 0 ? 'attention' : 'good';
  const title = { broken: 'statusBroken', attention: 'statusAttention', good: 'statusGood' } as const;
  return (
    <section class={`verdict ${level}`} role="status">
      <Icon name={level === 'good' ? 'done' : 'warning'} />
      <div>
        <h2>{text(title[level])}</h2>
        {alerts.length > 0 && (
          <ul>
            {alerts.map((alert) => (
              <li key={alert}>
                {text(alert === 'storageLow' && storage.daysLeft !== null ? 'alertStorageLowDays' : alertWords[alert], {
                  n: number(devicesWaiting),
                  size: space(storage.freeBytes ?? 0),
                  days: wholeDays(storage.daysLeft ?? 0),
                  expires,
                  names: [...new Set(unreportedCommitments.map(({ callingAETitle }) => callingAETitle))].join(', '),
                })}{' '}
                {alert === 'storageFailed' && storage.fault && text(faultWords[storage.fault])}{' '}
                {(alert === 'storageFailed' || alert === 'storageFull') && <Since when={storage.since} />}
                {alert === 'databaseFull' && <Since when={database.since} />}
                {alert === 'recordLost' && <Since when={recordLostSince} />}
                {alert === 'workerAway' && <Since when={workerAwaySince} />}
                {(alert === 'devicesWait' || alert === 'commitmentsUnreported') && (
                  <a href="/devices">{text('devices')}</a>
                )}
              </li>
            ))}
          </ul>
        )}
      </div>
    </section>
  );
}

/**
 * Of what was noticed by a look, and may have begun a minute before. While the programs of a site are renewed one by one, an older one
 * that does not say it may answer.
 */
function Since({ when }: { when: string | null | undefined }) {
  return when ? <>{text('brokenSince', { when: dateAndTime(new Date(when)) })}</> : null;
}

function Parts({ status: { database, storage, programs } }: { status: Status }) {
  return (
    <div class="parts">
      <Part name={text('statusDatabase')} state={database.state}>
        <p>PostgreSQL</p>
        <p class="quiet">{text('databaseSize', { size: space(database.bytes) })}</p>
      </Part>
      <Part name={text('statusStorage')} state={storage.state}>
        {storage.freeBytes !== null && <p>{text('storageFree', { size: space(storage.freeBytes) })}</p>}
        {storage.freeBytes === null && storage.state === 'ok' && <p>{text('storageUnknown')}</p>}
        {storage.bytesADay !== null && (
          <p class="quiet">
            {text(isForeseen(storage.daysLeft) ? 'storageDays' : 'storageADay', {
              days: wholeDays(storage.daysLeft ?? 0),
              size: space(storage.bytesADay),
            })}
          </p>
        )}
        <p class="quiet">{text(storage.kind === 's3' ? 'storageOnS3' : 'storageOnDisk')}</p>
      </Part>
      {(['archive', 'worker'] as const).map((name) => {
        const running = programs.filter((program) => program.name === name);
        return (
          <Part
            key={name}
            name={text(name === 'archive' ? 'programArchive' : 'programWorker')}
            state={running.length > 0 ? 'ok' : 'failed'}
          >
            {running.map(({ address }) => (
              <p key={address ?? ''} class="quiet">
                {address === null ? text('onThisMachine') : text('onMachine', { address })}
              </p>
            ))}
          </Part>
        );
      })}
    </div>
  );
}

function Part({ name, state, children }: { name: string; state: PartState; children: preact.ComponentChildren }) {
  return (
    <section class="part">
      <h2>{name}</h2>
      <p class={state === 'ok' ? 'part-state good' : 'part-state bad'}>
        <Icon name={state === 'ok' ? 'done' : 'warning'} />
        {text(partWords[state])}
      </p>
      {children}
    </section>
  );
}
