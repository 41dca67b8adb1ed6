/** Who may open an association: the device registry, and the accounts where a device's entry asks for one. */
import { TooManyGuesses } from '#access/guesses.ts';
import type { Caller } from '#access/caller.ts';
import type { Credentials } from '#access/credentials.ts';
import type { WrongCertificate } from '#access/device-certificate.ts';
import type { DeviceFigures } from '#access/device-figures.ts';
import { allowing } from '#access/device-services.ts';
import type { Devices } from '#access/devices.ts';
import { PasswordsBusy } from '#access/passwords.ts';
import { recordAccess } from '#access/record.ts';
import { saidInstead, verifyIdentity } from '#access/user-identity.ts';
import type { Admission, Calling } from '#dicom/network/acceptor.ts';
import type { DeviceFailure } from '#index/device-failure.ts';
import { limits } from '#settings/limits.ts';
import type { Log } from '#settings/log.ts';
import { onBehalfOf } from '#settings/on-behalf.ts';
import { Places } from '#settings/places.ts';

/** What the registry remembers of a device that did not show the certificate that its entry asks for. */
const certificateFailures = {
  none: { code: 'callerCertificateNone', reason: 'refused: called without a TLS certificate' },
  notTrusted: {
    code: 'callerCertificateNotTrusted',
    reason: 'refused: no authority of DIMSE_TLS_CA vouches for its certificate',
  },
  expired: { code: 'callerCertificateExpired', reason: 'refused: its certificate is not valid now' },
  another: { code: 'callerCertificateOfAnother', reason: 'refused: showed another certificate' },
} as const satisfies Record<WrongCertificate, DeviceFailure>;

export interface AdmissionParts {
  readonly devices: Devices;
  readonly credentials: Credentials;
  readonly figures: Pick<DeviceFigures, 'failed'>;
  readonly log: Log;
}

export function openAdmission({ devices, credentials, figures, log }: AdmissionParts) {
  const places = new Places(limits.access.callersAskedFor);
  return async (calling: Calling, gone: AbortSignal): Promise<Admission<Caller>> => {
    const { callingAETitle: name, address, userIdentity } = calling;
    const refused = (): void => recordAccess(log, { caller: { kind: 'device', name, address }, action: 'refused' });
    // Each address in its turn: a device gets in while another machine calls as often as it can, and strangers leave the database to others.
    // A place is for the database: to look up the name of a device may take long, where nobody answers for names.
    const device = await onBehalfOf(`address ${address}`, () =>
      devices.admit(calling, (work) => places.take(work, gone)),
    );
    if (!device) {
      refused();
      return { reject: 'calling AE title not recognized' };
    }
    if ('certificate' in device) {
      refused();
      figures.failed(device.device, certificateFailures[device.certificate]);
      return { reject: 'calling AE title not recognized' };
    }
    const { services, identityPolicy, ...caller } = device;
    const allows = allowing(services);
    const noIdentity = (code: DeviceFailure['code'], reason: string): void => {
      refused();
      if (caller.device !== undefined) figures.failed(caller.device, { code, reason });
    };
    try {
      const account = await verifyIdentity(identityPolicy, userIdentity, { address, credentials });
      if (account === undefined) return { caller, allows };
      if (account === 'refused' || account === 'notGiven') {
        if (account === 'refused') noIdentity('identityRefused', 'user identity refused');
        else noIdentity('identityNotGiven', `no name with passcode: ${saidInstead(userIdentity)}`);
        return { reject: 'no reason given' };
      }
      // Neither gains by the other: what both of them may do.
      const rights = new Set([...caller.rights].filter((right) => account.rights.has(right)));
      const { id, generation } = account;
      const behind = { ...caller, rights, account: account.name, accountThen: { id, generation } };
      recordAccess(log, { caller: behind, action: 'login' });
      return { caller: behind, allows, isIdentityVerified: true };
    } catch (error) {
      if (!(error instanceof TooManyGuesses) && !(error instanceof PasswordsBusy)) throw error;
      noIdentity('identityNotChecked', `user identity not checked: ${error.message}`);
      return { reject: 'temporary congestion' };
    }
  };
}
