// An uncompressed frame's bytes to samples by pixel, and samples to stored values (PS3.5 8.1.1). Compressed frames come from Cornerstone's
// decoders as samples, and pass through the second half.
import { withinBitsStored } from '#dicom/pixels/overshoot.ts';
import { cellBytes, unpackedCells } from '#dicom/pixels/packed-samples.ts';
import { LoadError } from '../archive-client.ts';
import type { PixelFormat } from './frame-pixels.ts';

/** An uncompressed frame in little endian, as samples by pixel. @throws LoadError wrongPixels when it is of another length */
export function nativeSamples(bytes: Uint8Array, format: PixelFormat): ArrayLike<number> {
  const { rows, columns, samples, bitsAllocated, sample } = format;
  const count = rows * columns * samples;
  if (sample !== 'integer') return floats(bytes, count, bitsAllocated / 8);
  const size = cellBytes(bitsAllocated);
  const isPacked = bitsAllocated % 8 !== 0;
  if (!isPacked && samples === 3 && format.photometric.endsWith('_422') && bytes.length < count * size) {
    return unshared(cells(bytes, rows * columns * 2, size));
  }
  const whole = cells(isPacked ? unpacked(bytes, count, bitsAllocated) : bytes, count, size);
  return format.planar && samples === 3 ? byPixel(whole) : whole;
}

function unpacked(bytes: Uint8Array, count: number, bits: number): Uint8Array {
  if (isOtherLength(bytes, Math.ceil((count * bits) / 8))) throw new LoadError('wrongPixels');
  return unpackedCells(bytes, count, bits);
}

/** Too many are as wrong as too few: they are pixels of another image, or no pixels at all. One may be padding. */
const isOtherLength = ({ length }: Uint8Array, expected: number) => length !== expected && length !== expected + 1;

type Cells = Uint8Array | Uint16Array | Uint32Array;

function floats(bytes: Uint8Array, count: number, size: number): Float32Array | Float64Array {
  if (isOtherLength(bytes, count * size)) throw new LoadError('wrongPixels');
  const { buffer, byteOffset } = byteAligned(bytes, size);
  return size === 4 ? new Float32Array(buffer, byteOffset, count) : new Float64Array(buffer, byteOffset, count);
}

function cells(bytes: Uint8Array, count: number, size: number): Cells {
  if (isOtherLength(bytes, count * size)) throw new LoadError('wrongPixels');
  const { buffer, byteOffset } = byteAligned(bytes, size);
  if (size === 1) return new Uint8Array(buffer, byteOffset, count);
  return size === 2 ? new Uint16Array(buffer, byteOffset, count) : new Uint32Array(buffer, byteOffset, count);
}

const byteAligned = (bytes: Uint8Array, size: number) => (bytes.byteOffset % size === 0 ? bytes : bytes.slice());

/** Colour by plane becomes colour by pixel (C.7.6.3.1.3). */
function byPixel(planes: Cells): Cells {
  const pixels = planes.length / 3;
  return planes.map((_, at) => planes[(at % 3) * pixels + Math.floor(at / 3)]!) as Cells;
}

/** Y₁ Y₂ Cb Cr of two neighbours become Y₁ Cb Cr Y₂ Cb Cr (C.7.6.3.1.2). */
function unshared(shared: Cells): Cells {
  const whole = new Uint16Array((shared.length / 2) * 3);
  for (let pixel = 0; pixel < shared.length / 2; pixel += 1) {
    const pair = (pixel >> 1) * 4;
    whole[3 * pixel] = shared[pair + (pixel & 1)]!;
    whole[3 * pixel + 1] = shared[pair + 2]!;
    whole[3 * pixel + 2] = shared[pair + 3]!;
  }
  return whole;
}

/** Cells hold more than the stored value where High Bit says so (PS3.5 8.1.1); decoders give the value itself. */
export function storedValues(samples: ArrayLike<number>, format: PixelFormat): ArrayLike<number> {
  const { bitsAllocated, bitsStored, highBit, signed, sample } = format;
  if (sample !== 'integer' || (!signed && bitsStored === bitsAllocated)) return samples;
  if (bitsAllocated === 16 && bitsStored === 16 && samples instanceof Uint16Array) {
    return new Int16Array(samples.buffer as ArrayBuffer, samples.byteOffset, samples.length);
  }
  const left = 31 - highBit;
  const right = 32 - bitsStored;
  const values = signed ? new Int32Array(samples.length) : new Uint32Array(samples.length);
  for (let at = 0; at < values.length; at += 1) {
    values[at] = signed ? (samples[at]! << left) >> right : (samples[at]! << left) >>> right;
  }
  return values;
}

/**
 * What is decoded of a compressed frame and not read yet. Such cells hold the value alone; where it is signed the bits above it need not
 * repeat its sign, and lossy compression may have gone beyond Bits Stored.
 */
export function decodedValues(cells: ArrayLike<number>, format: PixelFormat): ArrayLike<number> {
  const { signed, bitsAllocated, bitsStored } = format;
  const bits = signed ? bitsStored : bitsAllocated;
  const within =
    signed && cells instanceof Uint16Array ? withinBitsStored(cells, { bitsStored, isSigned: true }) : cells;
  return storedValues(within, { ...format, bitsStored: bits, highBit: bits - 1 });
}
