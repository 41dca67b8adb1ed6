/**
 * WADO-RS rendered resources and thumbnails (PS3.18 Sections 10.4.1.1.3 and 10.4.1.1.4): pictures of frames, one as it
 * is, several as multipart/related; a video as the stream that it is.
 */
import type { Response } from 'express';
import { numberValues } from '#dicom/data/dataset.ts';
import { pixelData } from '#dicom/file/dataset-handler.ts';
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import { choose } from '#dicom/web/media-types.ts';
import { multipart } from '#dicom/web/multipart.ts';
import { givenParameters, parseRenderedParameters } from '#dicom/web/rendered-parameters.ts';
import type { StoredImage } from '#derive/stored-image.ts';
import type { Selection } from '#index/instances.ts';
import { limits } from '#settings/limits.ts';
import { isUnreadable } from '#storage/storage.ts';
import type { CallerRequest, Resource } from '../http/resource.ts';
import { frameCount } from '../instance-pixels.ts';
import { openPicture, pictureHeaders, pictureKey, pictureOf, pictureOffers, warnOf } from '../pictures.ts';
import type { PictureParts, PictureRequest } from '../pictures.ts';
import { Problem } from '../problems.ts';
import { readParameters } from '../read-parameters.ts';
import { retrieve, retrieveMiddle } from '../retrieve.ts';
import type { RetrievedInstance } from '../retrieve.ts';
import { lostBefore } from '../unreadable.ts';
import { sendStream, type ValueParts } from './bulkdata.ts';
import { LeftOut } from './left-out.ts';
import { acceptedBy, quotable } from './negotiate.ts';
import { sendPiece } from './send.ts';
import { frameNumbersOf, selectionOf } from './selection.ts';
import { firstOf, framesOf, inOrder, type Made, pictures, type Place } from './several-pictures.ts';
import { Unsent } from './unsent.ts';

type RenderedParts = PictureParts & ValueParts;

const study = '/studies/:StudyInstanceUID';
const series = `${study}/series/:SeriesInstanceUID`;
const instance = `${series}/instances/:SOPInstanceUID`;
const frames = `${instance}/frames/:frames`;
const RepresentativeFrameNumber = 0x00286010;

export function renderedResources(parts: RenderedParts): Resource[] {
  return [study, series, instance, frames].flatMap((path) => [
    resource(`${path}/rendered`, (request, response, signal) => sendRendered(request, response, signal, parts)),
    resource(`${path}/thumbnail`, (request, response, signal) => sendThumbnail(request, response, signal, parts)),
  ]);
}

function resource(path: string, handle: Resource['handle']): Resource {
  return { method: 'get', path, right: 'read', handle };
}

/** Of any video: what plays is the stream itself (PS3.18 Table 8.7.4-1). */
const videoTypes = new Set(
  [...transferSyntaxes.values()].filter(({ isVideo }) => isVideo).map((each) => each.mediaType),
);
const videoOffers = [...videoTypes].map((type) => ({ type, answers: ['', '*'] }));

interface Asked {
  readonly picture: PictureRequest;
  readonly multipart: boolean;
  readonly ignored: readonly string[];
}

/** @returns undefined for who takes no picture. @throws Problem badRequest */
function read(request: CallerRequest): Asked | undefined {
  const { ignored, ...parameters } = readParameters(() =>
    parseRenderedParameters(request.query, { side: limits.pixels.pictureSide }),
  );
  const choice = choose(acceptedBy(request), pictureOffers);
  return choice && { picture: { type: choice.offer.type, ...parameters }, multipart: choice.multipart, ignored };
}

function notAcceptable(): Problem {
  return new Problem('notAcceptable', `pictures are ${pictureOffers.map(({ type }) => type).join(', ')}`);
}

async function sendRendered(
  request: CallerRequest,
  response: Response,
  signal: AbortSignal,
  parts: RenderedParts,
): Promise<void> {
  const asked = read(request);
  const numbers = frameNumbersOf(request);
  const isOfInstance = request.params['SOPInstanceUID'] !== undefined && numbers === undefined;
  const takesVideo = isOfInstance && choose(acceptedBy(request), videoOffers) !== undefined;
  if (!asked && !takesVideo) throw notAcceptable();
  const found = await retrieve(selectionOf(request), request.caller, [], parts);
  const [first] = found;
  if (takesVideo && first?.syntax.isVideo) {
    warnOf(givenParameters(request.query), response);
    return sendStream(first, [pixelData], parts, request, response, signal);
  }
  if (!asked) throw notAcceptable();
  const shown = withPictures(found);
  const { picture, ignored } = asked;
  const what = pictureKey(shown, picture, asked.multipart, numbers);
  if (pictureHeaders(request, response, { what, ignored })) return;
  const isOne = shown.length === 1 && (numbers === undefined || numbers.length === 1);
  if (isOne && !asked.multipart) {
    const [only] = shown as [RetrievedInstance];
    const stored = await openPicture(only, parts);
    const frame = numbers?.[0] ?? (await representativeFrame(only, stored));
    response.type(picture.type).end(await pictureOf({ instance: only, stored, frame }, picture, parts, signal));
    return;
  }
  const lost = await lostBefore(shown, parts);
  const why = noPicture(found);
  const none = found.filter((each) => !hasPicture(each)).map((each) => [each, why] as const);
  // An object that is lost may come back, and nobody was told; of what is there and has no picture, nothing is missed.
  const leftOut = new LeftOut(parts.log, new Map([...none, ...lost]), (error) => !isUnreadable(error));
  const there = shown.filter((each) => !lost.has(each));
  const made = pictures(framesOf(there, numbers, parts, leftOut), picture, parts, { signal, leftOut });
  const begun = request.method === 'HEAD' ? { made: [], more: made } : await firstOf(made, new Unsent(response));
  // 10.4.3: what has no picture is left out, and the status says so.
  const reasons = [...leftOut.reasons.values()];
  if (reasons.length > 0)
    response.status(206).set('Warning', `299 lightbox "pictures are left out: ${quotable(String(reasons[0]))}"`);
  if (reasons.some(({ code }) => code === 'objectUnreadable')) response.removeHeader('ETag'); // of all that there is
  leftOut.isSaid = true;
  const location = (place: Place): string => locationOf(place, parts.baseUrl);
  await sendMultipart(response, inOrder(begun), { type: picture.type, what, location }, signal);
}

async function sendThumbnail(
  request: CallerRequest,
  response: Response,
  signal: AbortSignal,
  parts: RenderedParts,
): Promise<void> {
  const asked = read(request);
  if (!asked) throw notAcceptable();
  const { picture, ignored } = asked;
  const [frame] = frameNumbersOf(request) ?? [];
  const middle = await shownInList(selectionOf(request), request, parts);
  const small = { ...picture, thumbnail: true };
  if (pictureHeaders(request, response, { what: pictureKey([middle], small, frame), ignored })) return;
  const stored = await openPicture(middle, parts);
  const at = { instance: middle, stored, frame: frame ?? (await middleFrame(middle, stored)) };
  response.type(small.type).end(await pictureOf(at, small, parts, signal));
}

/** @throws Problem noSuchInstance, notAcceptable */
async function shownInList(
  selection: Selection,
  { caller }: CallerRequest,
  parts: RenderedParts,
): Promise<RetrievedInstance> {
  const isOne = selection.SOPInstanceUID !== undefined;
  const middle = isOne ? undefined : await retrieveMiddle(selection, caller, [], parts);
  if (middle) return middle;
  // There is nothing, or nothing to be seen: what there is tells why.
  const [only] = withPictures(await retrieve(selection, caller, [], parts));
  return only as RetrievedInstance;
}

/** @throws Problem notAcceptable when nothing is left */
function withPictures(found: readonly RetrievedInstance[]): RetrievedInstance[] {
  const shown = found.filter(hasPicture);
  if (shown.length === 0) throw noPicture(found);
  return shown;
}

function hasPicture({ row, syntax }: RetrievedInstance): boolean {
  return row.pixel_offset !== null && syntax.decodeFrame !== undefined;
}

/** Why some of these have none. */
function noPicture(found: readonly RetrievedInstance[]): Problem {
  const hidden = found.find((each) => each.row.pixel_offset !== null && !hasPicture(each));
  if (!hidden) return new Problem('notAcceptable', 'there are no pixels, and so no picture');
  const { uid, name, undecodable } = hidden.syntax;
  return new Problem('notAcceptable', `no picture: stored as ${uid} (${name}), ${undecodable ?? 'not decoded here'}`);
}

/** The one frame that a picture of a whole instance shows: the one it names (PS3.3 C.7.6.16.1), else the first. */
async function representativeFrame(instance: RetrievedInstance, { dataset, frames }: StoredImage): Promise<number> {
  const [named = 1] = numberValues(dataset, RepresentativeFrameNumber);
  // Leniency: a frame that is not there, as objects name that were cut out of others.
  return named > 1 && named <= (await frameCount(instance, frames)) ? named : 1;
}

async function middleFrame(instance: RetrievedInstance, { frames }: StoredImage): Promise<number> {
  const count = await frameCount(instance, frames);
  return Math.min(1 + (count >> 1), Math.max(1, count));
}

async function sendMultipart(
  response: Response,
  parts: AsyncIterable<Made>,
  { type, what, location }: { type: string; what: string; location: (place: Place) => string },
  signal: AbortSignal,
): Promise<void> {
  const form = multipart(type, what);
  // The status goes out with the first picture: until then everything that fails has an answer of its own.
  let begun = false;
  for await (const { bytes, place } of parts) {
    if (signal.aborted) return;
    if (!begun) response.set('Content-Type', form.contentType);
    begun = true;
    response.write(form.head(type, location(place)));
    // The headers are all that is wanted, and they are known now.
    if (response.req.method === 'HEAD') break;
    await sendPiece(response, bytes, signal);
  }
  response.end(form.tail);
}

function locationOf({ instance: { row }, frame }: Place, baseUrl: string): string {
  const { study_instance_uid: ofStudy, series_instance_uid: ofSeries, sop_instance_uid: sop } = row;
  return `${baseUrl}/studies/${ofStudy}/series/${ofSeries}/instances/${sop}/frames/${frame}/rendered`;
}
