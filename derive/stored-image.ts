/**
 * A stored instance with pixels, opened for looking at: its data set in memory, but Pixel Data, and any of its frames
 * as a picture of 8 bits. Knows storage only as something that gives ranges of bytes.
 */
import type { Dataset } from '#dicom/data/dataset.ts';
import { CannotDecode } from '#dicom/pixels/decoded-frame.ts';
import { framePresentationOf } from '#dicom/pixels/frame-presentation.ts';
import { type DatasetBytes, type FrameSource, openFrames, type StoredPixels } from '#dicom/pixels/frame-source.ts';
import { type ImagePixel, imagePixelOf } from '#dicom/pixels/image-pixel.ts';
import type { RenderedFrame } from '#dicom/pixels/render.ts';
import type { Window } from '#dicom/pixels/voi-lut.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';
import { limits } from '#settings/limits.ts';
import type { PixelPool } from './pixel-pool.ts';
import { readStoredDataset, type StoredDataset } from './stored-dataset.ts';

/** What the index says of a stored instance with pixels. */
export interface StoredPixelRow extends StoredDataset {
  readonly number_of_frames: number | null;
}

export interface StoredImage {
  readonly dataset: Dataset;
  readonly image: ImagePixel;
  readonly frames: FrameSource;
}

/** Overlays and tables may fill all that is kept of one data set. */
const datasetLimits = { ...limits.dataset, attributeValueBytes: limits.dataset.attributeBytes };
const frameLimits = { frameBytes: limits.pixels.frameBytes, inflatedBytes: limits.dataset.inflatedBytes };
const PixelData = 0x7fe00010;

/** @throws CannotDecode, BadPixelData, BadDataset */
export async function openStoredImage(
  row: StoredPixelRow,
  syntax: TransferSyntax,
  bytes: DatasetBytes,
): Promise<StoredImage> {
  if (row.pixel_offset === null || row.pixel_length === null) throw new CannotDecode('the instance has no pixels');
  const dataset = await readStoredDataset(row, syntax, bytes, datasetLimits);
  const image = imagePixelOf(dataset);
  const pixels: StoredPixels = {
    syntax,
    offset: row.pixel_offset,
    length: row.pixel_length,
    vr: dataset.elements.get(PixelData)?.vr,
    frameTable: row.frames ?? undefined,
    numberOfFrames: row.number_of_frames ?? undefined,
    datasetLength: row.length,
  };
  return { dataset, image, frames: openFrames(pixels, image, bytes, frameLimits) };
}

/**
 * @param frame   counted from 1
 * @param window  instead of what the data set says
 * @throws NoSuchFrame, CannotDecode, PixelPoolSaturated
 */
export async function renderStoredFrame(
  { dataset, image, frames }: StoredImage,
  { frame, window }: { readonly frame: number; readonly window?: Window | undefined },
  pool: PixelPool,
  signal?: AbortSignal,
): Promise<RenderedFrame> {
  const { syntax } = frames;
  if (!syntax.decodeFrame) throw new CannotDecode(syntax.undecodable ?? `${syntax.name} cannot be decoded here`);
  const encoded = await frames.read(frame - 1);
  const presentation = framePresentationOf(dataset, image, {
    frame,
    window,
    unusedBits: keepsCells.has(syntax.mediaType),
  });
  return pool.run<RenderedFrame>(
    { name: 'render', transferSyntaxUID: syntax.uid, image, encoded, presentation },
    signal,
  );
}

/** Syntaxes that keep whole pixel cells, with what stands in them beside the stored value: native ones, RLE, deflated frames. */
const keepsCells = new Set(['application/octet-stream', 'image/dicom-rle', 'application/x-deflate']);
