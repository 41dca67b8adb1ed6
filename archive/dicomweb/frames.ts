/** WADO-RS frames (PS3.18 Section 10.4.1.1.6): as stored, or uncompressed; a native frame is one ranged read. */
import type { Response } from 'express';
import { DecodedFrames } from '#archive/decoded-frames.ts';
import type { CallerRequest, Resource } from '#archive/http/resource.ts';
import { frameCount, undecodable } from '#archive/instance-pixels.ts';
import { Problem } from '#archive/problems.ts';
import type { RecentInstances } from '#archive/recent-instances.ts';
import type { RetrievedInstance } from '#archive/retrieve.ts';
import { canBeDecoded, explicitLittleEndian } from '#archive/transcoded.ts';
import { selectionOf } from '#archive/dicomweb/selection.ts';
import { acceptedBy, answerUnchanged } from '#archive/dicomweb/negotiate.ts';
import { lendTo, sendBuffers, sendPieces } from '#archive/dicomweb/send.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';
import { choose } from '#dicom/web/media-types.ts';
import type { Offer } from '#dicom/web/media-types.ts';
import { multipart } from '#dicom/web/multipart.ts';
import type { Selection } from '#index/instances.ts';
import { limits } from '#settings/limits.ts';
import { NoSuchObject } from '#storage/storage.ts';

const octets = 'application/octet-stream';

interface FrameOffer extends Offer {
  /** The syntax of what is sent. */
  readonly syntax: TransferSyntax;
}

/** Frames of a list that are read before the first is sent: what cannot be decoded is said by the status then. */
const readFirstBytes = 32 * 1024 * 1024;

export interface FrameParts {
  readonly recent: RecentInstances;
  readonly frames: DecodedFrames;
}

export function frameResources({ recent, frames }: FrameParts): Resource[] {
  return [
    {
      method: 'get',
      path: '/studies/:StudyInstanceUID/series/:SeriesInstanceUID/instances/:SOPInstanceUID/frames/:frames',
      right: 'read',
      async handle(request, response, signal) {
        const numbers = frameList(String(request.params['frames']));
        const selection = selectionOf(request) as Required<Selection>;
        const send = async (): Promise<void> =>
          sendFrames(await recent.retrieve(selection, request.caller), numbers, frames, request, response, signal);
        await send().catch((error: unknown) => {
          // Its bytes have come to lie elsewhere since it was looked up.
          if (!(error instanceof NoSuchObject) || response.headersSent) throw error;
          recent.forget();
          return send();
        });
      },
    },
  ];
}

/** All frames of compressed Pixel Data: uncompressed as one value, as stored one part each (PS3.18 Section 10.4.1.1.5). */
export async function sendAllFrames(
  instance: RetrievedInstance,
  frames: DecodedFrames,
  request: CallerRequest,
  response: Response,
  signal: AbortSignal,
): Promise<void> {
  const source = await frames.stored(instance);
  const count = await frameCount(instance, source);
  const numbers = Array.from({ length: count }, (_, at) => at + 1);
  await sendFrames(instance, numbers, frames, request, response, signal, true);
}

/** @param numbers counted from 1 @param together whether uncompressed frames make one value @throws Problem */
async function sendFrames(
  instance: RetrievedInstance,
  numbers: readonly number[],
  frames: DecodedFrames,
  request: CallerRequest,
  response: Response,
  signal: AbortSignal,
  together = false,
): Promise<void> {
  const choice = choose(acceptedBy(request), frameOffers(instance));
  if (!choice) {
    const { syntax } = instance;
    const why = canBeDecoded(instance) ? 'which is not accepted' : (syntax.undecodable ?? 'which cannot be decoded');
    throw new Problem('notAcceptable', `frames are stored as ${syntax.uid} (${syntax.name}): ${why}`);
  }
  const { offer, multipart: isMultipart } = choice;
  const isStored = offer.syntax === instance.syntax;
  const source = isStored && instance.syntax.encapsulated ? await frames.stored(instance) : undefined;
  const lend = numbers.length === 1 ? lendTo(response) : undefined;
  const read = async (number: number): Promise<Buffer> => {
    if (!source) return frames.decoded(instance, number - 1, signal, lend);
    return source.read(number - 1).catch((error: unknown) => {
      throw undecodable(instance, error);
    });
  };
  const type = `${offer.type}; transfer-syntax=${offer.syntax.uid}`;
  const asOne = together && !source;
  const single = !isMultipart && (asOne || numbers.length === 1);
  const what = `${instance.row.digest.toString('base64url')}/${numbers.join(',')}/${type}/${single}/${asOne}`;
  if (answerUnchanged(request, response, what)) return;
  const form = single ? undefined : multipart(offer.type, what);
  const heads = (number: number): Buffer[] => (form && (!asOne || number === numbers[0]) ? [form.head(type)] : []);
  const ready: Buffer[] = [];
  let next = 0;
  for (let bytes = 0; next < numbers.length && bytes < readFirstBytes; next++) {
    const number = numbers[next] as number;
    const frame = await read(number);
    ready.push(...heads(number), frame);
    bytes += frame.length;
  }
  response.set('Content-Type', form?.contentType ?? type);
  const tail = form ? [form.tail] : [];
  if (next === numbers.length) sendBuffers(response, [...ready, ...tail]);
  else {
    await sendPieces(response, later(), signal);
    response.end(form?.tail);
  }

  async function* later(): AsyncGenerator<Buffer> {
    yield* ready.splice(0);
    for (const number of numbers.slice(next)) {
      yield* heads(number);
      yield await read(number);
    }
  }
}

function frameList(text: string): number[] {
  const numbers = text.split(',');
  if (numbers.length > limits.http.queryResults || !numbers.every((each) => /^[1-9]\d{0,8}$/.test(each))) {
    throw new Problem('badRequest', 'frames are numbers from 1 on, separated by commas');
  }
  return numbers.map(Number);
}

/** Names that other toolkits have for the media types of PS3.18 Table 8.7.3-5. */
const otherNames: Readonly<Record<string, readonly string[]>> = {
  'image/jls': ['image/x-jls'],
  'image/jphc': ['image/jph'],
  'image/dicom-rle': ['image/x-dicom-rle'],
  'image/jp2': ['image/j2c', 'image/jpx'],
};

/**
 * In the order of our preference: uncompressed in little endian, which is the default (Table 8.7.3-5); as stored by its
 * own media type; as stored as octets, for who named the transfer syntax.
 */
function frameOffers(instance: RetrievedInstance): FrameOffer[] {
  const { syntax } = instance;
  const explicit = explicitLittleEndian;
  if (!syntax.encapsulated) {
    // Pixels of every native syntax go out alike.
    return [{ type: octets, answers: ['', '*', explicit.uid, syntax.uid], syntax: explicit }];
  }
  const offers: FrameOffer[] = [];
  if (canBeDecoded(instance)) offers.push({ type: octets, answers: ['', explicit.uid], syntax: explicit });
  if (syntax.mediaType !== octets) {
    for (const type of [syntax.mediaType, ...(otherNames[syntax.mediaType] ?? [])])
      offers.push({ type, answers: ['', '*', syntax.uid], syntax });
  }
  offers.push({ type: octets, answers: ['*', syntax.uid], syntax, toAnybody: true });
  return offers;
}
