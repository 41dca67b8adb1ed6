/**
 * How large the picture of a JPEG XL stream says it is (ISO/IEC 18181-1 Annex D.2, 18181-2 Annex A.1), before a decoder
 * makes room for it: a few bytes can claim a billion pixels.
 */
import { CannotDecode } from '../pixels/decoded-frame.ts';
import { boxesOf } from './boxes.ts';

const signature = 0xff0a;
const container = Buffer.from('0000000c4a584c200d0a870a', 'hex');
/** A partial codestream begins with its number (18181-2 A.7). */
const partNumberBytes = 4;

/** Columns by rows, as numerator and denominator (18181-1 Table D.2). */
const ratios = [
  [1, 1],
  [12, 10],
  [4, 3],
  [3, 2],
  [16, 9],
  [5, 4],
  [2, 1],
] as const;
/** Bits of a size by its selector. */
const widths = [9, 13, 18, 30] as const;

/** @param bytes a codestream or a container @throws CannotDecode when there is no size in it */
export function readJpegXLSize(bytes: Buffer): { readonly rows: number; readonly columns: number } {
  const codestream = bytes.subarray(0, 12).equals(container) ? withinBoxes(bytes) : bytes;
  if (codestream.length < 4 || codestream.readUInt16BE(0) !== signature)
    throw new CannotDecode('not a JPEG XL codestream: no signature');
  let at = 0;
  /** Bits stand the lowest first (18181-1 Annex B). */
  const take = (count: number): number => {
    let value = 0;
    for (let bit = 0; bit < count; bit++, at++)
      value += (((codestream[2 + (at >> 3)] ?? 0) >> (at & 7)) & 1) * 2 ** bit;
    return value;
  };
  const isSmall = take(1) === 1;
  const size = (): number => (isSmall ? (take(5) + 1) * 8 : take(widths[take(2)] as number) + 1);
  const rows = size();
  const ratio = ratios[take(3) - 1];
  return { rows, columns: ratio ? Math.floor((rows * ratio[0]) / ratio[1]) : size() };
}

/** The beginning of the codestream in a container: `jxlc`, or the first `jxlp`. */
function withinBoxes(bytes: Buffer): Buffer {
  for (const { type, content } of boxesOf(bytes)) {
    if (type === 'jxlc') return content;
    if (type === 'jxlp') return content.subarray(partNumberBytes);
  }
  throw new CannotDecode('a JPEG XL file without a codestream');
}
