/** WADO-RS metadata (PS3.18 Section 10.4.1.1.3): the data sets without their bulk, as DICOM JSON or Native DICOM Model XML. */
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { Readable } from 'node:stream';
import { createGunzip, createGzip, gzip } from 'node:zlib';
import type { Response } from 'express';
import { instanceXml } from '#derive/instance-metadata.ts';
import { describedDatasets, metadataJson } from '#derive/series-metadata.ts';
import type { Selection } from '#index/instances.ts';
import { endOfTurn } from '#dicom/file/turn.ts';
import { choose } from '#dicom/web/media-types.ts';
import type { Offer } from '#dicom/web/media-types.ts';
import { multipart } from '#dicom/web/multipart.ts';
import type { CallerRequest, Resource } from '../http/resource.ts';
import { Problem } from '../problems.ts';
import { retrieve } from '../retrieve.ts';
import {
  builtMetadata,
  encodedMetadata,
  LostInstances,
  MetadataKeeper,
  retrieveSeries,
  sourceOf,
} from '../series-metadata.ts';
import type { BuiltMetadata, MetadataParts } from '../series-metadata.ts';
import { studyMetadata } from '../study-metadata.ts';
import { held } from './held.ts';
import { acceptedBy, answerUnchanged } from './negotiate.ts';
import { selectionOf } from './selection.ts';
import { sendPieces } from './send.ts';

const paths = [
  '/studies/:StudyInstanceUID/metadata',
  '/studies/:StudyInstanceUID/series/:SeriesInstanceUID/metadata',
  '/studies/:StudyInstanceUID/series/:SeriesInstanceUID/instances/:SOPInstanceUID/metadata',
];
const json = 'application/dicom+json';
const xml = 'application/dicom+xml';
const offers: readonly Offer[] = [
  { type: json, answers: ['', '*'] },
  { type: 'application/json', answers: ['', '*'] },
  { type: xml, answers: ['', '*'] },
];

export function metadataResources(parts: MetadataParts): Resource[] {
  const keeper = new MetadataKeeper(parts);
  return paths.map((path) => ({
    method: 'get' as const,
    path,
    right: 'read' as const,
    handle: async (request, response, signal) => {
      const choice = choose(acceptedBy(request), offers);
      if (!choice) throw new Problem('notAcceptable', `metadata is ${json} or multipart/related; type="${xml}"`);
      const selection = selectionOf(request);
      if (choice.offer.type === xml) return sendXml(selection, request, response, signal, parts);
      response.set('Content-Type', json);
      response.vary('Accept-Encoding');
      if (selection.SOPInstanceUID !== undefined) return sendInstance(selection, request, response, parts);
      const series = await retrieveSeries(selection, request.caller, parts);
      const [only] = series;
      const built = only && series.length === 1 ? await builtMetadata(only, parts) : undefined;
      if (built) return sendBuilt(built, request, response, signal, parts);
      response.set('Cache-Control', 'private, no-cache');
      // Brotli takes longer than anybody waits: there is none before the worker has made it.
      const isZipped = request.acceptsEncodings('gzip') !== false;
      if (isZipped) response.set('Content-Encoding', 'gzip');
      // Its headers are all of the answer (RFC 9110 Section 9.3.2), and no instance need be read for them.
      if (request.method === 'HEAD') {
        response.end();
        return;
      }
      // Let go of whatever becomes of the answer: where the client is gone already nobody reads on.
      await using written = studyMetadata(series, keeper, parts);
      const answer = await held(written);
      if ('pieces' in answer) {
        if (isZipped) await pipeline(answer.pieces, createGzip({ level: firstLevel }), response, { signal });
        else await pipeline(answer.pieces, response, { signal });
      } else if (!answerUnchanged(request, response, `metadata ${answer.digest} ${isZipped ? 'gzip' : 'identity'}`)) {
        response.end(isZipped ? await promisify(gzip)(answer.bytes, { level: firstLevel }) : answer.bytes);
      }
    },
  }));
}

/** Of gzip, where the answer is made while somebody waits for it. */
const firstLevel = 3;

/** Brotli before gzip: it is half as long. */
function encodingFor(request: CallerRequest): 'br' | 'gzip' | undefined {
  if (request.acceptsEncodings('br')) return 'br';
  return request.acceptsEncodings('gzip') ? 'gzip' : undefined;
}

async function sendInstance(
  selection: Selection,
  request: CallerRequest,
  response: Response,
  parts: MetadataParts,
): Promise<void> {
  const instances = await retrieve(selection, request.caller, [], parts);
  const rows = instances.map(({ row }) => row);
  const encoding = request.acceptsEncodings('gzip') ? 'gzip' : 'identity';
  const digests = rows.map(({ digest }) => digest.toString('base64url')).join();
  if (answerUnchanged(request, response, `metadata ${digests} ${parts.baseUrl} ${encoding}`)) return;
  const pieces = [Buffer.from('[')];
  for await (const piece of metadataJson(rows, sourceOf(parts))) pieces.push(Buffer.from(piece, 'utf8'));
  const body = Buffer.concat([...pieces, Buffer.from(']')]);
  if (encoding === 'gzip') response.set('Content-Encoding', 'gzip').end(await promisify(gzip)(body));
  else response.end(body);
}

async function sendBuilt(
  built: BuiltMetadata,
  request: CallerRequest,
  response: Response,
  signal: AbortSignal,
  parts: MetadataParts,
): Promise<void> {
  const encoding = encodingFor(request);
  if (answerUnchanged(request, response, `series ${built.digest.toString('base64url')} ${encoding ?? 'identity'}`))
    return;
  if (encoding) response.set({ 'Content-Encoding': encoding, 'Content-Length': String(built.head[encoding]) });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  const encoded = encodedMetadata(built, encoding ?? 'gzip', parts);
  if (encoding) {
    if (Buffer.isBuffer(encoded)) response.end(encoded);
    else await pipeline(encoded, response, { signal });
  } else {
    await pipeline(Buffer.isBuffer(encoded) ? Readable.from([encoded]) : encoded, createGunzip(), response, { signal });
  }
}

/** One part each (PS3.18 Section 10.4.3.3.2). */
async function sendXml(
  selection: Selection,
  request: CallerRequest,
  response: Response,
  signal: AbortSignal,
  parts: MetadataParts,
): Promise<void> {
  const instances = await retrieve(selection, request.caller, [], parts);
  const rows = instances.map(({ row }) => row);
  const what = `xml ${parts.baseUrl} ${rows.map(({ digest }) => digest.toString('base64url')).join()}`;
  if (answerUnchanged(request, response, what)) return;
  const form = multipart(xml, what);
  response.set('Content-Type', form.contentType);
  const lost = new LostInstances(rows.length);
  const pieces = (async function* () {
    for await (const described of describedDatasets(rows, sourceOf(parts, lost))) {
      yield form.head(xml);
      for (const piece of instanceXml(described)) {
        yield Buffer.from(piece, 'utf8');
        await endOfTurn();
      }
    }
    yield form.tail;
  })();
  // Its headers are all of the answer (RFC 9110 Section 9.3.2), and no instance need be read for them.
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  const answer = await held(pieces);
  // What is lost may come back, and of a longer answer it is not known yet.
  if (lost.count > 0 || ('pieces' in answer && rows.length > 1)) response.removeHeader('ETag');
  if ('pieces' in answer) await sendPieces(response, answer.pieces, signal);
  response.end('bytes' in answer ? answer.bytes : undefined);
}
