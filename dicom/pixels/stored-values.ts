/** Pixel cells to stored values (PS3.5 Section 8.1.1): the bits from High Bit down, with their sign. */
import { CannotDecode, type DecodedFrame } from './decoded-frame.ts';
import { withinBitsStored } from './overshoot.ts';

/** The pixel cells as unsigned numbers, whatever they hold; floating point as it is. */
export type Cells = Uint8Array | Uint16Array | Uint32Array | Float32Array | Float64Array | BigUint64Array;

/** @throws CannotDecode when the frame is shorter than it says */
export function cellsOf({ bytes, bitsAllocated, sample, rows, columns, samplesPerPixel }: DecodedFrame): Cells {
  const Kind =
    sample === 'float'
      ? Float32Array
      : sample === 'double'
        ? Float64Array
        : bitsAllocated <= 8
          ? Uint8Array
          : bitsAllocated <= 16
            ? Uint16Array
            : bitsAllocated <= 32
              ? Uint32Array
              : BigUint64Array;
  const count = rows * columns * samplesPerPixel;
  if (bytes.byteLength < count * Kind.BYTES_PER_ELEMENT)
    throw new CannotDecode(`a frame of ${count} samples has ${bytes.byteLength} bytes`);
  // Every machine that Node.js runs on is little endian, as the frame is; a view must begin on a multiple of its size.
  const aligned = bytes.byteOffset % Kind.BYTES_PER_ELEMENT === 0 ? bytes : Uint8Array.from(bytes);
  return new Kind(aligned.buffer as ArrayBuffer, aligned.byteOffset, count);
}

/** A function from a cell of at most 32 bits to its stored value. */
export function storedValueOf({
  bitsStored,
  highBit,
  isSigned,
}: Pick<DecodedFrame, 'bitsStored' | 'highBit' | 'isSigned'>): (cell: number) => number {
  const left = 31 - highBit;
  const right = 32 - bitsStored;
  return isSigned ? (cell) => (cell << left) >> right : (cell) => (cell << left) >>> right;
}

/** All stored values of a frame, where cells are too wide for a table of them: exact up to 53 bits. */
export function storedValues(frame: DecodedFrame, cells: Cells): ArrayLike<number> {
  if (cells instanceof Float32Array || cells instanceof Float64Array) return cells;
  if (cells instanceof BigUint64Array) {
    const { bitsStored, highBit, isSigned } = frame;
    const shift = BigInt(highBit + 1 - bitsStored);
    const toValue = isSigned ? BigInt.asIntN : BigInt.asUintN;
    return Float64Array.from(cells, (cell) => Number(toValue(bitsStored, cell >> shift)));
  }
  const value = storedValueOf(frame);
  return Float64Array.from(cells, (cell) => value(cell));
}

/** What lossy compression took beyond Bits Stored as the outermost that it allows (`overshoot.ts`). */
export function withoutOvershoot(frame: DecodedFrame): DecodedFrame {
  const { bitsStored, highBit, sample } = frame;
  if (sample !== 'integer' || highBit !== bitsStored - 1) return frame;
  const cells = cellsOf(frame);
  if (!(cells instanceof Uint16Array)) return frame;
  const within = withinBitsStored(cells, frame);
  return within === cells ? frame : { ...frame, bytes: Buffer.from(within.buffer) };
}
