// The calls of the reading room: series, frames, pictures, bulk data (DICOMweb, PS3.18). Loaded with it, not with the shell.
import { LoadError, imageSilentForMs, json, loadError, refusal, type JsonDataset } from './archive-client.ts';
import { parseWritten } from './as-written.ts';
import { recalledLine, rememberLine } from './line-speed.ts';
import { language } from './text.ts';

/** What is said of each of these studies (QIDO-RS, a list of UIDs: PS3.18 8.3.4.3); those that are not there are left out. */
export async function readStudies(studies: readonly string[], signal?: AbortSignal): Promise<JsonDataset[]> {
  const list = studies.map(encodeURIComponent).join();
  const options = { signal, parse: parseWritten };
  return (await json<JsonDataset[] | undefined>(`/dicom-web/studies?StudyInstanceUID=${list}`, options)) ?? [];
}

/** Fewer than this come when there are no more: an archive gives thousands at once. */
const perhapsMore = 1_000;

export async function readSeriesOfStudy(study: string, signal?: AbortSignal): Promise<JsonDataset[]> {
  const found: JsonDataset[] = [];
  for (;;) {
    const rest = found.length > 0 ? `?offset=${found.length}` : '';
    const more = (await json<JsonDataset[] | undefined>(`${studyUrl(study)}/series${rest}`, { signal })) ?? [];
    found.push(...more);
    if (more.length < perhapsMore) return found;
  }
}

/** @returns the UID of the series of a study that an instance is in; undefined where it is in none */
export async function readSeriesOfInstance(
  study: string,
  instance: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const found = await json<JsonDataset[] | undefined>(
    `${studyUrl(study)}/instances?SOPInstanceUID=${encodeURIComponent(instance)}`,
    { signal },
  );
  const [uid] = found?.[0]?.['0020000E']?.Value ?? [];
  return typeof uid === 'string' ? uid : undefined;
}

export async function readSeriesMetadata(study: string, series: string, signal?: AbortSignal): Promise<JsonDataset[]> {
  return (await json<JsonDataset[] | undefined>(`${seriesUrl(study, series)}/metadata`, { signal })) ?? [];
}

export const seriesThumbnailUrl = (study: string, series: string) =>
  `/api/studies/${encodeURIComponent(study)}/series/${encodeURIComponent(series)}/thumbnail`;

/** The address of one frame, counted from 1 (PS3.18 10.4.1.1.6). */
export const frameUrl = (study: string, series: string, instance: string, frame: number) =>
  `${seriesUrl(study, series)}/instances/${encodeURIComponent(instance)}/frames/${frame}`;

/** A picture of one frame, at most so many pixels wide and high (PS3.18 8.3.5.1.3), by the window of its file if no other is given. */
export const renderedUrl = (frameAddress: string, sidePixels: number, window?: { center: number; width: number }) =>
  `${frameAddress}/rendered?viewport=${sidePixels},${sidePixels}&quality=80${window ? `&window=${window.center},${window.width},linear` : ''}`;

export const thumbnailUrl = (frameAddress: string, sidePixels: number) =>
  `${frameAddress}/thumbnail?viewport=${sidePixels},${sidePixels}`;

/** How much of an answer has arrived; `total` where the archive said so. */
export type OnArrival = (receivedBytes: number, totalBytes: number | undefined) => void;

interface FrameOptions {
  signal?: AbortSignal;
  onArrival?: OnArrival;
}

/** What has been seen of it in this page, and what the last page found. */
export const line = recalledLine();

/**
 * One frame (PS3.18 10.4.1.1.6) as a single part.
 * @param transferSyntaxes  UIDs, `*` for as stored, the one that is liked best first
 * @returns the bytes and the transfer syntax that the archive says they are in
 * @throws LoadError; an AbortError when `signal` stopped it
 */
export async function readFrame(
  url: string,
  transferSyntaxes: readonly string[],
  { signal, onArrival }: FrameOptions,
): Promise<{ bytes: Uint8Array; transferSyntax: string }> {
  const accept = transferSyntaxes
    .map((syntax, at) => `application/octet-stream; transfer-syntax=${syntax}${at > 0 ? ';q=0.5' : ''}`)
    .join(', ');
  const { response, bytes } = await readBytes(url, accept, signal, onArrival);
  const [, said] = /transfer-syntax="?([\d.]+)/.exec(response.headers.get('Content-Type') ?? '') ?? [];
  // Bytes of unknown rules are not guessed at: they would be shown wrong.
  if (!said) throw new LoadError('wrongPixels');
  return { bytes, transferSyntax: said };
}

/** A value that the metadata name by a BulkDataURI (PS3.18 10.4.1.1.5). @throws LoadError */
export async function readBulkData(uri: string, signal?: AbortSignal): Promise<Uint8Array> {
  const url = ownUrl(uri);
  return (await readBytes(url.href, 'application/octet-stream', signal)).bytes;
}

/** @throws LoadError for an address that is not the archive's */
function ownUrl(uri: string): URL {
  const url = new URL(uri, location.href);
  if (url.origin !== location.origin) throw new LoadError('notFound');
  return url;
}

/** An instance as a DICOM file, by WADO-URI (PS3.18 Section 9). */
export function fileUrl(study: string, series: string, instance: string): string {
  const uids = new URLSearchParams({ studyUID: study, seriesUID: series, objectUID: instance });
  return `/wado?requestType=WADO&contentType=application%2Fdicom&${uids.toString()}`;
}

/** All instances of a study as they are stored, in a ZIP (PS3.18 Section 8.6.1.3). */
export function studyZipUrl(study: string): string {
  const accept = new URLSearchParams({ accept: 'application/zip; transfer-syntax=*' });
  return `${studyUrl(study)}?${accept.toString()}`;
}

/** A video as one stream, whatever its fragments: the browser's player asks for ranges of it. */
export function videoUrl(uri: string, type: string): string {
  const url = ownUrl(uri);
  url.searchParams.set('accept', type); // a player accepts anything
  return url.href;
}

/** So many of its first bytes. @throws LoadError; an AbortError when `signal` stopped it */
export async function readVideoHead(url: string, bytes: number, signal?: AbortSignal): Promise<Uint8Array> {
  const headers = { Range: `bytes=0-${bytes - 1}`, 'Accept-Language': language.value };
  const response = await fetch(url, { headers, ...(signal && { signal }) });
  if (!response.ok) throw await refusal(response);
  return new Uint8Array(await response.arrayBuffer());
}

/** Reads as long as bytes keep coming: a slow line is waited for, a dead one is not. */
async function readBytes(
  url: string,
  accept: string,
  signal?: AbortSignal,
  onArrival?: OnArrival,
): Promise<{ response: Response; bytes: Uint8Array }> {
  const silent = new AbortController();
  const giveUp = () => silent.abort(new DOMException('no byte for a while', 'TimeoutError'));
  let timer = setTimeout(giveUp, imageSilentForMs);
  try {
    const response = await fetch(url, {
      headers: { Accept: accept, 'Accept-Language': language.value },
      signal: signal ? AbortSignal.any([signal, silent.signal]) : silent.signal,
    });
    if (!response.ok) throw await refusal(response);
    const total = Number(response.headers.get('Content-Length')) || undefined;
    const pieces: Uint8Array[] = [];
    let received = 0;
    const reader = response.body!.getReader();
    let arrival: ReturnType<typeof line.begin> | undefined;
    try {
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
        clearTimeout(timer);
        timer = setTimeout(giveUp, imageSilentForMs);
        pieces.push(piece.value);
        received += piece.value.length;
        onArrival?.(received, total);
        if (arrival) arrival.more(piece.value.length);
        else arrival = line.begin();
      }
    } finally {
      arrival?.end();
      rememberLine(line);
    }
    return { response, bytes: joined(pieces, received) };
  } catch (error) {
    if (signal?.aborted) throw error;
    throw loadError(silent.signal.aborted ? silent.signal.reason : error);
  } finally {
    clearTimeout(timer);
  }
}

function joined(pieces: Uint8Array[], length: number): Uint8Array {
  if (pieces.length === 1) return pieces[0]!;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

const studyUrl = (study: string) => `/dicom-web/studies/${encodeURIComponent(study)}`;
const seriesUrl = (study: string, series: string) => `${studyUrl(study)}/series/${encodeURIComponent(series)}`;
