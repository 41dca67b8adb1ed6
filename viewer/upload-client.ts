// The upload's call: STOW-RS (PS3.18 10.5), by XMLHttpRequest, which alone tells how much was sent. Loaded with the upload page.
import { fromStatus, LoadError, parse, problemIn, whileSignedIn, type JsonDataset } from './archive-client.ts';
import { language } from './text.ts';

/** What became of one file: kept, or not and why (a Failure Reason, 0008,1197). */
export type StoreResult = { kept: true } | { kept: false; failureReason: number | undefined };

// Longer than for an image: after the last byte the archive still has to make the instance durable.
const silentForMs = 120_000;

/**
 * Stores one file. The body is a Blob around the file, so the browser streams it from disk.
 * @param onProgress  called with the share sent, 0 to 1
 * @throws LoadError
 */
export function storeFile(file: File, onProgress: (share: number) => void, signal: AbortSignal): Promise<StoreResult> {
  return whileSignedIn(() => storeOnce(file, onProgress, signal), signal);
}

function storeOnce(file: File, onProgress: (share: number) => void, signal: AbortSignal): Promise<StoreResult> {
  const boundary = `lightbox-${crypto.getRandomValues(new BigUint64Array(2)).join('-')}`;
  const body = new Blob([`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`, file, `\r\n--${boundary}--\r\n`]);
  const { promise, resolve, reject } = Promise.withResolvers<StoreResult>();
  const xhr = new XMLHttpRequest();
  xhr.open('POST', '/dicom-web/studies');
  xhr.setRequestHeader('Content-Type', `multipart/related; type="application/dicom"; boundary=${boundary}`);
  xhr.setRequestHeader('Accept', 'application/dicom+json');
  xhr.setRequestHeader('Accept-Language', language.value);
  abortWhenSilent(xhr);
  xhr.upload.onprogress = (event) => onProgress(event.lengthComputable ? event.loaded / event.total : 0);
  xhr.onload = () => {
    try {
      resolve(resultOf(xhr));
    } catch (error) {
      reject(error);
    }
  };
  xhr.onerror = xhr.onabort = () => reject(fromStatus(xhr.status, problemIn(xhr.responseText)));
  const stop = () => xhr.abort();
  signal.addEventListener('abort', stop);
  // The signal is that of all files to come: it would keep every request, with its file.
  xhr.addEventListener('loadend', () => signal.removeEventListener('abort', stop));
  xhr.send(body);
  return promise;
}

/** Reads the answer of a store request: 200, 202 and 409 carry the data set of PS3.18 10.5.3.2. */
function resultOf(xhr: XMLHttpRequest): StoreResult {
  if (![200, 202, 409].includes(xhr.status)) throw fromStatus(xhr.status, problemIn(xhr.responseText));
  const answer = parse<JsonDataset>(xhr.responseText);
  const failed = answer['00081198']?.Value?.[0] as JsonDataset | undefined;
  if (failed) return { kept: false, failureReason: failed['00081197']?.Value?.[0] as number | undefined };
  if (answer['00081199']?.Value?.length) return { kept: true };
  throw new LoadError('notUnderstood', problemIn(xhr.responseText));
}

/** Aborts when no byte has moved for a while: a slow line is waited for, a dead one is not. */
function abortWhenSilent(xhr: XMLHttpRequest): void {
  let timer = setTimeout(() => xhr.abort(), silentForMs);
  const stillAlive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => xhr.abort(), silentForMs);
  };
  xhr.addEventListener('progress', stillAlive);
  xhr.upload.addEventListener('progress', stillAlive);
  xhr.addEventListener('loadend', () => clearTimeout(timer));
}
