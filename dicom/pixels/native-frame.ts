/**
 * Frames of native Pixel Data (PS3.5 Section 8.1.1 and Annex D): where they lie, and how they become samples of whole
 * bytes, colour by pixel.
 */
import { CannotDecode, type DecodedFrame } from './decoded-frame.ts';
import type { ImagePixel } from './image-pixel.ts';
import { cellBytes, unpackedCells } from './packed-samples.ts';

/** The shape of a frame, as far as it says where native frames lie. */
export type FrameShape = Pick<ImagePixel, 'rows' | 'columns' | 'samplesPerPixel' | 'bitsAllocated'> &
  Partial<Pick<ImagePixel, 'photometricInterpretation'>>;

/** Samples that a pixel has on average where two or four share their colour (PS3.3 C.7.6.3.1.2). */
const sharedSamples: Readonly<Record<string, number>> = {
  YBR_FULL_422: 2,
  YBR_PARTIAL_422: 2,
  YBR_PARTIAL_420: 1.5,
};

/**
 * Bits of one frame as Pixel Data holds it.
 * Leniency: the value's length decides whether colour is shared, since devices write YBR_FULL_422 over unshared samples.
 * @param valueBytes  length of Pixel Data's value
 */
export function nativeFrameBits(shape: FrameShape, valueBytes: number, frames: number): number {
  if (!mayShareColour(shape, valueBytes, frames)) return wholeFrameBits(shape);
  const { rows, columns, bitsAllocated, photometricInterpretation = '' } = shape;
  const shared = sharedSamples[photometricInterpretation];
  return shared === undefined ? wholeFrameBits(shape) : rows * columns * shared * bitsAllocated;
}

/** The value is too short for samples of their own: the Photometric Interpretation says whether they share colour, or end early. */
export function mayShareColour(shape: FrameShape, valueBytes: number, frames: number): boolean {
  return shape.samplesPerPixel === 3 && wholeFrameBits(shape) * frames > valueBytes * 8;
}

function wholeFrameBits({ rows, columns, samplesPerPixel, bitsAllocated }: FrameShape): number {
  return rows * columns * samplesPerPixel * bitsAllocated;
}

/** How the bits of a frame come out of the words around it. */
export interface Arrangement {
  /** Bytes of a word that the transfer syntax turns around; 1 where nothing is turned. */
  readonly wordBytes: number;
  /** Where the frame begins and how much it is, in bits of the words once they are turned. */
  readonly fromBit: number;
  readonly bits: number;
}

/** @param words  whole ones, which are turned in place @returns the frame, beginning on a byte */
export function arranged(words: Buffer, { wordBytes, fromBit, bits }: Arrangement): Buffer {
  if (wordBytes > 1) swapWords(words.subarray(0, words.length - (words.length % wordBytes)), wordBytes);
  if (fromBit % 8 === 0 && bits % 8 === 0) return words.subarray(fromBit / 8, (fromBit + bits) / 8);
  return cutBits(words, fromBit, bits);
}

/** `length` bits from bit `from` on, the first one in the lowest bit of the first byte (PS3.5 8.1.1, D.1). */
export function cutBits(bytes: Buffer, from: number, length: number): Buffer {
  const first = from >>> 3;
  const shift = from & 7;
  const out = Buffer.alloc(Math.ceil(length / 8));
  for (let i = 0; i < out.length; i++) {
    const low = bytes[first + i] as number;
    const high = bytes[first + i + 1] ?? 0;
    out[i] = shift === 0 ? low : ((low >>> shift) | (high << (8 - shift))) & 0xff;
  }
  const left = length & 7;
  if (left !== 0) out[out.length - 1] = (out[out.length - 1] as number) & ((1 << left) - 1);
  return out;
}

/** Turns the bytes of each word around, in place (PS3.5 Section 7.3). @param wordBytes 1, 2, 4 or 8 */
export function swapWords(bytes: Buffer, wordBytes: number): Buffer {
  if (wordBytes === 2) return bytes.swap16();
  if (wordBytes === 4) return bytes.swap32();
  if (wordBytes === 8) return bytes.swap64();
  return bytes;
}

/**
 * A native frame in little endian as a frame of samples.
 * @param stored  as `frame-source.ts` reads it: beginning on a byte, and at least as long as its samples
 * @throws CannotDecode
 */
export function decodeNative(stored: Buffer, image: ImagePixel): DecodedFrame {
  const { rows, columns, samplesPerPixel, bitsAllocated, photometricInterpretation } = image;
  const samples = rows * columns * samplesPerPixel;
  const shared = samplesPerPixel === 3 && stored.length * 8 < samples * bitsAllocated;
  if (shared && sharedSamples[photometricInterpretation] === 2) return unshared(stored, image);
  if (stored.length * 8 < samples * bitsAllocated)
    throw new CannotDecode(`Pixel Data ends early: ${stored.length} bytes for ${samples} samples`);
  if (bitsAllocated % 8 !== 0) return byPixel(unpacked(stored, image));
  return byPixel({ ...image, bytes: stored.subarray(0, (samples * bitsAllocated) / 8) });
}

/** Samples of 1, 12 or any other number of bits, side by side, each into whole bytes. */
export function unpacked(stored: Buffer, image: ImagePixel): DecodedFrame {
  const { rows, columns, samplesPerPixel, bitsAllocated } = image;
  const cells = unpackedCells(stored, rows * columns * samplesPerPixel, bitsAllocated);
  return { ...image, bitsAllocated: 8 * cellBytes(bitsAllocated), bytes: Buffer.from(cells.buffer) };
}

/** Colour by plane (Planar Configuration 1) becomes colour by pixel (PS3.3 C.7.6.3.1.3). */
function byPixel(frame: DecodedFrame): DecodedFrame {
  const { samplesPerPixel, planarConfiguration, bitsAllocated, bytes } = frame;
  if (planarConfiguration === 0 || samplesPerPixel === 1) return { ...frame, planarConfiguration: 0 };
  return { ...frame, planarConfiguration: 0, bytes: interleaved(bytes, samplesPerPixel, bitsAllocated / 8) };
}

/** One sample of each plane after the other. @param size bytes of a sample */
export function interleaved(planes: Buffer, samples: number, size: number): Buffer {
  const pixels = planes.length / samples / size;
  const out = Buffer.allocUnsafeSlow(planes.length);
  for (let sample = 0; sample < samples; sample++) {
    let from = sample * pixels * size;
    for (let to = sample * size; to < out.length; to += samples * size) {
      for (let byte = 0; byte < size; byte++) out[to + byte] = planes[from++] as number;
    }
  }
  return out;
}

/** YBR_FULL_422: Y₁ Y₂ Cb Cr for two neighbours in a row become Y₁ Cb Cr Y₂ Cb Cr (PS3.3 C.7.6.3.1.2). */
function unshared(stored: Buffer, image: ImagePixel): DecodedFrame {
  const { rows, columns, bitsAllocated } = image;
  const size = bitsAllocated / 8;
  const pixels = rows * columns;
  if (!Number.isInteger(size) || stored.length < pixels * 2 * size)
    throw new CannotDecode(`Pixel Data ends early: ${stored.length} bytes for ${pixels} pixels of YBR_FULL_422`);
  const bytes = Buffer.alloc(pixels * 3 * size);
  for (let i = 0; i < pixels; i++) {
    const pair = (i >>> 1) * 4 * size;
    stored.copy(bytes, 3 * i * size, pair + (i & 1) * size, pair + ((i & 1) + 1) * size);
    stored.copy(bytes, (3 * i + 1) * size, pair + 2 * size, pair + 4 * size);
  }
  const photometricInterpretation = image.photometricInterpretation.replace('_422', '');
  return { ...image, photometricInterpretation, planarConfiguration: 0, bytes };
}
