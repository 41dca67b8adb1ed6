/**
 * All bulk data of a study, series or instance, and its pixel data alone (PS3.18 Section 10.4.1.1.5, Bulkdata and Pixel
 * Data resources): one part for each value, which Content-Location names as metadata do, uncompressed and little endian.
 */
import type { Response } from 'express';
import { bulkAddress, bulkPaths } from '#derive/instance-metadata.ts';
import { patiently } from '#derive/patiently.ts';
import { describedDatasets } from '#derive/series-metadata.ts';
import { pixelData, pixelTags } from '#dicom/file/dataset-handler.ts';
import type { ElementPath } from '#dicom/file/find-value.ts';
import { explicitLittleEndian } from '#dicom/syntax/native.ts';
import { choose } from '#dicom/web/media-types.ts';
import { multipart, type Multipart } from '#dicom/web/multipart.ts';
import type { InstanceRow } from '#index/instances.ts';
import { bulkValue } from '../bulk-value.ts';
import type { DecodedFrames } from '../decoded-frames.ts';
import type { CallerRequest, Resource } from '../http/resource.ts';
import { frameCount, undecodable } from '../instance-pixels.ts';
import { Problem } from '../problems.ts';
import { retrieve } from '../retrieve.ts';
import type { RetrievedInstance } from '../retrieve.ts';
import { type MetadataParts, sourceOf } from '../series-metadata.ts';
import { canBeDecoded } from '../transcoded.ts';
import { lostBefore, rememberLost } from '../unreadable.ts';
import { isFragments, sendBulkdata } from './bulkdata.ts';
import { held } from './held.ts';
import { LeftOut } from './left-out.ts';
import { acceptedBy, answerUnchanged, quotable } from './negotiate.ts';
import { selectionOf } from './selection.ts';
import { sendPieces } from './send.ts';

const paths = [
  '/studies/:StudyInstanceUID',
  '/studies/:StudyInstanceUID/series/:SeriesInstanceUID',
  '/studies/:StudyInstanceUID/series/:SeriesInstanceUID/instances/:SOPInstanceUID',
];
const octets = 'application/octet-stream';
const type = `${octets}; transfer-syntax=${explicitLittleEndian.uid}`;
const offers = [{ type: octets, answers: ['', '*', explicitLittleEndian.uid] }];

export function everyValueResources(parts: MetadataParts, frames: DecodedFrames): Resource[] {
  return paths.flatMap((path) =>
    (['bulkdata', 'pixeldata'] as const).map((which) => ({
      method: 'get' as const,
      path: `${path}/${which}`,
      right: 'read' as const,
      async handle(request, response, signal) {
        const choice = choose(acceptedBy(request), offers);
        const found = await retrieve(selectionOf(request), request.caller, [], parts);
        if (choice && (choice.multipart || choice.range.type !== octets))
          return sendValues(found, { which, parts, frames, signal }, request, response);
        const [only] = found;
        // Of one instance the pixels are one value, which may come in every form that its own address has.
        const pixels = only && which === 'pixeldata' && isOfInstance(request) && (await pixelsOf(only, parts));
        if (pixels) return sendBulkdata(only, pixels, { ...parts, frames }, request, response, signal);
        throw new Problem('notAcceptable', `bulk data are multipart/related; type="${octets}"`);
      },
    })),
  );
}

function isOfInstance({ params }: CallerRequest): boolean {
  return params['SOPInstanceUID'] !== undefined;
}

async function pixelsOf(instance: RetrievedInstance, { storage }: MetadataParts): Promise<ElementPath | undefined> {
  if (instance.row.pixel_offset !== null) return [pixelData];
  for (const tag of pixelTags) if (await bulkValue(instance, [tag], storage)) return [tag];
  return undefined;
}

interface Asked {
  readonly which: 'bulkdata' | 'pixeldata';
  readonly parts: MetadataParts;
  readonly frames: DecodedFrames;
  readonly signal: AbortSignal;
}

async function sendValues(
  found: readonly RetrievedInstance[],
  asked: Asked,
  request: CallerRequest,
  response: Response,
): Promise<void> {
  const { which, parts, signal } = asked;
  const given = found.filter((instance) => canBeDecoded(instance) || which === 'bulkdata');
  const missing = found.filter((instance) => !canBeDecoded(instance));
  const [left] = missing;
  if (left && given.length === 0)
    throw new Problem('notAcceptable', `pixels are stored as ${left.syntax.uid} (${left.syntax.name})`);
  const digests = given.map(({ row }) => row.digest.toString('base64url'));
  const what = `${which} ${parts.baseUrl} ${digests.join()}`;
  if (answerUnchanged(request, response, what)) return;
  const form = multipart(octets, what);
  const leftOut = new LeftOut(parts.log, await lostBefore(given, parts));
  const whole = given.filter((each) => !leftOut.reasons.has(each));
  // What fails before the first byte has an answer of its own, and what is missing is said by the status.
  // Let go of whatever becomes of the answer: for HEAD nobody reads on, and an object would stay open.
  await using pieces = values({ ...asked, given: whole, form, leftOut });
  const answer = await held(pieces);
  leftOut.isSaid = true;
  const [why] = leftOut.reasons.values();
  if ('bytes' in answer && answer.bytes.length === 0)
    throw why ?? new Problem('noSuchInstance', 'there is no bulk data that can be given');
  const warnings: string[] = [];
  if (left) warnings.push(`pixels of ${missing.length} instances are left out: stored as ${left.syntax.uid}`);
  if (why) {
    warnings.push(`values of ${leftOut.reasons.size} instances are left out: ${quotable(why.message)}`);
    response.removeHeader('ETag'); // of all that there is
  }
  if (warnings.length > 0)
    response.status(206).set('Warning', warnings.map((text) => `299 lightbox "${text}"`).join(', '));
  response.set('Content-Type', form.contentType);
  if ('pieces' in answer) await sendPieces(response, answer.pieces, signal);
  response.end('pieces' in answer ? form.tail : Buffer.concat([answer.bytes, form.tail]));
}

interface Wanted extends Asked {
  readonly given: readonly RetrievedInstance[];
  readonly form: Multipart;
  readonly leftOut: LeftOut;
}

async function* values(wanted: Wanted): AsyncGenerator<Uint8Array, void, void> {
  const { given, which, form, parts, leftOut } = wanted;
  const whole = sourceOf(parts);
  const instances = new Map(given.map((instance) => [instance.row, instance]));
  const source = {
    ...whole,
    onUnreadable(row: InstanceRow, error: unknown) {
      const instance = instances.get(row) as RetrievedInstance;
      return leftOut.add(instance, undecodable(instance, error)) || whole.onUnreadable(row, error);
    },
  };
  const rows = given.map(({ row }) => row);
  let at = 0;
  // What is under way waits for its turn.
  let begun = false;
  for await (const { dataset, address, letGo } of describedDatasets(rows, source)) {
    const instance = given[at++] as RetrievedInstance;
    const paths = [...bulkPaths(dataset)];
    // Each value is found for itself, and may need the room of the data set.
    letGo();
    for (const path of paths) {
      if (which === 'pixeldata' && !(path.length === 1 && pixelTags.has(path[0] as number))) continue;
      let isHeadSent = false;
      try {
        for await (const piece of valueOf(instance, path, wanted, begun)) {
          if (!isHeadSent) yield form.head(type, bulkAddress(address, path));
          begun = isHeadSent = true;
          yield piece;
        }
      } catch (error) {
        // Half a value is none: a part that has begun is broken off with the answer.
        if (isHeadSent) rememberLost(error, instance);
        if (isHeadSent || !leftOut.add(instance, error)) throw error;
      }
    }
  }
}

/** One value, uncompressed; nothing where it cannot be decoded here. @throws Problem */
async function* valueOf(
  instance: RetrievedInstance,
  path: ElementPath,
  { parts, frames, signal }: Wanted,
  isUnderWay: boolean,
): AsyncGenerator<Uint8Array, void, void> {
  if (isFragments(instance, path)) {
    if (!canBeDecoded(instance)) return;
    const count = await frameCount(instance, await frames.stored(instance));
    for (let frame = 0; frame < count; frame++) {
      const decode = (): Promise<Buffer> => frames.decoded(instance, frame, signal);
      yield await (isUnderWay || frame > 0 ? patiently(decode, signal) : decode());
    }
    return;
  }
  const value = await bulkValue(instance, path, parts.storage).catch((error: unknown) => {
    throw undecodable(instance, error);
  });
  if (value) yield* value.read();
}
