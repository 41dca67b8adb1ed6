/**
 * The pixels of one stored instance: its frames as they are stored, and decoded by the threads of the pixel pool.
 */
import { BadDataset } from '#dicom/file/bad-dataset.ts';
import { CannotDecode } from '#dicom/pixels/decoded-frame.ts';
import type { DecodedFrame } from '#dicom/pixels/decoded-frame.ts';
import { CannotEncode } from '#dicom/pixels/encoded-frame.ts';
import { NoSuchFrame, openFrames } from '#dicom/pixels/frame-source.ts';
import type { FrameSource } from '#dicom/pixels/frame-source.ts';
import { BadPixelData } from '#dicom/pixels/image-pixel.ts';
import { mayShareColour } from '#dicom/pixels/native-frame.ts';
import { openStoredImage } from '#derive/stored-image.ts';
import type { StoredImage } from '#derive/stored-image.ts';
import { limits } from '#settings/limits.ts';
import { Problem } from './problems.ts';
import { pixelBytesOf } from './retrieve.ts';
import type { RetrieveParts, RetrievedInstance } from './retrieve.ts';

type PixelParts = Pick<RetrieveParts, 'storage' | 'pixels'>;

const frameLimits = { frameBytes: limits.pixels.frameBytes, inflatedBytes: limits.dataset.inflatedBytes };

/** The frames by what the index knows alone: no read. @returns undefined where that is not enough */
export function framesByIndex(instance: RetrievedInstance, parts: PixelParts): FrameSource | undefined {
  const { row, syntax } = instance;
  const { pixel_offset, pixel_length, rows, columns, samples_per_pixel, bits_allocated } = row;
  if (pixel_offset === null || pixel_length === null || !rows || !columns || !bits_allocated) return undefined;
  // Left out, the Photometric Interpretation says how many they are, which the index does not have.
  if (!samples_per_pixel) return undefined;
  // How long a frame is that stands in a fragment all the same, the Photometric Interpretation says too.
  if (pixel_length < 0 && !syntax.encapsulated) return undefined;
  const shape = { rows, columns, samplesPerPixel: samples_per_pixel, bitsAllocated: bits_allocated };
  if (pixel_length >= 0 && mayShareColour(shape, pixel_length, Math.max(1, row.number_of_frames ?? 1)))
    return undefined;
  return openFrames(
    {
      syntax,
      offset: pixel_offset,
      length: pixel_length,
      frameTable: row.frames ?? undefined,
      numberOfFrames: row.number_of_frames ?? undefined,
      datasetLength: row.length,
    },
    shape,
    pixelBytesOf(instance, parts),
    frameLimits,
  );
}

/** @throws Problem noSuchInstance when there are no pixels, notAcceptable when nothing can be made of them */
export async function openPixels(instance: RetrievedInstance, parts: PixelParts): Promise<StoredImage> {
  const { row, syntax } = instance;
  try {
    if (row.pixel_offset === null || row.pixel_length === null)
      throw new Problem('noSuchInstance', 'the instance has no pixel data');
    return await openStoredImage(row, syntax, pixelBytesOf(instance, parts));
  } catch (error) {
    throw undecodable(instance, error);
  }
}

/** @throws Problem notAcceptable when frames cannot be told apart */
export async function frameCount(
  instance: RetrievedInstance,
  frames: Pick<FrameSource, 'numberOfFrames'>,
): Promise<number> {
  try {
    return await frames.numberOfFrames();
  } catch (error) {
    throw undecodable(instance, error);
  }
}

/** Frame `frame` (from 0) as samples. @throws Problem notAcceptable, noSuchInstance; PixelPoolSaturated */
export async function decodeFrame(
  instance: RetrievedInstance,
  { image, frames }: Pick<StoredImage, 'image' | 'frames'>,
  frame: number,
  { pixels }: Pick<RetrieveParts, 'pixels'>,
  signal: AbortSignal,
): Promise<DecodedFrame> {
  try {
    const encoded = await frames.read(frame);
    return await pixels.decode(instance.syntax.uid, image, encoded, signal);
  } catch (error) {
    throw undecodable(instance, error);
  }
}

/** What was caught while pixels were read, decoded or compressed, as the Problem that says which syntax and why. */
export function undecodable({ syntax }: RetrievedInstance, error: unknown): unknown {
  if (error instanceof NoSuchFrame) return new Problem('noSuchInstance', error.message, { cause: error });
  if (error instanceof CannotEncode)
    return new Problem('notAcceptable', `cannot be compressed: ${error.message}`, { cause: error });
  if (error instanceof CannotDecode || error instanceof BadPixelData || error instanceof BadDataset)
    return new Problem('notAcceptable', `stored as ${syntax.uid} (${syntax.name}): ${error.message}`, { cause: error });
  return error;
}
