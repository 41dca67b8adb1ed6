// A frame as the archive sent it, to stored values. Cornerstone's decoders run in workers; whatever they cannot read is asked of
// the archive uncompressed (load-frame.ts), so nothing here guesses.
import { getWebWorkerManager } from '@cornerstonejs/core';
import { LoadError } from '../archive-client.ts';
import { untilItHears } from './hearing-worker.ts';
import { jpegHeader } from './jpeg-header.ts';
import type { PixelFormat } from './frame-pixels.ts';
import { decodedValues, nativeSamples, storedValues } from './native-samples.ts';
import { explicitLittleEndian } from './sent-frame.ts';

const worker = 'decoders';
const mostWorkers = 4;

const rleLossless = '1.2.840.10008.1.2.5';
const jpegBaseline = '1.2.840.10008.1.2.4.50';
const jpegLossless = new Set(['1.2.840.10008.1.2.4.57', '1.2.840.10008.1.2.4.70']);
const jpegLS = new Set(['1.2.840.10008.1.2.4.80', '1.2.840.10008.1.2.4.81']);

/** Transfer syntaxes that Cornerstone decodes as other toolkits do. Anything else comes uncompressed, JPEG of 12 bits too. */
const decoded = new Set([
  rleLossless,
  jpegBaseline,
  ...jpegLossless,
  ...jpegLS,
  '1.2.840.10008.1.2.4.90', // JPEG 2000 Lossless
  '1.2.840.10008.1.2.4.91', // JPEG 2000
  '1.2.840.10008.1.2.4.201', // HTJ2K Lossless
  '1.2.840.10008.1.2.4.202', // HTJ2K Lossless RPCL
  '1.2.840.10008.1.2.4.203', // HTJ2K
]);

/** Each worker, until it takes frames. */
const starting: Promise<void>[] = [];

/** Once, before the first frame. */
export function startDecoders(): void {
  const start = () => {
    const started = new Worker(new URL('./decoding-worker.ts', import.meta.url), { type: 'module' });
    const hears = untilItHears(started);
    hears.catch(() => {}); // who brings a frame is told
    starting.push(hears);
    return started;
  };
  const maxWorkerInstances = Math.min(mostWorkers, Math.max(1, Math.floor(navigator.hardwareConcurrency / 2)));
  getWebWorkerManager().registerWorker(worker, start, { maxWorkerInstances });
}

/** So that there is time to ask for the frame once more before it is given up (load-image.ts). */
const mostDecodingMs = 25_000;

/** A decoder that hangs is not waited for without end: the frame comes uncompressed. */
function inTime<T>(decoding: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('a frame was not decoded in time')), mostDecodingMs);
    decoding.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

export interface StoredFrame {
  values: ArrayLike<number>;
  /** the pixel cells the values stand in, where they are as they were before any compression */
  cells: ArrayLike<number> | undefined;
  /** what the values are now: a decoder may have turned YBR into RGB */
  format: PixelFormat;
}

/**
 * Whether the decoders here may be trusted with it. Not with colour JPEG whose data set says RGB: whether the stream is YBR after
 * all, they guess from markers that DICOM does not ask for. Nor with RLE of colours of 16 bits, nor with what is called JPEG
 * Lossless and is none, nor with JPEG-LS that brings one colour after the other: they give other pixels without a word.
 */
export function canDecode(bytes: Uint8Array, transferSyntax: string, format: PixelFormat): boolean {
  const { bitsAllocated, samples, photometric } = format;
  if (transferSyntax === explicitLittleEndian) return true;
  if (!decoded.has(transferSyntax) || (bitsAllocated !== 8 && bitsAllocated !== 16)) return false;
  if (transferSyntax === rleLossless) return samples === 1 || bitsAllocated === 8;
  if (transferSyntax === jpegBaseline) return samples === 1 || photometric.startsWith('YBR_FULL');
  if (jpegLossless.has(transferSyntax)) return jpegHeader(bytes)?.frame === 0xc3;
  if (jpegLS.has(transferSyntax)) return jpegHeader(bytes)?.scanComponents === samples;
  return true;
}

/**
 * @param keepsCells  cells may hold more than the value; false where the archive has them compressed by other rules than RLE's,
 *                    and decoders give values, which may even be larger than Bits Stored says where compression was lossy
 * @throws LoadError wrongPixels when there are not as many pixels as the image is large; whatever a decoder throws
 */
export async function decodeFrame(
  bytes: Uint8Array,
  transferSyntax: string,
  format: PixelFormat,
  keepsCells: boolean,
): Promise<StoredFrame> {
  if (transferSyntax === explicitLittleEndian) {
    const cells = nativeSamples(bytes, format);
    const values = keepsCells ? storedValues(cells, format) : decodedValues(cells, format);
    return { values, cells, format: { ...format, planar: false } };
  }
  const { rows, columns, samples, bitsAllocated, bitsStored, signed, photometric } = format;
  const imageFrame = {
    rows,
    columns,
    bitsAllocated,
    // What stands in a cell is wanted as it stands there, and read below.
    bitsStored: keepsCells ? bitsAllocated : bitsStored,
    samplesPerPixel: samples,
    photometricInterpretation: photometric === 'PALETTE COLOR' ? 'MONOCHROME2' : photometric,
    pixelRepresentation: signed && !keepsCells ? 1 : 0,
    planarConfiguration: 0, // decoders give colour by pixel then, whatever the compressed stream did
  };
  const task = {
    imageFrame,
    transferSyntax,
    pixelData: bytes,
    options: { preScale: { enabled: false } },
    decodeConfig: {},
  };
  await Promise.all(starting);
  const { pixelData: values } = await inTime<{ pixelData: ArrayLike<number> }>(
    getWebWorkerManager().executeTask(worker, 'decodeTask', task),
  );
  const pixels = rows * columns;
  if (values.length !== pixels * samples) throw new LoadError('wrongPixels');
  const after = { ...format, planar: false, photometric: photometricAfter(transferSyntax, photometric) };
  if (keepsCells) return { values: storedValues(values, format), cells: values, format: after };
  // A JPEG 2000 stream has a word of its own on signs. Where it says that there are none, negative values come as ones of 16 bits beyond
  // all that Bits Stored allows, while the data set says how they are to be read (PS3.5 8.2.4).
  const isUnread = signed && !(values instanceof Int16Array);
  return { values: isUnread ? decodedValues(values, format) : values, cells: undefined, format: after };
}

/** Decoders of JPEG and of JPEG 2000 undo the colour transform of their own stream. */
function photometricAfter(transferSyntax: string, photometric: string): string {
  return (transferSyntax === jpegBaseline && photometric.startsWith('YBR')) || /^YBR_(RCT|ICT)$/.test(photometric)
    ? 'RGB'
    : photometric;
}
