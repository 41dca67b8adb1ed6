/** Why something of a send did not arrive: a word that the viewer has a sentence for, and what fills that in. */
import { associationTroubles } from '#dicom/network/association-trouble.ts';

export const sendFailureCodes = [
  ...associationTroubles,
  /** The association broke off while an instance was on its way. */
  'associationLost',
  /** It ended every association before all was sent. */
  'endsAssociations',
  /** It answered with a failure (PS3.4 Table B.2-1): A7xxH, 0124H, A9xxH or CxxxH, and any other. */
  'outOfResources',
  'notAuthorized',
  'notUnderstood',
  'answeredFailure',
  'sopClassNotTaken',
  /** It takes them in no transfer syntax that can be made of these bytes. */
  'cannotReEncode',
  'decodersBusy',
  'objectUnreadable',
  'processingFailure',
  /** The registry does not have it any more, or no place where it listens. */
  'noDestination',
  'nothingThere',
  'tooManyInstances',
  'notAllSent',
] as const;

export interface SendFailure {
  readonly code: (typeof sendFailureCodes)[number];
  /** English and precise, without a patient's name: for the log, Error Comment, and whoever helps. */
  readonly reason: string;
  /** Of its answer, four hexadecimal digits. */
  readonly status?: string;
  /** Error Comment (0000,0902) of its answer. */
  readonly comment?: string;
  /** Name of the SOP class, or its UID. */
  readonly sopClass?: string;
}

/** The most frequent failure of one run. */
export interface SendCause extends SendFailure {
  /** Of how many instances; absent where it concerns the whole send. */
  readonly instances?: number;
  /** How many other reasons there were. */
  readonly others?: number;
}
