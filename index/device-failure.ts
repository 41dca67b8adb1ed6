/** What went wrong with a device: a word that the viewer has a sentence for, and what fills that in. */
import { type SendFailure, sendFailureCodes } from './send-cause.ts';

export const deviceFailureCodes = [
  ...sendFailureCodes,
  /** Any association broke off, whoever had opened it. */
  'associationBroken',
  /** It has as many open as one device may. */
  'tooManyAssociations',
  /** It called without the TLS certificate that its entry asks for, and was refused. */
  'callerCertificateNone',
  'callerCertificateNotTrusted',
  'callerCertificateExpired',
  'callerCertificateOfAnother',
  'identityRefused',
  'identityNotGiven',
  'identityNotChecked',
  /** We answered what it asked for with a failure: A7xxH, A9xxH or CxxxH (PS3.4 Table B.2-1), and any other. */
  'requestOutOfResources',
  'requestNotUnderstood',
  'requestFailed',
  /** It lets us propose no reports of storage commitment (PS3.4 J.3.3). */
  'takesNoReports',
  /** It takes no Instance Availability Notifications (PS3.4 Annex R). */
  'takesNoNotifications',
  /** It has taken none for a week, and is not tried any more. */
  'notificationsGivenUp',
] as const;

export interface DeviceFailure extends Omit<SendFailure, 'code'> {
  readonly code: (typeof deviceFailureCodes)[number];
  /** Of which DIMSE service, such as `C-STORE`. */
  readonly operation?: string;
}

/** A device was asked for something, and it did not come about. */
export class DeviceFailed extends Error {
  override name = 'DeviceFailed';
  readonly failure: DeviceFailure;

  constructor(failure: DeviceFailure, options?: ErrorOptions) {
    super(failure.reason, options);
    this.failure = failure;
  }
}
