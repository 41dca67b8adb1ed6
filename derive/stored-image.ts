/**
 * A stored instance with pixels, opened for looking at: its data set in memory, but Pixel Data, and any of its frames
 * as a picture of 8 bits. Knows storage only as something that gives ranges of bytes.
 */
import type { Dataset } from '#dicom/data/dataset.ts';
import { pixelData } from '#dicom/file/dataset-handler.ts';
import { CannotDecode } from '#dicom/pixels/decoded-frame.ts';
import { type FramePresentation, framePresentationOf } from '#dicom/pixels/frame-presentation.ts';
import { type DatasetBytes, type FrameSource, openFrames, type StoredPixels } from '#dicom/pixels/frame-source.ts';
import { halvingsTo, type Least } from '#dicom/pixels/halved.ts';
import { type ImagePixel, imagePixelOf } from '#dicom/pixels/image-pixel.ts';
import { pixelAspectOf } from '#dicom/pixels/pixel-aspect.ts';
import type { RenderedFrame } from '#dicom/pixels/render.ts';
import type { Window } from '#dicom/pixels/voi-lut.ts';
import type { ViewportParameter } from '#dicom/web/rendered-parameters.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';
import { limits } from '#settings/limits.ts';
import { OwnMemory } from './own-memory.ts';
import { pictureAttributes } from './picture-attributes.ts';
import type { PixelPool } from './pixel-pool.ts';
import type { PictureInMemory } from './pixel-tasks.ts';
import { holding, weightOf } from './heavy-heads.ts';
import { readStoredDataset, type StoredDataset } from './stored-dataset.ts';

/** What the index says of a stored instance with pixels. */
export interface StoredPixelRow extends StoredDataset {
  readonly number_of_frames: number | null;
}

export interface StoredImage {
  /** What a picture depends on: the groups of the image, its overlays and its presentation, and of functional groups the same. */
  readonly dataset: Dataset;
  /** Memory that it takes, roughly. */
  readonly heldBytes: number;
  readonly image: ImagePixel;
  readonly frames: FrameSource;
}

/** Overlays and tables may fill all that is kept of one data set. */
const datasetLimits = { ...limits.dataset, attributeValueBytes: limits.dataset.attributeBytes };
const frameLimits = { frameBytes: limits.pixels.frameBytes, inflatedBytes: limits.dataset.inflatedBytes };

/** @throws CannotDecode, BadPixelData, BadDataset */
export async function openStoredImage(
  row: StoredPixelRow,
  syntax: TransferSyntax,
  bytes: DatasetBytes,
): Promise<StoredImage> {
  if (row.pixel_offset === null || row.pixel_length === null) throw new CannotDecode('the instance has no pixels');
  const memory = new OwnMemory();
  const read = async () => pictureAttributes(await readStoredDataset(row, syntax, bytes, datasetLimits), memory);
  const { dataset, elements } = await holding(weightOf(row, syntax.uid), read);
  const image = imagePixelOf(dataset);
  const pixels: StoredPixels = {
    syntax,
    offset: row.pixel_offset,
    length: row.pixel_length,
    vr: dataset.elements.get(pixelData)?.vr,
    frameTable: row.frames ? memory.copy(row.frames) : undefined,
    numberOfFrames: row.number_of_frames ?? undefined,
    datasetLength: row.length,
  };
  const frames = openFrames(pixels, image, bytes, frameLimits);
  return { dataset, heldBytes: memory.heldBytes + elements * elementBytes, image, frames };
}

/** Memory of an element beside its value: objects, and its place in a map. */
const elementBytes = 300;

/** A frame as it is asked for. */
interface Shown {
  /** Counted from 1. */
  readonly frame: number;
  /** Instead of what the data set says. */
  readonly window?: Window | undefined;
  /** As readers begin where the data set says nothing of it. */
  readonly asRead?: boolean;
  /** The picture is asked for this small, so that not all pixels of a large frame are needed for it. */
  readonly within?: Partial<ViewportParameter> | undefined;
}

/**
 * @returns       a picture whose memory is used for another one when it is disposed of; left alone, it is garbage in the end
 * @throws NoSuchFrame, CannotDecode, PixelPoolSaturated
 */
export async function renderStoredFrame(
  { dataset, image, frames }: Omit<StoredImage, 'heldBytes'>,
  { frame, window, asRead = false, within }: Shown,
  pool: PixelPool,
  signal?: AbortSignal,
): Promise<RenderedFrame & Disposable> {
  const { syntax } = frames;
  if (!syntax.decodeFrame) throw new CannotDecode(syntax.undecodable ?? `${syntax.name} cannot be decoded here`);
  const presentation = framePresentationOf(dataset, image, {
    frame,
    window,
    asRead,
    unusedBits: keepsCells.has(syntax.mediaType),
  });
  const lent = pool.memory.take();
  const encoded = await frames.read(frame - 1, lent);
  const least = leastOf(within);
  const most = mayBeReduced(image, presentation) ? halvingsFor(image, least) : 0;
  const halvings = most > 0 ? Math.min(most, syntax.halvings?.(encoded) ?? 0) : 0;
  const { memory, ...picture } = await pool.run<PictureInMemory>(
    { name: 'render', transferSyntaxUID: syntax.uid, image, encoded, presentation, halvings, least, memory: lent },
    signal,
  );
  return {
    ...picture,
    ...(picture.columns < image.columns && { whole: { rows: image.rows, columns: image.columns } }),
    pixelAspect: pixelAspectOf(dataset, frame),
    [Symbol.dispose]: () => pool.memory.give(memory),
  };
}

/**
 * Between two entries of a palette lies no colour, overlays have pixels of their own, and a shutter counts those of the image. Padding that is mixed with its neighbours is
 * no padding any more. The smallest and the largest value, where they are the window, are those of all pixels.
 */
function mayBeReduced({ samplesPerPixel }: ImagePixel, presentation: FramePresentation): boolean {
  const { palette, overlays, shutter, padding, voiLut } = presentation;
  return !palette && !padding && !shutter && overlays.length === 0 && (samplesPerPixel > 1 || voiLut !== undefined);
}

function leastOf(within: Shown['within']): Least | undefined {
  const { width, height, region } = within ?? {};
  return width && height && !region ? { width, height } : undefined;
}

/** How often a large frame may be halved while it is decoded and still has a pixel for each of the picture. */
function halvingsFor(image: ImagePixel, least: Least | undefined): number {
  const { rows, columns, samplesPerPixel, bitsAllocated } = image;
  if (!least || (rows * columns * samplesPerPixel * bitsAllocated) / 8 <= limits.pixels.reducedFromBytes) return 0;
  return halvingsTo(image, least);
}

/** Syntaxes that keep whole pixel cells, with what stands in them beside the stored value: native ones, RLE, deflated frames. */
const keepsCells = new Set(['application/octet-stream', 'image/dicom-rle', 'application/x-deflate']);
