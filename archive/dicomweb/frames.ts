/** WADO-RS frames (PS3.18 Section 10.4.1.1.6) in the instance's own transfer syntax: one ranged read each. */
import type { Resource } from '#archive/http/resource.ts';
import { Problem } from '#archive/problems.ts';
import { frameBytes, locateFrame, retrieve } from '#archive/retrieve.ts';
import type { RetrieveParts, RetrievedInstance } from '#archive/retrieve.ts';
import { selectionOf } from '#archive/dicomweb/selection.ts';
import { covers, parseAccept } from '#dicom/web/media-types.ts';
import type { MediaRange } from '#dicom/web/media-types.ts';
import { multipart } from '#dicom/web/multipart.ts';
import { limits } from '#settings/limits.ts';

const octets = 'application/octet-stream';

export function frameResources(parts: RetrieveParts): Resource[] {
  return [
    {
      method: 'get',
      path: '/studies/:StudyInstanceUID/series/:SeriesInstanceUID/instances/:SOPInstanceUID/frames/:frames',
      right: 'read',
      async handle(request, response, signal) {
        const numbers = frameList(String(request.params['frames']));
        const [instance] = await retrieve(selectionOf(request), request.caller, [], parts);
        if (!instance) throw new Problem('noSuchInstance', 'no such instance');
        const range = parseAccept(request.headers.accept).find((each) => accepts(each, instance));
        if (!range)
          throw new Problem('notAcceptable', `frames are stored as ${instance.syntax.uid}, which is not accepted`);
        if (!littleEndian(instance))
          throw new Problem('notAcceptable', `frames of ${instance.syntax.name} cannot be given out`);
        for (const number of numbers) locateFrame(instance, number);
        response.set({
          ETag: `"${instance.row.digest.toString('base64url')}-${numbers.join('-').slice(0, 60)}"`,
          'Cache-Control': 'private, no-cache',
          Vary: 'Accept',
        });
        if (request.fresh) {
          response.status(304).end();
          return;
        }
        const type = partType(instance, range);
        if (range.type !== 'multipart/related' && numbers.length === 1) {
          response.set('Content-Type', type).end(await frameBytes(instance, numbers[0] as number, parts.storage));
          return;
        }
        const form = multipart(type.split(';')[0] as string);
        response.set('Content-Type', form.contentType);
        for (const number of numbers) {
          if (signal.aborted) return;
          response.write(form.head(type));
          response.write(await frameBytes(instance, number, parts.storage));
        }
        response.end(form.tail);
      },
    },
  ];
}

function frameList(text: string): number[] {
  const numbers = text.split(',');
  if (numbers.length > limits.http.queryResults || !numbers.every((each) => /^[1-9]\d{0,8}$/.test(each))) {
    throw new Problem('badRequest', 'frames are numbers from 1 on, separated by commas');
  }
  return numbers.map(Number);
}

/** Uncompressed pixels go out as octets in little endian (Table 8.7.3-5); big endian ones would have to be turned. */
function littleEndian({ syntax, row }: RetrievedInstance): boolean {
  return !syntax.bigEndian || (row.bits_allocated ?? 0) <= 8;
}

function accepts({ type, parameters }: MediaRange, { syntax }: RetrievedInstance): boolean {
  const of = type === 'multipart/related' ? (parameters.get('type') ?? octets) : type;
  const wanted = parameters.get('transfer-syntax');
  if (wanted !== undefined && wanted !== '*' && wanted !== syntax.uid) return false;
  // Octets mean uncompressed pixels, unless a transfer syntax was named with them.
  if (of === octets) return !syntax.encapsulated || wanted !== undefined;
  return covers({ type: of, parameters, quality: 1 }, syntax.encapsulated ? syntax.mediaType : octets);
}

function partType({ syntax }: RetrievedInstance, { type, parameters }: MediaRange): string {
  const of = type === 'multipart/related' ? parameters.get('type') : type;
  const name = of === octets || !syntax.encapsulated ? octets : syntax.mediaType;
  // Pixels of every native syntax go out alike: little endian (Section 8.7.3.5.2).
  return `${name}; transfer-syntax=${syntax.encapsulated ? syntax.uid : '1.2.840.10008.1.2.1'}`;
}
