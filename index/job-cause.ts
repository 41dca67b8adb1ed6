/** Why a job failed: a word that the viewer has a sentence for, and what the log says. */
export const jobFailureCodes = [
  'storageFull',
  /** The server that keeps the objects does not answer. */
  'storageAway',
  'tooManyFiles',
  /** An object that a row names is not there, or ends too early. */
  'objectMissing',
  'storageFailed',
  'databaseAway',
  'decodersBusy',
  'tookTooLong',
  'unexpected',
] as const;

export interface JobCause {
  readonly code: (typeof jobFailureCodes)[number];
  /** English and precise, without a patient's name: for whoever helps. */
  readonly reason: string;
}
