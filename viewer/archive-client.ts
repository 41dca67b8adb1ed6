// Every HTTP call of the viewer, and the one place where a failed call becomes something a reader understands.
// Same origin, session cookie; searches go by POST so that no name stands in a URL. DICOMweb as in PS3.18.
import { inItsLine } from './in-its-line.ts';
import { language } from './text.ts';

/** One attribute in the DICOM JSON model (PS3.18 Annex F). */
export interface JsonAttribute {
  vr: string;
  Value?: unknown[];
  BulkDataURI?: string;
  InlineBinary?: string;
}

/** One dataset in the DICOM JSON model: attributes by tag, eight upper-case hexadecimal digits. */
export type JsonDataset = Record<string, JsonAttribute | undefined>;

export interface Session {
  name: string;
  rights: string[];
  /** Nobody has chosen the account's password: the archive made it. */
  passwordGenerated: boolean;
}

export interface Study {
  StudyInstanceUID: string;
  PatientName: string | null;
  PatientID: string | null;
  PatientBirthDate: string | null;
  PatientSex: string | null;
  StudyDate: string | null;
  StudyTime: string | null;
  AccessionNumber: string | null;
  StudyDescription: string | null;
  ModalitiesInStudy: string[];
  NumberOfStudyRelatedSeries: number;
  NumberOfStudyRelatedInstances: number;
  flags: string[];
  changedAt: string;
}

/** Where a page of the list ended; the archive's own words, handed back as they are. */
export type PageEnd = readonly unknown[];

/** What is undefined is not sent. */
export interface StudySearch {
  text?: string | undefined;
  /** Days by the calendar of the hospital, which the archive knows. */
  period?: 'today' | 'yesterday' | 'week' | 'month' | undefined;
  dateFrom?: string | undefined;
  dateTo?: string | undefined;
  modality?: string | undefined;
  flagged?: true | undefined;
  limit: number;
  after?: PageEnd | undefined;
}

export interface StudyPage {
  studies: Study[];
  more: boolean;
  next?: PageEnd;
  /** Of the first page only; where `totalIsExact` is false, that many or more. */
  total?: number;
  totalIsExact?: boolean;
}

/** What went wrong, as a reader can act on it; text.ts has a sentence (cause and next step) for each. */
export type Trouble =
  | 'signedOut'
  | 'wrongPassword'
  | 'tooManyTries'
  | 'notAllowed'
  | 'notFound'
  | 'tooBig'
  | 'archiveBusy'
  | 'archiveFailed'
  | 'unreachable'
  | 'tooSlow'
  | 'notUnderstood'
  | 'noImages'
  | 'noSuchFrame'
  | 'noSuchImage'
  | 'noSuchSeries'
  | 'noSuchStudy'
  | 'wrongPixels'
  | 'otherSyntax'
  | 'cannotDraw';

/** What a problem document (RFC 9457) of the archive says: to the reader in his language, and by the archive's own code. */
interface ArchiveProblem {
  detail?: string | undefined;
  code?: string | undefined;
}

/** The one error of the viewer: a trouble, and what the archive itself said about it in the reader's language. */
export class LoadError extends Error {
  readonly trouble: Trouble;
  readonly detail: string | undefined;
  readonly code: string | undefined;
  constructor(trouble: Trouble, options: ArchiveProblem & { cause?: unknown } = {}) {
    super(options.detail ?? trouble, { cause: options.cause });
    this.name = 'LoadError';
    this.trouble = trouble;
    this.detail = options.detail;
    this.code = options.code;
  }
}

const answerWithinMs = 30_000;
/** A line that has moved no byte for so long is dead. */
export const imageSilentForMs = 30_000;
type SignedInAgain = Promise<void> | undefined;
let sayWeAreSignedOut: () => SignedInAgain = () => undefined;
/** How often somebody has signed in on this page. */
let signedIn = 0;

/**
 * Calls back whenever the archive no longer knows our session.
 * @param callback  gives what resolves when the reader has signed in again; undefined when nobody was signed in
 */
export function whenSignedOut(callback: () => SignedInAgain): void {
  sayWeAreSignedOut = callback;
}

export async function readSession(): Promise<Session | undefined> {
  try {
    return await json<Session>('/api/session', { quiet: true });
  } catch (error) {
    if (error instanceof LoadError && error.trouble === 'signedOut') return undefined;
    throw error;
  }
}

export async function signIn(name: string, password: string): Promise<Session> {
  try {
    const session = await json<Session>('/api/login', { body: { name, password }, quiet: true });
    signedIn += 1;
    return session;
  } catch (error) {
    const refused = error instanceof LoadError && error.trouble === 'signedOut';
    if (refused) throw new LoadError('wrongPassword', { cause: error });
    throw error;
  }
}

export async function signOut(): Promise<void> {
  await request('/api/logout', { method: 'POST' });
}

export async function searchStudies(search: StudySearch, signal?: AbortSignal): Promise<StudyPage> {
  return json<StudyPage>('/api/studies/search', { body: search, signal });
}

export const studyThumbnailUrl = (study: string) => `/api/studies/${encodeURIComponent(study)}/thumbnail`;

/** Turns whatever a failed load threw into a LoadError. */
export function loadError(thrown: unknown): LoadError {
  if (thrown instanceof LoadError) return thrown;
  if (thrown instanceof DOMException && thrown.name === 'TimeoutError') {
    return new LoadError('tooSlow', { cause: thrown });
  }
  if (thrown instanceof TypeError && /fetch|network|load failed/i.test(thrown.message)) {
    return new LoadError('unreachable', { cause: thrown });
  }
  return new LoadError('cannotDraw', { cause: thrown });
}

interface CallOptions {
  method?: string;
  body?: unknown;
  signal?: AbortSignal | undefined;
  /** Not being signed in is an answer like any other. */
  quiet?: boolean;
  parse?: typeof parse;
}

/** One call whose answer is JSON. @throws LoadError, or the signal's reason */
export async function json<T>(path: string, options: CallOptions = {}): Promise<T> {
  const response = await request(path, options);
  // 204: nothing matches a search (PS3.18 8.3.4.4).
  return response.status === 204
    ? (undefined as T)
    : (options.parse ?? parse)<T>(await bodyText(response, options.signal));
}

async function request(path: string, options: CallOptions): Promise<Response> {
  const { signal, quiet } = options;
  const attempt = async () => {
    const response = await send(path, options);
    if (response.ok) return response;
    throw fromStatus(response.status, problemIn(await bodyText(response, signal)));
  };
  return quiet ? attempt() : whileSignedIn(attempt, signal);
}

/** When the session has ended, waits until the reader has signed in again, and makes another attempt. */
export async function whileSignedIn<T>(attempt: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  for (;;) {
    const before = signedIn;
    try {
      return await attempt();
    } catch (error) {
      const isSignedOut = error instanceof LoadError && error.trouble === 'signedOut';
      // It may have been on its way while the reader signed in.
      if (isSignedOut && signedIn !== before) continue;
      const signedInAgain = isSignedOut ? sayWeAreSignedOut() : undefined;
      if (!signedInAgain) throw error;
      await unlessAborted(signedInAgain, signal);
    }
  }
}

async function send(path: string, { method, body, signal }: CallOptions): Promise<Response> {
  const within = AbortSignal.timeout(answerWithinMs);
  const headers: Record<string, string> = { Accept: 'application/json', 'Accept-Language': language.value };
  if (path.startsWith('/dicom-web')) headers['Accept'] = 'application/dicom+json';
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  try {
    return await fetch(path, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, within]) : within,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw loadError(error);
  }
}

/** @throws the signal's reason */
async function unlessAborted(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return promise;
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  try {
    await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function bodyText(response: Response, signal: AbortSignal | undefined): Promise<string> {
  try {
    return await response.text();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw loadError(error instanceof DOMException ? error : new TypeError('network', { cause: error }));
  }
}

export function parse<T>(text: string): T {
  try {
    return JSON.parse(inItsLine(text)) as T;
  } catch (error) {
    throw new LoadError('notUnderstood', { cause: error });
  }
}

/** Why an answer is not what was asked for. When it is that the session has ended, the reader is asked to sign in again. */
export async function refusal(response: Response): Promise<LoadError> {
  // An answer to what was asked before the reader signed in again must not send him to the login once more.
  if (response.status === 401 && !(await readSession())) void sayWeAreSignedOut();
  return fromStatus(response.status, problemIn(await response.text()));
}

/** @param status  0: there was no answer */
export function fromStatus(status: number, problem: ArchiveProblem): LoadError {
  // Then no right is lacking, and the archive says what to do.
  return new LoadError(troubleOf(problem.code === 'otherOrigin' ? 400 : status), problem);
}

function troubleOf(status: number): Trouble {
  // By what stands in between: the archive behind it does not answer (RFC 9110 15.6.3, 15.6.5).
  if ([0, 502, 504].includes(status)) return 'unreachable';
  if (status === 401) return 'signedOut';
  if (status === 403) return 'notAllowed';
  if (status === 404 || status === 410) return 'notFound';
  if (status === 406 || status === 415) return 'cannotDraw';
  if (status === 413) return 'tooBig';
  if (status === 429) return 'tooManyTries';
  if (status === 507 || status === 503) return 'archiveBusy';
  return status >= 500 ? 'archiveFailed' : 'notUnderstood';
}

/** @param text  of an answer, which may be no problem document at all */
export function problemIn(text: string): ArchiveProblem {
  if (!text.startsWith('{')) return {};
  try {
    const { detail, code } = parse<Record<string, unknown>>(text);
    const words = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
    // Which right is lacking is said for programs; people are told what to do about it.
    return { detail: code === 'notAuthorized' ? undefined : words(detail), code: words(code) };
  } catch {
    return {};
  }
}
