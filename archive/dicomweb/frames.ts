/**
 * WADO-RS frames (PS3.18 Section 10.4.1.1.6): as stored, uncompressed, or compressed without loss for who names another
 * transfer syntax; a native frame is one ranged read.
 */
import type { Response } from 'express';
import { patiently } from '#derive/patiently.ts';
import { PixelPoolSaturated } from '#derive/pixel-pool.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';
import { choose } from '#dicom/web/media-types.ts';
import type { Choice } from '#dicom/web/media-types.ts';
import { multipart } from '#dicom/web/multipart.ts';
import type { Selection } from '#index/instances.ts';
import { limits } from '#settings/limits.ts';
import { NoSuchObject } from '#storage/storage.ts';
import type { DecodedFrames, Lend } from '../decoded-frames.ts';
import type { CallerRequest, Resource } from '../http/resource.ts';
import { frameCount, undecodable } from '../instance-pixels.ts';
import { Problem } from '../problems.ts';
import type { RecentInstances } from '../recent-instances.ts';
import type { RetrievedInstance } from '../retrieve.ts';
import { canBeDecoded } from '../transcoded.ts';
import { type FrameOffer, frameOffers } from './frame-offers.ts';
import { frameNumbersOf, selectionOf } from './selection.ts';
import { acceptedBy, answerUnchanged } from './negotiate.ts';
import { lendTo, sendBuffers, sendPieces } from './send.ts';
import { Unsent } from './unsent.ts';

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
        const numbers = frameNumbersOf(request) as number[]; // the path has them
        const selection = selectionOf(request) as Required<Selection>;
        const send = async (): Promise<void> => {
          const instance = await recent.retrieve(selection, request.caller);
          await sendFrames({ instance, numbers, frames, request, response, signal });
        };
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

/**
 * All frames of compressed Pixel Data: uncompressed as one value, as stored one part each (PS3.18 Section 10.4.1.1.5).
 * @param location  the value's address, which each part names (10.4.3.3.5)
 */
export async function sendAllFrames(
  instance: RetrievedInstance,
  { frames, location }: { readonly frames: DecodedFrames; readonly location: string },
  request: CallerRequest,
  response: Response,
  signal: AbortSignal,
): Promise<void> {
  const source = await frames.stored(instance);
  const count = await frameCount(instance, source);
  const numbers = Array.from({ length: count }, (_, at) => at + 1);
  await sendFrames({ instance, numbers, frames, request, response, signal, location });
}

interface Wanted {
  readonly instance: RetrievedInstance;
  /** Counted from 1. */
  readonly numbers: readonly number[];
  readonly frames: DecodedFrames;
  readonly request: CallerRequest;
  readonly response: Response;
  readonly signal: AbortSignal;
  /** Of the value that they are together: uncompressed they come as one. */
  readonly location?: string;
}

/** @throws Problem */
async function sendFrames(wanted: Wanted): Promise<void> {
  const accepted = acceptedBy(wanted.request);
  const offers = frameOffers(wanted.instance);
  const choice = choose(accepted, offers);
  if (!choice) throw notAcceptable(wanted.instance);
  if (!choice.offer.isCompressedNow) return sendAs(choice, wanted);
  try {
    await sendAs(choice, wanted);
  } catch (error) {
    // Who takes it in another way as well need not know.
    const otherwise = choose(
      accepted,
      offers.filter(({ isCompressedNow }) => !isCompressedNow),
    );
    const isRefused = error instanceof Problem || error instanceof PixelPoolSaturated;
    if (!otherwise || !isRefused || wanted.response.headersSent) throw error;
    await sendAs(otherwise, wanted);
  }
}

async function sendAs(
  { offer: { type: mediaType, syntax }, multipart: isMultipart }: Choice<FrameOffer>,
  { instance, numbers, frames, request, response, signal, location }: Wanted,
): Promise<void> {
  const lend = numbers.length === 1 ? lendTo(response) : undefined;
  const read = await readerOf(instance, syntax, frames, signal, lend);
  const type = `${mediaType}; transfer-syntax=${syntax.uid}`;
  const asOne = location !== undefined && !syntax.encapsulated;
  const single = !isMultipart && (asOne || numbers.length === 1);
  const what = `${instance.row.digest.toString('base64url')}/${numbers.join(',')}/${type}/${single}/${location}/${asOne}`;
  if (answerUnchanged(request, response, what)) return;
  const form = single ? undefined : multipart(mediaType, what);
  const unsent = new Unsent(response);
  const heads = (number: number): Buffer[] =>
    form && (!asOne || number === numbers[0]) ? [form.head(type, location)] : [];
  const ready: Buffer[] = [];
  let next = 0;
  for (let bytes = 0; next < numbers.length && bytes < limits.http.readFirstBytes; next++) {
    if (next > 0 && !unsent.hasRoomAhead) break;
    const number = numbers[next] as number;
    const frame = await read(number);
    ready.push(...heads(number), frame);
    bytes += frame.length;
    unsent.add(frame.length);
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
      yield await patiently(() => read(number), signal);
    }
  }
}

/** What reads a frame, by its number from 1 on, in a syntax. @throws Problem */
async function readerOf(
  instance: RetrievedInstance,
  syntax: TransferSyntax,
  frames: DecodedFrames,
  signal: AbortSignal,
  lend: Lend | undefined,
): Promise<(number: number) => Promise<Buffer>> {
  if (!syntax.encapsulated) return (number) => frames.decoded(instance, number - 1, signal, lend);
  if (syntax !== instance.syntax) return (number) => frames.compressed(instance, number - 1, syntax, signal);
  const source = await frames.stored(instance);
  return (number) =>
    source.read(number - 1).catch((error: unknown) => {
      throw undecodable(instance, error);
    });
}

function notAcceptable(instance: RetrievedInstance): Problem {
  const { syntax } = instance;
  const why = canBeDecoded(instance) ? 'which is not accepted' : (syntax.undecodable ?? 'which cannot be decoded');
  return new Problem('notAcceptable', `frames are stored as ${syntax.uid} (${syntax.name}): ${why}`);
}
