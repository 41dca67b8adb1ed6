// A frame as the archive sent it, to stored values. Cornerstone's decoders run in workers; whatever they cannot read is asked of
// the archive uncompressed (load-frame.ts), so nothing here guesses.
import { decodeImageFrame } from '@cornerstonejs/dicom-image-loader';
import { LoadError } from '../archive-client.ts';
import { nativeSamples, storedValues, type PixelFormat } from './frame-pixels.ts';

export const explicitLittleEndian = '1.2.840.10008.1.2.1';

const rleLossless = '1.2.840.10008.1.2.5';

/** Transfer syntaxes that Cornerstone decodes as other toolkits do. Anything else comes uncompressed. */
const decoded = new Set([
  rleLossless,
  '1.2.840.10008.1.2.4.50', // JPEG Baseline
  '1.2.840.10008.1.2.4.51', // JPEG Extended
  '1.2.840.10008.1.2.4.57', // JPEG Lossless
  '1.2.840.10008.1.2.4.70', // JPEG Lossless SV1
  '1.2.840.10008.1.2.4.80', // JPEG-LS Lossless
  '1.2.840.10008.1.2.4.81', // JPEG-LS Near-Lossless
  '1.2.840.10008.1.2.4.90', // JPEG 2000 Lossless
  '1.2.840.10008.1.2.4.91', // JPEG 2000
  '1.2.840.10008.1.2.4.201', // HTJ2K Lossless
  '1.2.840.10008.1.2.4.202', // HTJ2K Lossless RPCL
  '1.2.840.10008.1.2.4.203', // HTJ2K
]);

export interface StoredFrame {
  values: ArrayLike<number>;
  /** the pixel cells the values stand in; decoders of compressed frames other than RLE give values only */
  cells: ArrayLike<number> | undefined;
  /** what the values are now: a decoder may have turned YBR into RGB */
  format: PixelFormat;
}

const jpegOfBrowsers = new Set(['1.2.840.10008.1.2.4.50', '1.2.840.10008.1.2.4.51']);

/**
 * Whether the browser's decoders may be trusted with it. Colour JPEG whose data set says RGB may not: whether the stream is YBR
 * after all, browsers guess from markers that DICOM does not ask for.
 */
export function canDecode(transferSyntax: string, { bitsAllocated, samples, photometric }: PixelFormat): boolean {
  if (transferSyntax === explicitLittleEndian) return true;
  if (jpegOfBrowsers.has(transferSyntax) && samples === 3 && !photometric.startsWith('YBR_FULL')) return false;
  return decoded.has(transferSyntax) && (bitsAllocated === 8 || bitsAllocated === 16);
}

/**
 * @param keepsCells  uncompressed cells may hold more than the value; false when a decoder has made them, whose values may even
 *                    be larger than Bits Stored says where compression was lossy
 * @throws LoadError wrongPixels when there are not as many pixels as the image is large; whatever a decoder throws
 */
export async function decodeFrame(
  bytes: Uint8Array,
  transferSyntax: string,
  format: PixelFormat,
  keepsCells = true,
): Promise<StoredFrame> {
  if (transferSyntax === explicitLittleEndian) {
    const cells = nativeSamples(bytes, format);
    const { bitsAllocated: bitsStored } = format;
    const inCells = keepsCells ? format : { ...format, bitsStored, highBit: bitsStored - 1 };
    return { values: storedValues(cells, inCells), cells, format: { ...format, planar: false } };
  }
  const { rows, columns, samples, bitsAllocated, bitsStored, signed, photometric } = format;
  const imageFrame = {
    rows,
    columns,
    bitsAllocated,
    bitsStored,
    samplesPerPixel: samples,
    photometricInterpretation: photometric === 'PALETTE COLOR' ? 'MONOCHROME2' : photometric,
    pixelRepresentation: signed ? 1 : 0,
    planarConfiguration: 0, // decoders give colour by pixel then, whatever the compressed stream did
  };
  const canvas = document.createElement('canvas');
  const options = { preScale: { enabled: false } };
  const result = (await decodeImageFrame(imageFrame, transferSyntax, bytes, canvas, options, {})) as {
    pixelData: ArrayLike<number>;
  };
  const pixels = rows * columns;
  const values =
    samples === 3 && result.pixelData.length === 4 * pixels ? withoutAlpha(result.pixelData) : result.pixelData;
  if (values.length !== pixels * samples) throw new LoadError('wrongPixels');
  const after = { ...format, planar: false, photometric: photometricAfter(transferSyntax, photometric) };
  if (transferSyntax === rleLossless) return { values: storedValues(values, format), cells: values, format: after };
  return { values, cells: undefined, format: after };
}

/** JPEG decoders of browsers, and those of JPEG 2000, undo the colour transform of their own stream. */
function photometricAfter(transferSyntax: string, photometric: string): string {
  return (jpegOfBrowsers.has(transferSyntax) && photometric.startsWith('YBR')) || /^YBR_(RCT|ICT)$/.test(photometric)
    ? 'RGB'
    : photometric;
}

function withoutAlpha(rgba: ArrayLike<number>): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    rgb[to] = rgba[from]!;
    rgb[to + 1] = rgba[from + 1]!;
    rgb[to + 2] = rgba[from + 2]!;
  }
  return rgb;
}
