/**
 * Instances in another transfer syntax than the one they were stored in: decoded to Explicit or Implicit VR Little
 * Endian (PS3.5 Annex A.1, A.2), streamed frame by frame. Used by WADO-RS, C-GET, C-MOVE and
 * `lightbox send`.
 */
import { BadDataset } from '#dicom/file/bad-dataset.ts';
import { pixelData } from '#dicom/file/dataset-handler.ts';
import { elementHeader } from '#dicom/file/element-header.ts';
import { CannotDecode, type DecodedFrame } from '#dicom/pixels/decoded-frame.ts';
import type { ImagePixel } from '#dicom/pixels/image-pixel.ts';
import { explicitLittleEndian, implicitLittleEndian } from '#dicom/syntax/native.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';
import { aroundPixels } from './around-pixels.ts';
import { framesAhead } from './frames-ahead.ts';
import { nativeBytes } from './native-bytes.ts';
import { nativeIcon, substituted } from './native-icon.ts';
import type { PixelPool } from './pixel-pool.ts';
import { inflated, reEncoded } from './re-encoded.ts';
import { openStoredImage } from './stored-image.ts';
import { datasetOf, type StoredInstance } from './stored-instance.ts';

export interface Transcoded {
  readonly syntax: TransferSyntax;
  /** Of the data set in bytes, where it is known before it is written. */
  readonly length: number | undefined;
  readonly pieces: AsyncIterable<Uint8Array>;
}

/** The longest value that an element can have: 2^32 − 2 bytes. */
const longestValueBytes = 0xfffffffe;

/**
 * The first frame has been decoded when this resolves; a later one that cannot be decoded breaks the stream off.
 * @throws CannotDecode and its like; PixelPoolSaturated when no decoder is free
 */
export async function asExplicitLittleEndian(
  instance: StoredInstance,
  pixels: PixelPool,
  signal: AbortSignal,
): Promise<Transcoded> {
  const { syntax, row } = instance;
  const stored = datasetOf(instance);
  const into = { syntax: explicitLittleEndian, length: undefined };
  if (syntax.uid === explicitLittleEndian.uid) return { ...into, length: row.length, pieces: stored };
  if (isInFragments(instance)) return { ...into, pieces: await decoded(instance, pixels, signal) };
  // What was deflated is Explicit VR Little Endian (A.5).
  if (syntax.deflated) return { ...into, pieces: inflated(stored) };
  if (!syntax.encapsulated) return { ...into, pieces: reEncoded(stored, syntax, explicitLittleEndian) };
  // Native Pixel Data under the name of a compressed syntax is decoded too: that fails.
  if (row.pixel_offset !== null) return { ...into, pieces: await decoded(instance, pixels, signal) };
  // Without pixels nothing of it is compressed, but an icon may be.
  const icon = await nativeIcon(() => datasetOf(instance), instance, pixels, signal);
  return { ...into, length: icon ? undefined : row.length, pieces: substituted(stored, icon) };
}

/** Pixel Data in fragments, also under the name of a native syntax: there is no such thing in Implicit VR (PS3.5 A.1). */
function isInFragments({ row }: StoredInstance): boolean {
  return row.pixel_offset !== null && row.pixel_length === -1;
}

/** The same in Implicit VR Little Endian, for peers that take nothing else. @throws as above */
export async function asImplicitLittleEndian(
  instance: StoredInstance,
  pixels: PixelPool,
  signal: AbortSignal,
): Promise<Transcoded> {
  const into = { syntax: implicitLittleEndian, length: undefined };
  const { syntax } = instance;
  const stored = datasetOf(instance);
  if (syntax.uid === implicitLittleEndian.uid) return { ...into, length: instance.row.length, pieces: stored };
  const isDecoded = isInFragments(instance);
  if (syntax.bigEndian && !isDecoded) return { ...into, pieces: reEncoded(stored, syntax, implicitLittleEndian) };
  const pieces = isDecoded
    ? await decoded(instance, pixels, signal)
    : (await asExplicitLittleEndian(instance, pixels, signal)).pieces;
  return { ...into, pieces: reEncoded(pieces, explicitLittleEndian, implicitLittleEndian) };
}

/** An instance with Pixel Data in fragments, decoded: what stands around them stays, byte by byte. */
async function decoded(
  instance: StoredInstance,
  pixels: PixelPool,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const { syntax, row, bytes } = instance;
  const pixelOffset = row.pixel_offset as number;
  const { image, frames } = await openStoredImage(row, syntax, bytes);
  const decode = async (frame: number): Promise<DecodedFrame> =>
    pixels.decode(syntax.uid, image, await frames.read(frame), signal);
  const first = await decode(0);
  const count = await frames.numberOfFrames();
  const pixelBytes = Math.ceil((sampleBits(first, image) * count) / 8);
  const padded = pixelBytes + (pixelBytes % 2);
  if (padded > longestValueBytes) throw new CannotDecode(`${count} frames are too long without compression`);
  const around = await aroundPixels(instance, pixelOffset, pixels, signal);
  // Single bits came out as bytes, and are packed again.
  const { bitsAllocated, bitsStored, highBit } = image.bitsAllocated === 1 ? image : first;

  return (async function* () {
    yield* around.before({ ...first, bitsAllocated, bitsStored, highBit }, count);
    yield elementHeader(pixelData, first.bitsAllocated > 8 ? 'OW' : 'OB', padded);
    const written = yield* joined(framesAhead(first, { count, make: decode, signal }), image);
    if (written !== pixelBytes) throw new BadDataset(pixelData, pixelOffset, 'frames of different sizes');
    if (padded > pixelBytes) yield Buffer.alloc(1);
    yield* around.after();
  })();
}

/** The frames one behind the other; samples of one bit without a gap between frames (PS3.5 8.1.1). @returns bytes written */
async function* joined(frames: AsyncIterable<DecodedFrame>, image: ImagePixel): AsyncGenerator<Buffer, number> {
  let written = 0;
  let bits: Buffer = Buffer.alloc(0);
  for await (const frame of frames) {
    let { bytes } = frame;
    if (image.bitsAllocated === 1 && frame.bitsAllocated === 8) {
      const all = Buffer.concat([bits, bytes]);
      bits = all.subarray(all.length - (all.length % 8));
      bytes = nativeBytes({ ...frame, bytes: all.subarray(0, all.length - bits.length) }, image);
    }
    written += bytes.length;
    yield bytes;
  }
  if (bits.length === 0) return written;
  const last = Buffer.concat([bits, Buffer.alloc(8 - bits.length)]);
  yield Buffer.from([last.reduce((byte, bit, at) => byte | (bit ? 1 << at : 0), 0)]);
  return written + 1;
}

/** Bits that one frame takes in native Pixel Data. */
function sampleBits(frame: DecodedFrame, image: ImagePixel): number {
  return image.bitsAllocated === 1 && frame.bitsAllocated === 8 ? frame.bytes.length : frame.bytes.length * 8;
}
