/**
 * WADO-URI (PS3.18 Section 9): one instance by its UIDs in the query, as a DICOM file or as a picture of one frame.
 */
import type { Response } from 'express';
import { isUid } from '#dicom/data/uid.ts';
import { isWindow } from '#dicom/pixels/voi-lut.ts';
import type { Window } from '#dicom/pixels/voi-lut.ts';
import { explicitLittleEndian } from '#dicom/syntax/native.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';
import { choose } from '#dicom/web/media-types.ts';
import type { Offer } from '#dicom/web/media-types.ts';
import { BadParameter } from '#dicom/web/query-parameters.ts';
import { decimal, parseQuality, sidePixels, single } from '#dicom/web/rendered-parameters.ts';
import type { ViewportParameter } from '#dicom/web/rendered-parameters.ts';
import type { PictureType } from '#derive/picture.ts';
import type { Selection } from '#index/instances.ts';
import { limits } from '#settings/limits.ts';
import type { CallerRequest, Resource } from './http/resource.ts';
import { frameCount } from './instance-pixels.ts';
import { openPicture, pictureHeaders, pictureKey, pictureOf, pictureOffers } from './pictures.ts';
import type { PictureParts, PictureRequest } from './pictures.ts';
import { Problem } from './problems.ts';
import { readParameters } from './read-parameters.ts';
import { datasetStream, fileMetaOf, retrieve } from './retrieve.ts';
import type { RetrieveParts, RetrievedInstance } from './retrieve.ts';
import { canBeDecoded, compressible, inSyntax } from './transcoded.ts';
import { answerUnchanged } from './dicomweb/negotiate.ts';
import { begun, sendPieces } from './dicomweb/send.ts';

type Query = CallerRequest['query'];

const dicom = 'application/dicom';

export function wadoUriResources(parts: PictureParts): Resource[] {
  return [
    {
      method: 'get',
      path: '/',
      right: 'read',
      async handle(request, response, signal) {
        const asked = readParameters(() => readQuery(request));
        const [instance] = await retrieve(asked.selection, request.caller, [], parts);
        if (!instance) throw new Problem('noSuchInstance', 'no such instance');
        const offer = chooseOffer(request, asked, instance);
        if ('syntax' in offer) await sendFile(instance, offer.syntax, request, response, signal, parts);
        else await sendPicture(instance, { type: offer.type, asked }, request, response, signal, parts);
      },
    },
  ];
}

interface Asked {
  readonly selection: Selection;
  /** Section 9.1.2.1.2: a list of media types, as in Accept. */
  readonly contentType: string | undefined;
  readonly transferSyntax: string | undefined;
  readonly frame: number | undefined;
  /** Fractions of the image (9.1.2.2.5): left, top, right, bottom. */
  readonly region: readonly [number, number, number, number] | undefined;
  readonly picture: Omit<PictureRequest, 'type'>;
  readonly ignored: readonly string[];
}

/** @throws BadParameter */
function readQuery({ query }: CallerRequest): Asked {
  const text = (name: string): string | undefined => single(query, name) || undefined;
  if (text('requestType') !== 'WADO') throw new BadParameter('requestType is WADO');
  if (text('anonymize') !== undefined && text('anonymize') !== 'no')
    throw new BadParameter('anonymize is not offered here: leave it out');
  for (const name of ['presentationUID', 'presentationSeriesUID'])
    if (text(name) !== undefined) throw new BadParameter(`${name}: presentation states are not applied here`);
  const frame = text('frameNumber');
  if (frame !== undefined && !/^[1-9]\d{0,8}$/.test(frame)) throw new BadParameter('frameNumber is a number from 1 on');
  const transferSyntax = text('transferSyntax');
  if (transferSyntax !== undefined && transferSyntax !== '*' && !isUid(transferSyntax))
    throw new BadParameter('transferSyntax is a UID, or * for the one that it is stored in');
  return {
    selection: {
      StudyInstanceUID: uidOf(query, 'studyUID'),
      SeriesInstanceUID: uidOf(query, 'seriesUID'),
      SOPInstanceUID: uidOf(query, 'objectUID'),
    },
    contentType: text('contentType'),
    transferSyntax,
    frame: frame === undefined ? undefined : Number(frame),
    region: regionOf(text('region')),
    picture: {
      window: windowOf(text('windowCenter'), text('windowWidth')),
      quality: parseQuality(text('imageQuality'), 'imageQuality'),
      viewport: boxOf(text('columns'), text('rows')),
    },
    ignored: text('annotation') === undefined ? [] : ['annotation'],
  };
}

function uidOf(query: Query, name: string): string {
  const value = single(query, name);
  if (value === undefined || !isUid(value)) throw new BadParameter(`${name} is a UID, and is needed`);
  return value;
}

function windowOf(center: string | undefined, width: string | undefined): Window | undefined {
  if (center === undefined && width === undefined) return undefined;
  const window = {
    center: decimal(center, 'windowCenter'),
    width: decimal(width, 'windowWidth'),
    function: 'LINEAR' as const,
  };
  if (!isWindow(window)) throw new BadParameter('windowWidth is at least 1');
  return window;
}

/** One of the two sides alone lets the other follow from the image's shape. */
function boxOf(columns: string | undefined, rows: string | undefined): ViewportParameter | undefined {
  if (columns === undefined && rows === undefined) return undefined;
  const most = limits.pixels.pictureSide;
  return {
    width: columns === undefined ? most : sidePixels(columns, 'columns', most),
    height: rows === undefined ? most : sidePixels(rows, 'rows', most),
  };
}

function regionOf(text: string | undefined): Asked['region'] {
  if (text === undefined) return undefined;
  const [left = -1, top = -1, right = -1, bottom = -1, ...more] = text
    .split(',')
    .map((each) => decimal(each, 'each part of region'));
  if (more.length > 0 || !(left >= 0 && top >= 0 && left < right && top < bottom && right <= 1 && bottom <= 1))
    throw new BadParameter('region is left,top,right,bottom as fractions of the image from 0.0 to 1.0');
  return [left, top, right, bottom];
}

interface FileOffer extends Offer {
  readonly type: typeof dicom;
  readonly syntax: TransferSyntax;
}

/**
 * The transfer syntax that was asked for, else Explicit VR Little Endian where it can be had (Section 9.1.2.2.2). `*` is as
 * stored, as it is over WADO-RS (8.7.3.5.2): viewers that know both write it here too.
 */
function fileOffers(instance: RetrievedInstance, transferSyntax: string | undefined): FileOffer[] {
  const wanted = transferSyntax === '*' ? instance.syntax.uid : transferSyntax;
  const decoded = canBeDecoded(instance) ? [explicitLittleEndian] : [];
  const compressed = wanted === undefined ? [] : compressible(instance);
  return [...decoded, instance.syntax, ...compressed]
    .filter(({ uid }) => wanted === undefined || wanted === uid)
    .map((syntax) => ({ type: dicom, answers: ['', '*', syntax.uid], syntax }));
}

/** What was asked for; else a picture of an image with one frame, and the file of everything else (Section 9.1.2.1.2). */
function chooseOffer(
  request: CallerRequest,
  { contentType, frame, transferSyntax }: Asked,
  instance: RetrievedInstance,
): FileOffer | (typeof pictureOffers)[number] {
  const { row, syntax } = instance;
  const files = fileOffers(instance, transferSyntax);
  const isPicture = row.pixel_offset !== null && ((row.number_of_frames ?? 1) <= 1 || frame !== undefined);
  const offers =
    transferSyntax !== undefined ? files : isPicture ? [...pictureOffers, ...files] : [...files, ...pictureOffers];
  const choice = choose({ header: contentType ?? request.headers.accept }, offers);
  if (choice) return choice.offer;
  const types = [...pictureOffers, { type: dicom }].map(({ type }) => type);
  throw new Problem('notAcceptable', `stored as ${syntax.uid}; given as ${types.join(', ')}`);
}

async function sendFile(
  instance: RetrievedInstance,
  syntax: TransferSyntax,
  request: CallerRequest,
  response: Response,
  signal: AbortSignal,
  parts: RetrieveParts,
): Promise<void> {
  if (answerUnchanged(request, response, pictureKey([instance], syntax.uid))) return;
  const head = fileMetaOf({ ...instance, syntax });
  const { length, ...found } =
    syntax === instance.syntax
      ? { length: instance.row.length, pieces: datasetStream(instance, parts.storage) }
      : await inSyntax(instance, syntax, parts, signal);
  const pieces = await begun(response, found.pieces);
  response.set('Content-Type', `${dicom}; transfer-syntax=${syntax.uid}`);
  if (length !== undefined) response.set('Content-Length', String(head.length + length));
  response.write(head);
  await sendPieces(response, pieces, signal);
  response.end();
}

async function sendPicture(
  instance: RetrievedInstance,
  { type, asked }: { type: PictureType; asked: Asked },
  request: CallerRequest,
  response: Response,
  signal: AbortSignal,
  parts: PictureParts,
): Promise<void> {
  const { frame = 1, region, picture, ignored } = asked;
  const what = pictureKey([instance], type, picture, frame, region);
  if (pictureHeaders(request, response, { what, ignored })) return;
  const stored = await openPicture(instance, parts);
  // Section 9.5.2: a frame that is not there is a bad request here.
  if (frame > (await frameCount(instance, stored.frames)))
    throw new Problem('badRequest', 'frameNumber is beyond the last frame');
  const viewport = viewportOf(picture.viewport, region, stored.image);
  const place = { instance, stored, frame };
  response.type(type).end(await pictureOf(place, { ...picture, type, viewport }, parts, signal));
}

/** The region in pixels, as large as it is where no other size was asked for. */
function viewportOf(
  box: PictureRequest['viewport'],
  region: Asked['region'],
  { rows, columns }: { readonly rows: number; readonly columns: number },
): PictureRequest['viewport'] {
  if (!region) return box;
  const [left, top, right, bottom] = region;
  const pixels = {
    x: Math.floor(left * columns),
    y: Math.floor(top * rows),
    width: Math.max(1, Math.round((right - left) * columns)),
    height: Math.max(1, Math.round((bottom - top) * rows)),
  };
  return { ...box, region: pixels };
}
