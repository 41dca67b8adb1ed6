// What was entered in the form of a device, as the archive takes it.
import { deviceServices, type DeviceEntry } from '../administration-client.ts';

export function entryOf(form: FormData): DeviceEntry {
  const value = (name: string) => String(form.get(name) ?? '').trim();
  const orNull = (name: string) => (value(name) === '' ? null : value(name));
  return {
    aeTitle: value('aeTitle'),
    host: value('host'),
    port: value('port') === '' ? null : Number(value('port')),
    state: value('state') as DeviceEntry['state'],
    room: value('room'),
    description: value('description'),
    services: deviceServices.filter((service) => form.getAll('services').includes(service)),
    tls: form.get('tls') === 'on',
    tlsSubject: orNull('tlsSubject'),
    tlsFingerprint: orNull('tlsFingerprint'),
    userIdentity: value('userIdentity') as DeviceEntry['userIdentity'],
    // The first of its values may be empty, and blanks within them count.
    characterSet: String(form.get('characterSet') ?? ''),
    defaultIssuer: value('defaultIssuer'),
    onOtherBytes: value('onOtherBytes') as DeviceEntry['onOtherBytes'],
    wantsAvailability: form.has('wantsAvailability'),
  };
}
