// The devices page, for administrators: who waits for approval, who may call, and whether they answer.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Device } from '../administration-client.ts';
import { asWritten } from '../as-written.ts';
import { dateAndTime, number } from '../format.ts';
import { Icon } from '../icons.tsx';
import { keepFocus } from '../keep-focus.ts';
import { Notice } from '../notice.tsx';
import { PageHeader } from '../page-header.tsx';
import { addTexts, text } from '../text.ts';
import { devicesTexts } from '../texts/devices.ts';
import { associationTexts } from '../texts/association.ts';
import { Warnings } from '../warnings.tsx';
import '../style/administration.css';
import { DeviceForm } from './device-form.tsx';
import * as list from './device-list.ts';
import { DeviceRow, WaitingDevice } from './device-row.tsx';
import { RemoveDialog } from './remove-dialog.tsx';

addTexts(devicesTexts);
addTexts(associationTexts);

export default function DevicesPage() {
  useEffect(() => list.keepFresh(), []);
  useEffect(keepFocus, []);
  useEffect(() => {
    document.title = `${text('devices')} – ${text('lightbox')}`;
  });
  return (
    <>
      <PageHeader />
      <main class="administration" id="content">
        <Registry />
      </main>
    </>
  );
}

function Registry() {
  const edited = useSignal<Device | 'new' | undefined>(undefined);
  const removed = useSignal<Device | undefined>(undefined);
  const { registry, error } = list;
  if (!registry.value) {
    if (error.value) return <Notice error={error.value} retry={() => void list.refresh()} />;
    return <p class="opening">{text('loading')}</p>;
  }
  const { devices, here, givenWay, waitingAtMost } = registry.value;
  const waiting = devices.filter(({ state }) => state === 'waiting');
  const others = devices.filter(({ state }) => state !== 'waiting');
  return (
    <>
      <div class="page-title">
        <div>
          <h1>{text('devices')}</h1>
          <p class="quiet">{text('devicesLead')}</p>
        </div>
        <button type="button" class={devices.length === 0 ? '' : 'main'} onClick={() => (edited.value = 'new')}>
          <Icon name="add" />
          {text('addDevice')}
        </button>
      </div>
      <Warnings error={error.value} />
      {waiting.length > 0 && (
        <section class="panel attention" aria-labelledby="waiting">
          <h2 id="waiting">{text('devicesWaiting')}</h2>
          <p>{text('devicesWaitingNext')}</p>
          {givenWay && (
            <p>
              {text('devicesGivenWay', {
                n: number(givenWay.entries),
                when: dateAndTime(new Date(givenWay.since)),
                inAll: number(waitingAtMost.inAll),
                ofAddress: number(waitingAtMost.ofAddress),
              })}
            </p>
          )}
          <ul class="device-list">
            {waiting.map((device) => (
              <WaitingDevice
                key={device.id}
                device={device}
                onEdit={() => (edited.value = device)}
                onRemove={() => (removed.value = device)}
              />
            ))}
          </ul>
        </section>
      )}
      {others.length > 0 && (
        <section class="panel" aria-labelledby="registered">
          <h2 id="registered">{text('devicesRegistered')}</h2>
          <ul class="device-list">
            {others.map((device) => (
              <DeviceRow
                key={device.id}
                device={device}
                ours={here.aeTitle}
                onEdit={() => (edited.value = device)}
                onRemove={() => (removed.value = device)}
              />
            ))}
          </ul>
        </section>
      )}
      {devices.length === 0 && (
        <Notice icon="device" title={text('noDevices')}>
          <p>{text('noDevicesNext')}</p>
        </Notice>
      )}
      <p class="quiet">
        {here.tlsPort === null
          ? text('devicesHere', { aeTitle: here.aeTitle, port: here.port })
          : text('devicesHereTls', { aeTitle: here.aeTitle, port: here.port, tlsPort: here.tlsPort })}
      </p>
      {edited.value && (
        <DeviceForm
          device={edited.value === 'new' ? undefined : asWritten(edited.value)}
          onClose={() => (edited.value = undefined)}
        />
      )}
      {removed.value && <RemoveDialog device={removed.value} onClose={() => (removed.value = undefined)} />}
    </>
  );
}
