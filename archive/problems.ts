/**
 * What can go wrong, and what each door answers: one table for both.
 * DIMSE: PS3.7 Annex C, PS3.4 Table B.2-1. HTTP: PS3.18 Sections 8.5 and 10.5.3, Table I.2-1 (the same numbers as DIMSE).
 */
export const problems = {
  outOfResources: { dimse: 0xa700, http: 503 },
  doesNotMatchSOPClass: { dimse: 0xa900, http: 409 },
  missingIdentity: { dimse: 0xa900, http: 409 },
  cannotUnderstand: { dimse: 0xc000, http: 409 },
  processingFailure: { dimse: 0x0110, http: 500 },
  /** Its bytes are damaged, or gone: an administrator can find out, and whoever has it can send it again. */
  objectUnreadable: { dimse: 0x0110, http: 500 },
  /** Of one request (PS3.4 Table C.4-2: unable to calculate the number of matches). */
  tooManyInstances: { dimse: 0xa701, http: 413 },
  noSuchInstance: { dimse: 0x0112, http: 404 },
  sopClassNotSupported: { dimse: 0x0122, http: 409 },
  notAuthorized: { dimse: 0x0124, http: 403 },
  notLoggedIn: { dimse: 0x0124, http: 401 },
  /** Of a browser, for a page that is not ours; or ours, at an address that a proxy in front does not hand on. */
  otherOrigin: { dimse: 0x0124, http: 403 },
  /** Somebody signed in here, and may have gone away since. */
  signInAgain: { dimse: 0x0124, http: 403 },
  /** Of somebody who is logged in, and changes it. */
  wrongPassword: { dimse: 0x0124, http: 403 },
  badRequest: { dimse: 0x0106, http: 400 },
  notFound: { dimse: 0x0112, http: 404 },
  /** What would be made is there already. */
  alreadyThere: { dimse: 0x0111, http: 409 },
  /** It is in a state in which nobody may change it so any more. */
  cannotChange: { dimse: 0x0110, http: 409 },
  /** Somebody else has changed it since it was read. */
  changedMeanwhile: { dimse: 0x0110, http: 409 },
  /** The last account that may manage can be neither removed nor lose that. */
  lastManager: { dimse: 0x0110, http: 409 },
  /** Nobody removes himself, nor gives himself a password without the old one. */
  ownAccount: { dimse: 0x0110, http: 409 },
  /** An account's name with letters of several alphabets: nobody sees which account it is. */
  lookalikeName: { dimse: 0x0106, http: 400 },
  /** Only an empty archive takes that. */
  notEmpty: { dimse: 0x0111, http: 409 },
  notAcceptable: { dimse: 0x0122, http: 406 },
  tooLarge: { dimse: 0xa700, http: 413 },
  unsupportedMediaType: { dimse: 0x0122, http: 415 },
  tooManyRequests: { dimse: 0xa700, http: 429 },
  /** Of one caller, who has as much under way as he may. */
  tooManyAtOnce: { dimse: 0xa700, http: 503 },
  methodNotAllowed: { dimse: 0x0211, http: 405 },
  /** The database or the storage does not answer at the moment. */
  unavailable: { dimse: 0xa700, http: 503 },
  /** Every thread that decodes frames is busy, and every place to wait for one is taken. */
  decodersBusy: { dimse: 0xa700, http: 503 },
} as const;

export type ProblemCode = keyof typeof problems;

/** An answer that is not success. `detail` is English, precise, without a patient's name, and fits an Error Comment. */
export class Problem extends Error {
  override name = 'Problem';
  readonly code: ProblemCode;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ProblemCode, detail: string, options: { cause?: unknown; retryAfterSeconds?: number } = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get dimseStatus(): number {
    return problems[this.code].dimse;
  }
  get httpStatus(): number {
    return problems[this.code].http;
  }
}
