/**
 * WADO-RS bulk data (PS3.18 Section 10.4.1.1.5): the values that metadata name by a BulkDataURI. The address is the way
 * to the element: `…/bulkdata/TAG`, in a sequence `…/bulkdata/TAG/ITEM/TAG`.
 */
import type { Response } from 'express';
import { bulkAddress } from '#derive/instance-metadata.ts';
import { pixelData } from '#dicom/file/dataset-handler.ts';
import type { ElementPath } from '#dicom/file/find-value.ts';
import { explicitLittleEndian } from '#dicom/syntax/native.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';
import { choose } from '#dicom/web/media-types.ts';
import type { Offer } from '#dicom/web/media-types.ts';
import { multipart } from '#dicom/web/multipart.ts';
import { limits } from '#settings/limits.ts';
import { bulkValue } from '../bulk-value.ts';
import type { BulkValue } from '../bulk-value.ts';
import type { DecodedFrames } from '../decoded-frames.ts';
import type { CallerRequest, Resource } from '../http/resource.ts';
import { undecodable } from '../instance-pixels.ts';
import { Problem } from '../problems.ts';
import { retrieve } from '../retrieve.ts';
import type { RetrieveParts, RetrievedInstance } from '../retrieve.ts';
import { sendAllFrames } from './frames.ts';
import { acceptedBy, answerUnchanged } from './negotiate.ts';
import { sendPieces } from './send.ts';
import { selectionOf } from './selection.ts';

const octets = 'application/octet-stream';

export interface ValueParts extends RetrieveParts {
  /** Of the DICOMweb root, for Content-Location. */
  readonly baseUrl: string;
}

export interface BulkdataParts extends ValueParts {
  readonly frames: DecodedFrames;
}

export function bulkdataResources(parts: BulkdataParts): Resource[] {
  return [
    {
      method: 'get',
      path: '/studies/:StudyInstanceUID/series/:SeriesInstanceUID/instances/:SOPInstanceUID/bulkdata/*path',
      right: 'read',
      async handle(request, response, signal) {
        const path = elementPath(request.params['path']);
        const [instance] = await retrieve(selectionOf(request), request.caller, [], parts);
        if (!instance) throw new Problem('noSuchInstance', 'no such instance');
        await sendBulkdata(instance, path, parts, request, response, signal);
      },
    },
  ];
}

/** @throws Problem noSuchInstance, notAcceptable */
export async function sendBulkdata(
  instance: RetrievedInstance,
  path: ElementPath,
  parts: BulkdataParts,
  request: CallerRequest,
  response: Response,
  signal: AbortSignal,
): Promise<void> {
  // Compressed pixels are frames, not one value; a video is one stream, whatever its fragments.
  if (isFragments(instance, path) && !instance.syntax.isVideo) {
    const location = locationOf(instance, path, parts);
    return sendAllFrames(instance, { ...parts, location }, request, response, signal);
  }
  await sendStream(instance, path, parts, request, response, signal);
}

/** One value, or a video. @throws Problem noSuchInstance, notAcceptable */
export async function sendStream(
  instance: RetrievedInstance,
  path: ElementPath,
  parts: ValueParts,
  request: CallerRequest,
  response: Response,
  signal: AbortSignal,
): Promise<void> {
  const value = await bulkValue(instance, path, parts.storage).catch((error: unknown) => {
    throw undecodable(instance, error);
  });
  if (!value) throw new Problem('noSuchInstance', 'the instance has no such bulk data');
  const location = locationOf(instance, path, parts);
  await sendValue({ instance, path, value, location }, request, response, signal);
}

function locationOf({ row }: RetrievedInstance, path: ElementPath, { baseUrl }: ValueParts): string {
  const { study_instance_uid: study, series_instance_uid: series, sop_instance_uid: sop } = row;
  return bulkAddress(`${baseUrl}/studies/${study}/series/${series}/instances/${sop}`, path);
}

/** Whether it is encapsulated Pixel Data at the top level (PS3.5 Annex A.4), which has no value of one length. */
export function isFragments({ row }: RetrievedInstance, path: ElementPath): boolean {
  return path.length === 1 && path[0] === pixelData && row.pixel_length === -1;
}

interface BulkOffer extends Offer {
  /** The syntax of what is sent. */
  readonly syntax: TransferSyntax;
}

function offersOf(instance: RetrievedInstance, path: ElementPath): BulkOffer[] {
  const { syntax } = instance;
  if (isFragments(instance, path))
    return [
      { type: syntax.mediaType, answers: ['', '*', syntax.uid], syntax },
      { type: octets, answers: ['*', syntax.uid], syntax, toAnybody: true },
    ];
  return [{ type: octets, answers: ['', '*', explicitLittleEndian.uid, syntax.uid], syntax: explicitLittleEndian }];
}

/** @throws Problem badRequest */
function elementPath(segments: unknown): ElementPath {
  const texts = Array.isArray(segments) ? segments.map(String) : String(segments).split('/');
  const isPath =
    texts.length % 2 === 1 &&
    texts.length <= 2 * limits.dataset.sequenceDepth + 1 &&
    texts.every((text, at) => (at % 2 === 0 ? /^[\dA-Fa-f]{8}$/ : /^[1-9]\d{0,8}$/).test(text));
  if (!isPath)
    throw new Problem('badRequest', 'bulk data is named by its tag, and by tag and item of each sequence around it');
  return texts.map((text, at) => Number.parseInt(text, at % 2 === 0 ? 16 : 10));
}

interface Found {
  readonly instance: RetrievedInstance;
  readonly path: ElementPath;
  readonly value: BulkValue;
  readonly location: string;
}

async function sendValue(
  { instance, path, value, location }: Found,
  request: CallerRequest,
  response: Response,
  signal: AbortSignal,
): Promise<void> {
  const offers = offersOf(instance, path);
  const choice = choose(acceptedBy(request), offers);
  if (!choice) {
    const types = offers.map((each) => `${each.type}; transfer-syntax=${each.syntax.uid}`);
    throw new Problem('notAcceptable', `bulk data is ${types.join(', ')}`);
  }
  const { offer } = choice;
  const type = `${offer.type}; transfer-syntax=${offer.syntax.uid}`;
  const what = `bulk ${instance.row.digest.toString('base64url')} ${path.join('/')} ${type} ${choice.multipart && location}`;
  if (answerUnchanged(request, response, what)) return;
  if (choice.multipart) {
    const form = multipart(offer.type, what);
    const head = form.head(type, location);
    response.set('Content-Type', form.contentType);
    response.set('Content-Length', String(head.length + value.length + form.tail.length));
    response.write(head);
    await sendPieces(response, value.read(), signal);
    response.end(form.tail);
    return;
  }
  const { length } = value;
  response.set({ 'Content-Type': type, 'Accept-Ranges': 'bytes' });
  const range = rangeOf(request, response, length);
  if (range === 'unsatisfiable') {
    // RFC 9110 Section 15.5.17.
    response.status(416).set('Content-Range', `bytes */${length}`).end();
    return;
  }
  response.set('Content-Length', String(range?.length ?? length));
  if (range) {
    const { offset } = range;
    response.status(206).set('Content-Range', `bytes ${offset}-${offset + range.length - 1}/${length}`);
  }
  await sendPieces(response, value.read(range), signal);
  response.end();
}

/** So many bytes from the end, and not none. */
const isSuffix = /^bytes=-0*[1-9]\d*$/;

/** One range of bytes (RFC 9110 Section 14.2); several, and those of another version of the value, are as if none was asked for. */
function rangeOf(
  request: CallerRequest,
  response: Response,
  length: number,
): { offset: number; length: number } | 'unsatisfiable' | undefined {
  const ifRange = request.headers['if-range'];
  if (ifRange !== undefined && ifRange !== response.get('ETag')) return undefined;
  const ranges = request.range(length, { combine: true });
  // More than there is from the end is all of it (14.1.2); Express leaves that out.
  if (ranges === -1) {
    return length > 0 && isSuffix.test(request.get('Range') ?? '') ? { offset: 0, length } : 'unsatisfiable';
  }
  if (ranges === undefined || ranges === -2 || ranges.type !== 'bytes' || ranges.length !== 1) return undefined;
  const [{ start, end } = { start: 0, end: 0 }] = ranges;
  return { offset: start, length: end - start + 1 };
}
