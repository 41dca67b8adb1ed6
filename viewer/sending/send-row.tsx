// One send: what goes where, how far it is, why it is not further, and what can be done about it.
import { Facts } from '../facts.tsx';
import { clock, date, number, personName } from '../format.ts';
import { moment } from '../moment.ts';
import type { Send, SendState } from '../sending-client.ts';
import { text, type Msg } from '../text.ts';
import { WorkButton } from '../work-button.tsx';
import { Cause } from './cause.tsx';
import { cancel, repeat } from './current-sends.ts';

export const stateWords: Record<SendState, Msg> = {
  waiting: 'sendWaiting',
  running: 'sendRunning',
  done: 'sendDone',
  failed: 'sendFailed',
  cancelled: 'sendCancelled',
};

export function SendRow({ send }: { send: Send }) {
  const { state, total, sent, destination, cause, route, ModalitiesInStudy, StudyInstanceUID } = send;
  const isOpen = state === 'waiting' || state === 'running';
  const who = ModalitiesInStudy ? (personName(send.PatientName) ?? text('noName')) : text('sendStudyGone');
  const again = text(state === 'waiting' ? 'trySendNow' : 'repeatSend');
  return (
    <li class="device">
      <div class="device-what">
        <h3>
          <bdi>{who}</bdi>
          <span class="device-address">
            <bdi>{text('sendTo', { name: destination })}</bdi>
          </span>
          <span class={`chip ${state === 'failed' ? 'bad' : ''}`}>{text(stateWords[state])}</span>
        </h3>
        <p>
          <Facts
            facts={[
              ...whatOf(send).map((fact) => <bdi>{fact}</bdi>),
              ModalitiesInStudy && (
                <a
                  href={`/viewer?StudyInstanceUIDs=${encodeURIComponent(StudyInstanceUID)}`}
                  aria-label={text('openStudy', { name: who })}
                >
                  {text('openItsStudy')}
                </a>
              ),
            ]}
          />
        </p>
        {total === null ? (
          <p>{text('sentNothing')}</p>
        ) : (
          <>
            <p>{text('sentOf', { n: number(sent), total: number(total) })}</p>
            {isOpen && <progress max={Math.max(1, total)} value={sent} />}
          </>
        )}
        {cause && state !== 'done' && <Cause cause={cause} destination={destination} />}
        <p>
          <Facts
            quiet
            facts={[
              route === null ? text('askedByHand') : text('askedByRoute', { name: route }),
              moment(send.changedAt),
              isOpen && send.window && text('routeHours', send.window),
              state === 'waiting' && cause && text('triedAgainAt', { time: clock(new Date(send.dueAt)) }),
            ]}
          />
        </p>
      </div>
      <div class="actions">
        {state !== 'running' && (
          <WorkButton work={() => repeat(send.id)} name={`${again}: ${who}`}>
            {again}
          </WorkButton>
        )}
        {isOpen && (
          <WorkButton work={() => cancel(send.id)} name={`${text('cancelSend')}: ${who}`}>
            {text('cancelSend')}
          </WorkButton>
        )}
      </div>
    </li>
  );
}

/** Which study of the patient it is, as the study list says it. */
function whatOf({ PatientID, AccessionNumber, StudyDescription, StudyDate, ...send }: Send): string[] {
  const { ModalitiesInStudy, SeriesInstanceUID } = send;
  const study = ModalitiesInStudy && [
    PatientID,
    ModalitiesInStudy.join(', '),
    text('sendStudy', { date: date(StudyDate) ?? text('noDate') }),
    StudyDescription,
    AccessionNumber && `${text('accession')} ${AccessionNumber}`,
  ];
  return [...(study ?? []), SeriesInstanceUID && text('sendOneSeries')].filter((part): part is string => Boolean(part));
}
