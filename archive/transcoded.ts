/**
 * Instances in another transfer syntax than the one they were stored in: decoded to Explicit or Implicit VR Little
 * Endian (PS3.5 Annex A.1, A.2), streamed frame by frame. Used by WADO-RS, C-GET and C-MOVE.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { decodeFrame, nativeBytes, openPixels } from '#archive/instance-pixels.ts';
import type { StoredImage } from '#derive/stored-image.ts';
import { Problem } from '#archive/problems.ts';
import { bytesOf, datasetStream } from '#archive/retrieve.ts';
import type { RetrieveParts, RetrievedInstance } from '#archive/retrieve.ts';
import { PixelPoolSaturated } from '#derive/pixel-pool.ts';
import { endOfPixels } from '#derive/stored-dataset.ts';
import { tagOf } from '#dicom/data/dictionary.ts';
import { BadDataset } from '#dicom/file/bad-dataset.ts';
import { DatasetInflater } from '#dicom/file/dataset-inflater.ts';
import { pixelData } from '#dicom/file/dataset-scanner.ts';
import { elementHeader, tagAt } from '#dicom/file/element-header.ts';
import { ReEncoder } from '#dicom/file/re-encode.ts';
import { Splicer } from '#dicom/file/splice.ts';
import type { Replacements } from '#dicom/file/splice.ts';
import type { DecodedFrame } from '#dicom/pixels/decoded-frame.ts';
import type { ImagePixel } from '#dicom/pixels/image-pixel.ts';
import { transferSyntaxes } from '#dicom/syntax/all.ts';
import type { TransferSyntax } from '#dicom/syntax/transfer-syntax.ts';
import { limits } from '#settings/limits.ts';

export interface Transcoded {
  readonly syntax: TransferSyntax;
  /** Of the data set in bytes, where it is known before it is written. */
  readonly length: number | undefined;
  readonly pieces: AsyncIterable<Uint8Array>;
}

type Parts = Pick<RetrieveParts, 'storage' | 'pixels'>;

const implicitLittleEndian = transferSyntaxes.get('1.2.840.10008.1.2') as TransferSyntax;
export const explicitLittleEndian = transferSyntaxes.get('1.2.840.10008.1.2.1') as TransferSyntax;

/** Of an element header with a VR of bytes (PS3.5 Table 7.1-1). */
const longHeaderBytes = 12;
/** Of one without a VR (Table 7.1-3). */
const shortHeaderBytes = 8;
/** The longest value that an element can have: 2^32 − 2 bytes. */
const longestValueBytes = 0xfffffffe;
const busyPauseMs = 100;
const deflatedBiteBytes = 4096;

/** Whether there is a way at all; that this one can be decoded shows when it is tried. */
export function canBeDecoded({ syntax, row }: RetrievedInstance): boolean {
  return !syntax.encapsulated || row.pixel_offset === null || syntax.decodeFrame !== undefined;
}

/**
 * The first frame has been decoded when this resolves; a later one that cannot be decoded breaks the stream off.
 * @throws Problem notAcceptable naming the stored syntax and why; PixelPoolSaturated when no decoder is free
 */
export async function asExplicitLittleEndian(
  instance: RetrievedInstance,
  parts: Parts,
  signal: AbortSignal,
): Promise<Transcoded> {
  const { syntax, row } = instance;
  const stored = datasetStream(instance, parts.storage);
  const into = { syntax: explicitLittleEndian, length: undefined };
  if (syntax.uid === explicitLittleEndian.uid) return { ...into, length: row.length, pieces: stored };
  // What was deflated is Explicit VR Little Endian (A.5).
  if (syntax.deflated) return { ...into, pieces: inflated(stored) };
  if (!syntax.encapsulated) return { ...into, pieces: reEncoded(stored, syntax, explicitLittleEndian) };
  // Without pixels nothing of it is compressed.
  if (row.pixel_offset === null) return { ...into, length: row.length, pieces: stored };
  return { ...into, pieces: await decoded(instance, row.pixel_offset, parts, signal) };
}

/** The same in Implicit VR Little Endian, for peers that take nothing else. @throws as above */
export async function asImplicitLittleEndian(
  instance: RetrievedInstance,
  parts: Parts,
  signal: AbortSignal,
): Promise<Transcoded> {
  const into = { syntax: implicitLittleEndian, length: undefined };
  const { syntax } = instance;
  const stored = datasetStream(instance, parts.storage);
  if (syntax.uid === implicitLittleEndian.uid) return { ...into, length: instance.row.length, pieces: stored };
  if (syntax.bigEndian) return { ...into, pieces: reEncoded(stored, syntax, implicitLittleEndian) };
  const { pieces } = await asExplicitLittleEndian(instance, parts, signal);
  return { ...into, pieces: reEncoded(pieces, explicitLittleEndian, implicitLittleEndian) };
}

export async function* inflated(deflated: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let ready: Uint8Array[] = [];
  const inflater = new DatasetInflater((piece) => void ready.push(piece), limits.dataset.inflatedBytes);
  try {
    for await (const piece of deflated) {
      // Small bites: a few bytes may deflate to a thousand times as many.
      for (let at = 0; at < piece.length; at += deflatedBiteBytes) {
        await inflater.write(piece.subarray(at, at + deflatedBiteBytes));
        yield* ready;
        ready = [];
      }
    }
    await inflater.end();
    yield* ready;
  } finally {
    inflater.destroy();
  }
}

async function* reEncoded(
  pieces: AsyncIterable<Uint8Array>,
  from: TransferSyntax,
  to: TransferSyntax,
): AsyncGenerator<Uint8Array> {
  const encoder = new ReEncoder(from, to.explicitVR, limits.dataset);
  for await (const piece of pieces) yield* encoder.write(piece);
  encoder.end();
}

/** An encapsulated instance with its pixels decoded: what stands around them stays, byte by byte. */
async function decoded(
  instance: RetrievedInstance,
  pixelOffset: number,
  parts: Parts,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const { row, syntax } = instance;
  const bytes = bytesOf(instance, parts.storage);
  const pixels = await openPixels(instance, parts.storage);
  const first = await decodeFrame(instance, pixels, 0, parts, signal);
  const count = await pixels.frames.numberOfFrames();
  const pixelBytes = Math.ceil((sampleBits(first, pixels.image) * count) / 8);
  const padded = pixelBytes + (pixelBytes % 2);
  if (padded > longestValueBytes)
    throw new Problem('notAcceptable', `stored as ${syntax.uid}: ${count} frames are too long without compression`);
  const end = await endOfPixels(row, bytes);
  // Leniency: Implicit VR under the name of a compressed syntax, whose headers have no VR and 8 bytes.
  const header = await bytes.readRange(pixelOffset - longHeaderBytes, longHeaderBytes);
  const isExplicit = tagAt(header, 0, false) === pixelData;
  const headLength = pixelOffset - (isExplicit ? longHeaderBytes : shortHeaderBytes);
  const part = (offset: number, length: number): AsyncIterable<Uint8Array> => {
    const stored = bytes.readStream(offset, length);
    return isExplicit ? stored : reEncoded(stored, implicitLittleEndian, explicitLittleEndian);
  };

  return (async function* () {
    const splicer = new Splicer(changesFor(first, count, instance, pixels), limits.dataset);
    for await (const piece of part(0, headLength)) yield* splicer.write(piece);
    yield splicer.end();
    yield elementHeader(pixelData, first.bitsAllocated > 8 ? 'OW' : 'OB', padded);
    const written = yield* joined(allFrames(instance, pixels, first, count, parts, signal), pixels.image);
    if (written !== pixelBytes) throw new BadDataset(pixelData, pixelOffset, 'frames of different sizes');
    if (padded > pixelBytes) yield Buffer.alloc(1);
    if (end !== undefined && end < row.length) yield* part(end, row.length - end);
  })();
}

/** Frames ahead of the one that is being sent are decoded while it goes out. */
async function* allFrames(
  instance: RetrievedInstance,
  pixels: StoredImage,
  first: DecodedFrame,
  count: number,
  parts: Parts,
  signal: AbortSignal,
): AsyncGenerator<DecodedFrame> {
  const decode = async (frame: number): Promise<DecodedFrame> => {
    for (;;) {
      try {
        return await decodeFrame(instance, pixels, frame, parts, signal);
      } catch (error) {
        // The answer is under way: it waits for its turn as often as it must.
        if (!(error instanceof PixelPoolSaturated)) throw error;
        await delay(busyPauseMs, undefined, { signal });
      }
    }
  };
  yield first;
  let next: Promise<DecodedFrame> | undefined;
  for (let frame = 1; frame < count; frame++) {
    const current = next ?? decode(frame);
    next = frame + 1 < count ? decode(frame + 1) : undefined;
    next?.catch(() => undefined); // told when its turn comes
    const decodedFrame = await current;
    // The data set says it once, for all frames.
    if (decodedFrame.photometricInterpretation !== first.photometricInterpretation)
      throw new Problem('notAcceptable', `stored as ${instance.syntax.uid}: frames of different colour spaces`);
    yield decodedFrame;
  }
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

type Change = [keyword: string, element: { vr: string; bytes: Buffer } | undefined];
const change = (...of: Change): Change => of;

/** What the data set says of its pixels once they are decoded (PS3.3 C.7.6.3), and no word of where fragments lay. */
function changesFor(
  frame: DecodedFrame,
  count: number,
  { row, syntax }: RetrievedInstance,
  { image }: StoredImage,
): Replacements {
  const cell = image.bitsAllocated === 1 && frame.bitsAllocated === 8 ? image : frame;
  const us = (value: number): { vr: string; bytes: Buffer } => {
    const bytes = Buffer.alloc(2);
    bytes.writeUInt16LE(value);
    return { vr: 'US', bytes };
  };
  const cs = (value: string): { vr: string; bytes: Buffer } => ({
    vr: 'CS',
    bytes: Buffer.from(value.length % 2 ? `${value} ` : value, 'latin1'),
  });
  const changes: Change[] = [
    // Fragments may be more or fewer frames than were counted; a value that is right stays as it was written.
    ...((row.number_of_frames ?? 1) === count ? [] : [change('NumberOfFrames', { ...cs(String(count)), vr: 'IS' })]),
    ['SamplesPerPixel', us(frame.samplesPerPixel)],
    ['PhotometricInterpretation', cs(frame.photometricInterpretation)],
    ['PlanarConfiguration', frame.samplesPerPixel > 1 ? us(frame.planarConfiguration) : undefined],
    ['Rows', us(frame.rows)],
    ['Columns', us(frame.columns)],
    ['BitsAllocated', us(cell.bitsAllocated)],
    ['BitsStored', us(cell.bitsStored)],
    ['HighBit', us(cell.highBit)],
    ['PixelRepresentation', us(frame.isSigned ? 1 : 0)],
    // Once lossy, always lossy (C.7.6.1.1.5).
    ...(syntax.lossy ? [change('LossyImageCompression', cs('01'))] : []),
    ['ExtendedOffsetTable', undefined],
    ['ExtendedOffsetTableLengths', undefined],
    ['EncapsulatedPixelDataValueTotalLength', undefined],
  ];
  return new Map(changes.map(([keyword, element]) => [tagOf(keyword) as number, element]));
}
