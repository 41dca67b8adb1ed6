/**
 * All bulk data of a study, series or instance, and its pixel data alone (PS3.18 Section 10.4.1.1.5, Bulkdata and Pixel
 * Data resources): one part for each value, which Content-Location names as metadata do, uncompressed and little endian.
 */
import { bulkValue } from '#archive/bulk-value.ts';
import type { DecodedFrames } from '#archive/decoded-frames.ts';
import type { CallerRequest, Resource } from '#archive/http/resource.ts';
import { frameCount, undecodable } from '#archive/instance-pixels.ts';
import { Problem } from '#archive/problems.ts';
import { retrieve } from '#archive/retrieve.ts';
import type { RetrievedInstance } from '#archive/retrieve.ts';
import { type MetadataParts, sourceOf } from '#archive/series-metadata.ts';
import { canBeDecoded, explicitLittleEndian } from '#archive/transcoded.ts';
import { isFragments, sendBulkdata } from '#archive/dicomweb/bulkdata.ts';
import { acceptedBy, answerUnchanged } from '#archive/dicomweb/negotiate.ts';
import { selectionOf } from '#archive/dicomweb/selection.ts';
import { sendPieces } from '#archive/dicomweb/send.ts';
import { bulkAddress, bulkPaths } from '#derive/instance-metadata.ts';
import { patiently } from '#derive/patiently.ts';
import { describedDatasets } from '#derive/series-metadata.ts';
import { pixelData } from '#dicom/file/dataset-handler.ts';
import type { ElementPath } from '#dicom/file/find-value.ts';
import { choose } from '#dicom/web/media-types.ts';
import { multipart, type Multipart } from '#dicom/web/multipart.ts';

const paths = [
  '/studies/:StudyInstanceUID',
  '/studies/:StudyInstanceUID/series/:SeriesInstanceUID',
  '/studies/:StudyInstanceUID/series/:SeriesInstanceUID/instances/:SOPInstanceUID',
];
const octets = 'application/octet-stream';
const type = `${octets}; transfer-syntax=${explicitLittleEndian.uid}`;
const offers = [{ type: octets, answers: ['', '*', explicitLittleEndian.uid] }];
/** Float, Double Float and Pixel Data (PS3.3 C.7.6.24, C.7.6.25, C.7.6.3). */
const pixelTags = new Set([0x7fe00008, 0x7fe00009, pixelData]);

export function everyValueResources(parts: MetadataParts, frames: DecodedFrames): Resource[] {
  return paths.flatMap((path) =>
    (['bulkdata', 'pixeldata'] as const).map((which) => ({
      method: 'get' as const,
      path: `${path}/${which}`,
      right: 'read' as const,
      async handle(request, response, signal) {
        const choice = choose(acceptedBy(request), offers);
        const found = await retrieve(selectionOf(request), request.caller, [], parts);
        if (!choice || (!choice.multipart && choice.range.type === octets)) {
          const [only] = found;
          // Of one instance the pixels are one value, which may come in every form that its own address has.
          const pixels = only && which === 'pixeldata' && isOfInstance(request) && (await pixelsOf(only, parts));
          if (pixels) return sendBulkdata(only, pixels, { ...parts, frames }, request, response, signal);
          throw new Problem('notAcceptable', `bulk data are multipart/related; type="${octets}"`);
        }
        const given = found.filter((instance) => canBeDecoded(instance) || which === 'bulkdata');
        const missing = found.filter((instance) => !canBeDecoded(instance));
        const [left] = missing;
        if (left && given.length === 0)
          throw new Problem('notAcceptable', `pixels are stored as ${left.syntax.uid} (${left.syntax.name})`);
        const digests = given.map(({ row }) => row.digest.toString('base64url'));
        const what = `${which} ${parts.baseUrl} ${digests.join()}`;
        if (answerUnchanged(request, response, what)) return;
        const form = multipart(octets, what);
        const pieces = values({ given, which, form, parts, frames, signal });
        // What fails before the first byte has an answer of its own.
        const { value: begun, done } = await pieces.next();
        if (done) throw new Problem('noSuchInstance', 'there is no bulk data that can be given');
        if (left) {
          const why = `pixels of ${missing.length} instances are left out: stored as ${left.syntax.uid}`;
          response.status(206).set('Warning', `299 lightbox "${why}"`);
        }
        response.set('Content-Type', form.contentType);
        await sendPieces(response, joined(begun, pieces), signal);
        response.end(form.tail);
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

async function* joined(first: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  yield first;
  yield* rest;
}

interface Wanted {
  readonly given: readonly RetrievedInstance[];
  readonly which: 'bulkdata' | 'pixeldata';
  readonly form: Multipart;
  readonly parts: MetadataParts;
  readonly frames: DecodedFrames;
  readonly signal: AbortSignal;
}

async function* values({ given, which, form, parts, frames, signal }: Wanted): AsyncGenerator<Uint8Array, void, void> {
  const rows = given.map(({ row }) => row);
  let at = 0;
  // What is under way waits for its turn.
  let begun = false;
  for await (const { dataset, address } of describedDatasets(rows, sourceOf(parts))) {
    const instance = given[at++] as RetrievedInstance;
    for (const path of bulkPaths(dataset)) {
      if (which === 'pixeldata' && !(path.length === 1 && pixelTags.has(path[0] as number))) continue;
      if (isFragments(instance, path)) {
        if (!canBeDecoded(instance)) continue;
        const count = await frameCount(instance, await frames.stored(instance));
        for (let frame = 0; frame < count; frame++) {
          const decode = (): Promise<Buffer> => frames.decoded(instance, frame, signal);
          const bytes = await (begun ? patiently(decode, signal) : decode());
          begun = true;
          if (frame === 0) yield form.head(type, bulkAddress(address, path));
          yield bytes;
        }
        continue;
      }
      const value = await bulkValue(instance, path, parts.storage).catch((error: unknown) => {
        throw undecodable(instance, error);
      });
      if (!value) continue;
      begun = true;
      yield form.head(type, bulkAddress(address, path));
      yield* value.read();
    }
  }
}
