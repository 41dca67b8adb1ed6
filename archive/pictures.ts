/**
 * Pictures of stored frames, as both rendered doors give them (WADO-RS and WADO-URI): decoded and rendered in the pixel
 * pool, encoded by sharp.
 */
import type { Response } from 'express';
import type { Window } from '#dicom/pixels/voi-lut.ts';
import type { ViewportParameter } from '#dicom/web/rendered-parameters.ts';
import { BadRegion, encodePicture, pictureTypes, TooLargeForType } from '#derive/picture.ts';
import type { PictureType } from '#derive/picture.ts';
import { renderStoredFrame } from '#derive/stored-image.ts';
import type { StoredImage } from '#derive/stored-image.ts';
import { encodeThumbnail, thumbnailSize } from '#derive/thumbnail.ts';
import type { CallerRequest } from './http/resource.ts';
import { undecodable } from './instance-pixels.ts';
import { Problem } from './problems.ts';
import type { RecentImages } from './recent-images.ts';
import type { RetrieveParts, RetrievedInstance } from './retrieve.ts';
import { answerUnchanged } from './dicomweb/negotiate.ts';

/** Counts up when the same request gives another picture than before. */
const renderingVersion = 9;

/** What can be asked for. The first one is given to who takes anything (PS3.18 Table 8.7.4-1). */
export const pictureOffers = pictureTypes.map((type) => ({ type, answers: ['', '*'] }));

export interface PictureRequest {
  readonly type: PictureType;
  readonly window?: Window | undefined;
  readonly quality?: number | undefined;
  readonly viewport?: Partial<ViewportParameter> | undefined;
  /** Small, and never larger than the frame. */
  readonly thumbnail?: boolean;
}

export interface PictureParts extends RetrieveParts {
  readonly images: RecentImages;
}

/** @throws Problem notAcceptable */
export async function openPicture(
  instance: RetrievedInstance,
  { images, ...parts }: Pick<PictureParts, 'storage' | 'pixels' | 'images'>,
): Promise<StoredImage> {
  try {
    return await images.open(instance, parts);
  } catch (error) {
    throw pictureProblem(instance, error);
  }
}

/**
 * One frame as a picture file. @param frame counted from 1
 * @throws Problem noSuchInstance, notAcceptable, badRequest; PixelPoolSaturated
 */
export async function pictureOf(
  { instance, stored, frame }: { instance: RetrievedInstance; stored: StoredImage; frame: number },
  { type, window, quality, viewport, thumbnail }: PictureRequest,
  { pixels }: RetrieveParts,
  signal: AbortSignal,
): Promise<Buffer> {
  try {
    const within = thumbnail ? { ...thumbnailSize, ...viewport } : viewport;
    using rendered = await renderStoredFrame(
      stored,
      { frame, window, within, asRead: thumbnail === true },
      pixels,
      signal,
    );
    return thumbnail
      ? await encodeThumbnail(rendered, { type, ...viewport }, signal)
      : await encodePicture(rendered, { type, viewport, quality }, signal);
  } catch (error) {
    throw pictureProblem(instance, error);
  }
}

function pictureProblem(instance: RetrievedInstance, cause: unknown): unknown {
  if (cause instanceof BadRegion) return new Problem('badRequest', cause.message, { cause });
  if (cause instanceof TooLargeForType) return new Problem('notAcceptable', cause.message, { cause });
  return undecodable(instance, cause);
}

/**
 * The headers of pictures.
 * @param what  all that the answer depends on beside the instances
 * @returns true when the client has them already, and was told so
 */
export function pictureHeaders(
  request: CallerRequest,
  response: Response,
  { what, ignored }: { what: string; ignored: readonly string[] },
): boolean {
  warnOf(ignored, response);
  return answerUnchanged(request, response, what);
}

/** PS3.18 8.3.5.1.1: what is not supported is said, and the picture comes without it. */
export function warnOf(ignored: readonly string[], response: Response): void {
  if (ignored.length > 0) response.set('Warning', `299 lightbox "not supported: ${ignored.join(', ')}"`);
}

/** All that pictures depend on, as text. */
export function pictureKey(instances: readonly RetrievedInstance[], ...asked: readonly unknown[]): string {
  const digests = instances.map(({ row }) => row.digest.toString('base64url'));
  return JSON.stringify([renderingVersion, digests, asked]);
}
