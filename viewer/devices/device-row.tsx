// One device of the registry: what it is, when it was last heard of, and what can be done about it.
import type { Device, EchoOutcome, Service } from '../administration-client.ts';
import { LoadError } from '../archive-client.ts';
import { associationWords } from '../association-words.ts';
import { FailureReason, failureSentence } from '../device-failure.tsx';
import { Facts } from '../facts.tsx';
import { number } from '../format.ts';
import { Icon } from '../icons.tsx';
import { moment } from '../moment.ts';
import { text, type Msg } from '../text.ts';
import { WorkButton } from '../work-button.tsx';
import * as list from './device-list.ts';

const echoWords: Record<EchoOutcome, Msg> = {
  answered: 'echoAnswered',
  noAddress: 'echoNoAddress',
  ...associationWords,
  noVerification: 'echoNoVerification',
  failed: 'echoFailed',
};
const serviceWords: Record<Exclude<Service, 'storage'>, Msg> = {
  verification: 'askVerification',
  query: 'askQuery',
  retrieve: 'askRetrieve',
  worklist: 'askWorklist',
  mpps: 'askMpps',
  commitment: 'askCommitment',
  other: 'askOther',
};

/** Approved it stands in another list, and the focus goes with it. */
const idOf = ({ id }: Device) => `device-${id}`;

interface WaitingDeviceProps {
  device: Device;
  onEdit: () => void;
  onRemove: () => void;
}

export function WaitingDevice({ device, onEdit, onRemove }: WaitingDeviceProps) {
  return (
    <li class="device" id={idOf(device)}>
      <div class="device-what">
        <Name device={device} />
        <p>{text('asksFor', { what: asked(device) })}</p>
        <p class="quiet">
          {text('lastContact')}: {moment(device.lastSeenAt) ?? text('never')}
        </p>
      </div>
      <div class="actions">
        <WorkButton
          class="main"
          work={() => list.approve(device)}
          name={text('approveDevice', { name: device.aeTitle })}
        >
          <Icon name="done" />
          {text('approve')}
        </WorkButton>
        <button type="button" onClick={onEdit} aria-label={text('editNamed', { name: device.aeTitle })}>
          {text('edit')}
        </button>
        <button type="button" onClick={onRemove} aria-label={`${text('remove')} ${device.aeTitle}`}>
          {text('remove')}
        </button>
      </div>
    </li>
  );
}

interface DeviceRowProps {
  device: Device;
  /** Our own AE title. */
  ours: string;
  onEdit: () => void;
  onRemove: () => void;
}

export function DeviceRow({ device, ours, onEdit, onRemove }: DeviceRowProps) {
  const running = list.tests.value.get(device.id) === 'running';
  const stored = device.storedInstances;
  return (
    <li class="device" id={idOf(device)}>
      <div class="device-what">
        <Name device={device} />
        {(device.room || device.description) && (
          <p>
            <Facts facts={[device.room, device.description].map((fact) => fact && <bdi>{fact}</bdi>)} />
          </p>
        )}
        <p>{stored > 0 ? text('storedCount', { n: number(stored) }) : text('storedNothing')}</p>
        <p class="quiet">
          {text('lastContact')}: {moment(device.lastSeenAt) ?? text('never')}
          {device.associations > 0 && ` · ${text('calledCount', { n: number(device.associations) })}`}
        </p>
        {device.lastFailure !== null && (
          <div class="last-failure">
            <p>
              {text('lastFailure', { n: number(device.failures), when: moment(device.lastFailedAt) ?? '' })}{' '}
              {failureSentence(device.lastFailure, { name: device.aeTitle, ours })}
            </p>
            <FailureReason failure={device.lastFailure} />
          </div>
        )}
        <Tested device={device} ours={ours} />
      </div>
      <div class="actions">
        <button
          type="button"
          aria-disabled={running}
          onClick={() => void list.test(device.id)}
          aria-label={text('testNamed', { name: device.aeTitle })}
        >
          {running ? text('testing') : text('test')}
        </button>
        <button type="button" onClick={onEdit} aria-label={text('editNamed', { name: device.aeTitle })}>
          {text('edit')}
        </button>
        <button type="button" onClick={onRemove} aria-label={`${text('remove')} ${device.aeTitle}`}>
          {text('remove')}
        </button>
      </div>
    </li>
  );
}

function Name({ device: { aeTitle, host, port, state, tls } }: { device: Device }) {
  return (
    <h3>
      <bdi>{aeTitle}</bdi>{' '}
      <span class="device-address">
        <bdi>{host}</bdi>
        {state !== 'waiting' && (port === null ? ` (${text('sendsOnly')})` : `:${port}`)}
      </span>
      {tls && <span class="chip">TLS</span>}
      {state === 'refused' && <span class="chip bad">{text('stateRefused')}</span>}
    </h3>
  );
}

function Tested({ device, ours }: { device: Device; ours: string }) {
  const test = list.tests.value.get(device.id);
  if (!test || test === 'running') return null;
  if (test instanceof LoadError)
    return (
      <p class="test bad" role="status">
        {test.detail ?? text(test.trouble)}
      </p>
    );
  const places = { ms: number(test.durationMs), name: device.aeTitle, aeTitle: ours };
  const isAnswered = test.outcome === 'answered';
  return (
    <p class={isAnswered ? 'test good' : 'test bad'} role="status">
      {text(echoWords[test.outcome], places)}
      {isAnswered && device.lastSeenAt === null && ` ${text('echoNeverCalled', places)}`}
    </p>
  );
}

function asked({ asked: { services, storageClasses, storage } }: Device): string {
  const words = services.map((service) => {
    if (service !== 'storage') return text(serviceWords[service]);
    const places = { n: number(storageClasses), names: storage.join(', ') };
    return text(storageClasses > storage.length ? 'askStoreMore' : 'askStore', places);
  });
  return words.length > 0 ? words.join(', ') : text('askNothing');
}
