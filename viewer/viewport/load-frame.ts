// Our image loader for Cornerstone: one frame by WADO-RS, decoded, checked, and turned into the values that readers measure. What
// Cornerstone's own loader cannot do is done here: Modality LUT tables, single bits, padding, and stopping a request.
import { utilities, type Types } from '@cornerstonejs/core';
import { cellBytes } from '#dicom/pixels/packed-samples.ts';
import { decodedColour, jpegLSFrame, readJpegStream } from '#dicom/syntax/jpeg-stream.ts';
import { LoadError } from '../archive-client.ts';
import { canDecode, decodeFrame, type StoredFrame } from './decode-frame.ts';
import type { Frame } from './display-sets.ts';
import { drawFrame } from './draw-frame.ts';
import { framePixels, pixelFormatOf, type FramePixels, type PixelFormat } from './frame-pixels.ts';
import { knownFrame } from './known-frames.ts';
import { hasOverlayInCells } from './overlay-planes.ts';
import {
  announcedSyntax,
  explicitLittleEndian,
  keepsCells,
  readAs,
  readSent,
  type ReadOptions,
  type SentFrame,
} from './sent-frame.ts';
import { spacingOf } from './spacing.ts';
import { supplementalPaletteOf } from './held-in-color.ts';
import { withColors } from './supplemental-palette.ts';
import { openingWindow, rangeOf, windowOver } from './windows.ts';

/** An image that says what its pixels mean; Cornerstone's own type does not know these. */
export type FrameImage = Types.IImage & {
  pixels: FramePixels;
  transferSyntaxUID: string;
  /** the pixel cells, where overlays stand in bits of them */
  cells: ArrayLike<number> | undefined;
};

/** As Cornerstone calls a loader. */
export function loadFrame(imageId: string, options: ReadOptions = {}): { promise: Promise<Types.IImage> } {
  return { promise: load(imageId, options) };
}

async function load(imageId: string, options: ReadOptions): Promise<FrameImage> {
  const frame = knownFrame(imageId);
  if (!frame) throw new LoadError('cannotDraw');
  const sent = await readSent(frame, options);
  const { stored, transferSyntaxUID } = await decodeOrAskAgain(frame, sent, options);
  const greys = framePixels(stored.values, stored.format, frame.instance, frame.frameNumber);
  const palette = supplementalPaletteOf(frame.instance);
  const pixels = palette ? withColors(stored.values, greys, palette, firstWindow(frame, greys)) : greys;
  const showsCells = keepsCells(frame, sent.transferSyntax) && hasOverlayInCells(frame.instance);
  return imageOf(frame, pixels, transferSyntaxUID, showsCells ? stored.cells : undefined);
}

async function decodeOrAskAgain(
  frame: Frame,
  sent: SentFrame,
  options: ReadOptions,
): Promise<{ stored: StoredFrame; transferSyntaxUID: string }> {
  const format = pixelFormatOf(frame.instance);
  const hasCells = keepsCells(frame, sent.transferSyntax);
  if (canDecode(sent.bytes, sent.transferSyntax, format)) {
    try {
      return {
        stored: await decodeFrame(sent.bytes, sent.transferSyntax, format, hasCells),
        transferSyntaxUID: sent.transferSyntax,
      };
    } catch (error) {
      if (sent.transferSyntax === explicitLittleEndian) throw error;
    }
  }
  const plain = await readAs(frame, [explicitLittleEndian], options);
  // What a decoder of the archive has made is by pixel, and as a rule RGB already where the stream had a colour transform.
  const photometric = afterDecoding(format, sent);
  const isNative = announcedSyntax(frame) === explicitLittleEndian;
  const asSent = isNative ? format : { ...format, planar: false, photometric, bitsAllocated: bitsSent(format) };
  return {
    stored: await decodeFrame(plain.bytes, explicitLittleEndian, asSent, hasCells),
    transferSyntaxUID: explicitLittleEndian,
  };
}

/** Decoded samples have whole bytes, whatever the data set allocates; but single bits are packed again. */
const bitsSent = ({ bitsAllocated }: PixelFormat) => (bitsAllocated === 1 ? 1 : 8 * cellBytes(bitsAllocated));

/** JPEG in any of its processes (PS3.5 A.4.1). */
const jpeg = /^1\.2\.840\.10008\.1\.2\.4\.(5\d|6\d|70)$/;

/**
 * What the archive's samples are. Of JPEG only the stream tells it: devices write RGB into the data set over streams of
 * YCbCr, and what those were is never converted (`decodedColour`).
 */
function afterDecoding({ photometric, samples }: PixelFormat, { bytes, transferSyntax }: SentFrame): string {
  if (/^YBR_(RCT|ICT)$/.test(photometric)) return 'RGB';
  if (!jpeg.test(transferSyntax) || samples !== 3) return photometric;
  const stream = readJpegStream(bytes);
  if (stream.process === jpegLSFrame) return photometric;
  return decodedColour(stream, { photometricInterpretation: photometric, samplesPerPixel: samples }).colour;
}

const firstWindow = ({ instance, frameNumber }: Frame, pixels: FramePixels) =>
  openingWindow(instance, frameNumber) ?? windowOver(pixels);

function imageOf(frame: Frame, pixels: FramePixels, transferSyntaxUID: string, cells: FrameImage['cells']): FrameImage {
  const { imageId, instance, frameNumber } = frame;
  const { rows, columns } = pixelFormatOf(instance);
  const { values, color, smallest, largest } = pixels;
  const numberOfComponents = color ? 3 : 1;
  if (values.length !== rows * columns * numberOfComponents) throw new LoadError('wrongPixels');
  const { rowMm, columnMm, state } = spacingOf(instance, frameNumber);
  const measurable = state === 'none' ? {} : { rowPixelSpacing: rowMm, columnPixelSpacing: columnMm };
  const { lower, upper } = rangeOf(color ? { center: 128, width: 256 } : firstWindow(frame, pixels));
  const shown = utilities.windowLevel.toWindowLevel(lower, upper);
  const image = {
    imageId,
    rows,
    columns,
    height: rows,
    width: columns,
    color,
    rgba: false,
    numberOfComponents,
    dataType: values.constructor.name,
    sizeInBytes: values.byteLength + bytesBeside(values, cells),
    minPixelValue: smallest,
    maxPixelValue: largest,
    slope: 1,
    intercept: 0,
    invert: pixels.negative,
    windowCenter: shown.windowCenter,
    windowWidth: shown.windowWidth,
    ...measurable,
    preScale: { enabled: true, scaled: true, scalingParameters: { rescaleSlope: 1, rescaleIntercept: 0 } },
    getPixelData: () => values,
    voxelManager: utilities.VoxelManager.createImageVoxelManager({
      scalarData: values as never,
      width: columns,
      height: rows,
      numberOfComponents,
    }),
    render: drawFrame,
    pixels,
    transferSyntaxUID,
    cells,
  };
  return image as unknown as FrameImage;
}

/** What cells take that are not the values themselves. */
const bytesBeside = (values: FramePixels['values'], cells: FrameImage['cells']) =>
  ArrayBuffer.isView(cells) && cells.buffer !== values.buffer ? cells.byteLength : 0;
