// What went wrong with a device: the sentence with its cause and next step, and below it what the log says.
import { associationWords, type AssociationTrouble } from './association-words.ts';
import { addTexts, text, type Msg } from './text.ts';
import { associationTexts } from './texts/association.ts';
import { failuresTexts } from './texts/failures.ts';

addTexts(associationTexts);
addTexts(failuresTexts);

const sendWords = {
  associationLost: 'causeAssociationLost',
  endsAssociations: 'causeEndsAssociations',
  outOfResources: 'causeOutOfResources',
  notAuthorized: 'causeNotAuthorized',
  notUnderstood: 'causeNotUnderstood',
  answeredFailure: 'causeAnsweredFailure',
  sopClassNotTaken: 'causeSOPClassNotTaken',
  cannotReEncode: 'causeCannotReEncode',
  decodersBusy: 'causeDecodersBusy',
  objectUnreadable: 'causeObjectUnreadable',
  processingFailure: 'causeProcessingFailure',
  noDestination: 'causeNoDestination',
  nothingThere: 'causeNothingThere',
  tooManyInstances: 'causeTooManyInstances',
  notAllSent: 'causeNotAllSent',
} as const satisfies Record<string, Msg>;

const deviceWords = {
  associationBroken: 'causeAssociationBroken',
  tooManyAssociations: 'causeTooManyAssociations',
  callerCertificateNone: 'causeCallerCertificateNone',
  callerCertificateNotTrusted: 'causeCallerCertificateNotTrusted',
  callerCertificateExpired: 'causeCallerCertificateExpired',
  callerCertificateOfAnother: 'causeCallerCertificateOfAnother',
  identityRefused: 'causeIdentityRefused',
  identityNotGiven: 'causeIdentityNotGiven',
  identityNotChecked: 'causeIdentityNotChecked',
  requestOutOfResources: 'causeRequestOutOfResources',
  requestNotUnderstood: 'causeRequestNotUnderstood',
  requestFailed: 'causeRequestFailed',
  takesNoReports: 'causeTakesNoReports',
  takesNoNotifications: 'causeTakesNoNotifications',
  notificationsGivenUp: 'causeNotificationsGivenUp',
} as const satisfies Record<string, Msg>;

export type SendFailureCode = AssociationTrouble | keyof typeof sendWords;

interface Failure<Code> {
  code: Code;
  /** In English, as the log has it. */
  reason: string;
  /** Of an answer. */
  status?: string;
  comment?: string;
  sopClass?: string;
}
/** Why a send is not through. */
export type SendFailure = Failure<SendFailureCode>;
/** What failed with a device. */
export type DeviceFailure = Failure<SendFailureCode | keyof typeof deviceWords>;

const words: Record<DeviceFailure['code'], Msg> = { ...associationWords, ...sendWords, ...deviceWords };

/** @param where.name of the device. @param where.ours our AE title */
export function failureSentence(failure: DeviceFailure, { name, ours }: { name: string; ours: string }): string {
  const { code, reason, status, comment, sopClass = '' } = failure;
  const answer = [status, comment].filter(Boolean).join(' ') || reason;
  return text(words[code], { name, aeTitle: ours, answer, sopClass });
}

/** For whoever helps: always English. */
export function FailureReason({ failure: { reason } }: { failure: DeviceFailure }) {
  return (
    <p class="quiet">
      <bdi lang="en">{reason}</bdi>
    </p>
  );
}
