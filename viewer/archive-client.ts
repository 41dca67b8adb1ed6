// Every HTTP call of the viewer, and the one place where a failed call becomes something a reader understands.
// Same origin, session cookie; searches go by POST so that no name stands in a URL. DICOMweb as in PS3.18.
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

export interface StudySearch {
  text?: string;
  dateFrom?: string;
  dateTo?: string;
  modality?: string;
  limit: number;
  offset: number;
}

export interface StudyPage {
  studies: Study[];
  more: boolean;
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
  | 'wrongPixels'
  | 'cannotDraw';

/** The one error of the viewer: a trouble, and what the archive itself said about it in the reader's language. */
export class LoadError extends Error {
  readonly trouble: Trouble;
  readonly detail: string | undefined;
  constructor(trouble: Trouble, options: { detail?: string | undefined; cause?: unknown } = {}) {
    super(options.detail ?? trouble, { cause: options.cause });
    this.name = 'LoadError';
    this.trouble = trouble;
    this.detail = options.detail;
  }
}

const answerWithinMs = 30_000;
const imageSilentForMs = 30_000;
// Longer than for an image: after the last byte the archive still has to make the instance durable.
const uploadSilentForMs = 120_000;
let sayWeAreSignedOut: () => void = () => {};

/** Calls back whenever the archive no longer knows our session. */
export function whenSignedOut(callback: () => void): void {
  sayWeAreSignedOut = callback;
}

export async function readSession(): Promise<Session | undefined> {
  try {
    return await json<Session>('/api/session');
  } catch (error) {
    if (error instanceof LoadError && error.trouble === 'signedOut') return undefined;
    throw error;
  }
}

export async function signIn(name: string, password: string): Promise<Session> {
  try {
    return await json<Session>('/api/login', { body: { name, password }, quiet: true });
  } catch (error) {
    const refused = error instanceof LoadError && error.trouble === 'signedOut';
    if (refused) throw new LoadError('wrongPassword', { detail: error.detail, cause: error });
    throw error;
  }
}

export async function signOut(): Promise<void> {
  await request('/api/logout', { method: 'POST' });
}

export async function searchStudies(search: StudySearch, signal?: AbortSignal): Promise<StudyPage> {
  return json<StudyPage>('/api/studies/search', { body: search, signal });
}

export async function readSeriesOfStudy(study: string, signal?: AbortSignal): Promise<JsonDataset[]> {
  return (await json<JsonDataset[] | undefined>(`${studyUrl(study)}/series`, { signal })) ?? [];
}

export async function readSeriesMetadata(study: string, series: string, signal?: AbortSignal): Promise<JsonDataset[]> {
  return (await json<JsonDataset[] | undefined>(`${seriesUrl(study, series)}/metadata`, { signal })) ?? [];
}

export const studyThumbnailUrl = (study: string) => `/api/studies/${encodeURIComponent(study)}/thumbnail`;

export const seriesThumbnailUrl = (study: string, series: string) =>
  `/api/studies/${encodeURIComponent(study)}/series/${encodeURIComponent(series)}/thumbnail`;

/** The address of one frame, counted from 1 (PS3.18 10.4.1.1.6). */
export const frameUrl = (study: string, series: string, instance: string, frame: number) =>
  `${seriesUrl(study, series)}/instances/${encodeURIComponent(instance)}/frames/${frame}`;

/** What became of one file sent by STOW-RS: kept, or not and why (a Failure Reason, 0008,1197). */
export type StoreResult = { kept: true } | { kept: false; failureReason: number | undefined };

/**
 * Stores one file by STOW-RS (PS3.18 10.5). The body is a Blob around the file, so the browser streams it from disk.
 * @param onProgress  called with the share sent, 0 to 1
 * @throws LoadError
 */
export function storeFile(file: File, onProgress: (share: number) => void, signal: AbortSignal): Promise<StoreResult> {
  const boundary = `lightbox-${crypto.getRandomValues(new BigUint64Array(2)).join('-')}`;
  const body = new Blob([`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`, file, `\r\n--${boundary}--\r\n`]);
  const { promise, resolve, reject } = Promise.withResolvers<StoreResult>();
  const xhr = new XMLHttpRequest();
  xhr.open('POST', '/dicom-web/studies');
  xhr.setRequestHeader('Content-Type', `multipart/related; type="application/dicom"; boundary=${boundary}`);
  xhr.setRequestHeader('Accept', 'application/dicom+json');
  xhr.setRequestHeader('Accept-Language', language.value);
  abortWhenSilent(xhr, uploadSilentForMs, xhr.upload);
  xhr.upload.onprogress = (event) => onProgress(event.lengthComputable ? event.loaded / event.total : 0);
  xhr.onload = () => {
    try {
      resolve(storeResult(xhr));
    } catch (error) {
      reject(error);
    }
  };
  xhr.onerror = xhr.onabort = () => reject(loadError(xhr));
  signal.addEventListener('abort', () => xhr.abort(), { once: true });
  xhr.send(body);
  return promise;
}

/** Reads the answer of a store request: 200, 202 and 409 carry the data set of PS3.18 10.5.3.2. */
function storeResult(xhr: XMLHttpRequest): StoreResult {
  if (![200, 202, 409].includes(xhr.status)) throw loadError(xhr);
  const answer = parse<JsonDataset>(xhr.responseText);
  const failed = answer['00081198']?.Value?.[0] as JsonDataset | undefined;
  if (failed) return { kept: false, failureReason: failed['00081197']?.Value?.[0] as number | undefined };
  if (answer['00081199']?.Value?.length) return { kept: true };
  throw new LoadError('notUnderstood', { detail: problemDetail(xhr.responseText) });
}

/**
 * Aborts a request that has moved no byte for a while: a slow line is waited for, a dead one is not.
 * @param sending  what is watched besides the answer, for an upload
 */
export function abortWhenSilent(
  xhr: XMLHttpRequest,
  silentForMs = imageSilentForMs,
  sending?: XMLHttpRequestUpload,
): void {
  let timer = setTimeout(() => xhr.abort(), silentForMs);
  const stillAlive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => xhr.abort(), silentForMs);
  };
  xhr.addEventListener('progress', stillAlive);
  sending?.addEventListener('progress', stillAlive);
  xhr.addEventListener('loadend', () => clearTimeout(timer));
}

/** Turns whatever a failed load threw (Cornerstone rejects with the raw XMLHttpRequest) into a LoadError. */
export function loadError(thrown: unknown): LoadError {
  if (thrown instanceof LoadError) return thrown;
  if (thrown instanceof XMLHttpRequest) {
    const text = thrown.responseType === '' || thrown.responseType === 'text' ? thrown.responseText : '';
    return fromStatus(thrown.status, problemDetail(text), thrown);
  }
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
  quiet?: boolean;
}

async function json<T>(path: string, options: CallOptions = {}): Promise<T> {
  const response = await request(path, options);
  // 204: nothing matches a search (PS3.18 8.3.4.4).
  return response.status === 204 ? (undefined as T) : parse<T>(await bodyText(response, options.signal));
}

async function request(path: string, { method, body, signal, quiet }: CallOptions): Promise<Response> {
  const within = AbortSignal.timeout(answerWithinMs);
  const headers: Record<string, string> = { Accept: 'application/json', 'Accept-Language': language.value };
  if (path.startsWith('/dicom-web')) headers['Accept'] = 'application/dicom+json';
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  let response: Response;
  try {
    response = await fetch(path, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, within]) : within,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw loadError(error);
  }
  if (response.ok) return response;
  throw fromStatus(response.status, problemDetail(await bodyText(response, signal)), undefined, quiet);
}

async function bodyText(response: Response, signal: AbortSignal | undefined): Promise<string> {
  try {
    return await response.text();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw loadError(error instanceof DOMException ? error : new TypeError('network', { cause: error }));
  }
}

function parse<T>(text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw new LoadError('notUnderstood', { cause: error });
  }
}

function fromStatus(status: number, detail: string | undefined, cause: unknown, quiet = false): LoadError {
  if (status === 401 && !quiet) sayWeAreSignedOut();
  return new LoadError(troubleOf(status), { detail, cause });
}

function troubleOf(status: number): Trouble {
  if (status === 0) return 'unreachable';
  if (status === 401) return 'signedOut';
  if (status === 403) return 'notAllowed';
  if (status === 404 || status === 410) return 'notFound';
  if (status === 406 || status === 415) return 'cannotDraw';
  if (status === 413) return 'tooBig';
  if (status === 429) return 'tooManyTries';
  if (status === 507 || status === 503) return 'archiveBusy';
  return status >= 500 ? 'archiveFailed' : 'notUnderstood';
}

/** The `detail` of a problem document (RFC 9457), which the archive writes in the reader's language. */
function problemDetail(text: string): string | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const { detail } = JSON.parse(text) as { detail?: unknown };
    return typeof detail === 'string' && detail !== '' ? detail : undefined;
  } catch {
    return undefined;
  }
}

const studyUrl = (study: string) => `/dicom-web/studies/${encodeURIComponent(study)}`;
const seriesUrl = (study: string, series: string) => `${studyUrl(study)}/series/${encodeURIComponent(series)}`;
