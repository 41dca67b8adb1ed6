/** Encodes RLE Lossless frames (PS3.5 Annex G). */
import type { DecodedFrame } from '../pixels/decoded-frame.ts';
import { encodable, type EncodedFrame } from '../pixels/encoded-frame.ts';

/** Number of segments and the offsets of 15 (G.5). */
const headerBytes = 64;
/** The longest run, literal or replicated, that one byte says (G.3.1). */
const longestRun = 128;

/**
 * One segment for each byte of each sample, the most significant first (G.2); whole cells, so that nothing beside the
 * stored value is lost either.
 * @returns  a frame by plane: Planar Configuration is 1, as the note in G.2 says
 * @throws CannotEncode
 */
export function encodeRle(frame: DecodedFrame): EncodedFrame {
  const { bytes, ...image } = encodable(frame);
  const { columns, samplesPerPixel } = image;
  const size = image.bitsAllocated / 8;
  const step = samplesPerPixel * size;
  const header = Buffer.alloc(headerBytes);
  const segments: Buffer[] = [];
  let offset = headerBytes;
  for (let sample = 0; sample < samplesPerPixel; sample++) {
    for (let byte = size - 1; byte >= 0; byte--) {
      const segment = encodeSegment(bytes, sample * size + byte, step, columns);
      header.writeUInt32LE(offset, 4 + 4 * segments.length);
      offset += segment.length;
      segments.push(segment);
    }
  }
  header.writeUInt32LE(segments.length, 0);
  return { ...image, planarConfiguration: samplesPerPixel > 1 ? 1 : 0, bytes: Buffer.concat([header, ...segments]) };
}

/** Every `step`-th byte from `from` on, row by row: no run goes on into the next row (G.3). @returns an even number of bytes */
function encodeSegment(bytes: Buffer, from: number, step: number, columns: number): Buffer {
  const rows = (bytes.length - (bytes.length % step)) / step / columns;
  // The worst there is: a byte before each 128 literal ones.
  const out = Buffer.allocUnsafe(rows * (columns + Math.ceil(columns / longestRun)) + 1);
  const row = Buffer.allocUnsafe(columns);
  let length = 0;
  let at = from;
  for (let each = 0; each < rows; each++) {
    for (let column = 0; column < columns; column++, at += step) row[column] = bytes[at] as number;
    length = encodeRow(row, out, length);
  }
  if (length % 2 === 1) out[length++] = 0;
  return out.subarray(0, length);
}

/** PackBits (G.3.1). A pair is worth a run of its own only where no literal run is open. @returns where `out` ends */
function encodeRow(row: Buffer, out: Buffer, end: number): number {
  let to = end;
  let literal = 0;
  let at = 0;
  const flush = (): void => {
    for (let from = literal; from < at; from += longestRun) {
      const count = Math.min(longestRun, at - from);
      out[to++] = count - 1;
      to += row.copy(out, to, from, from + count);
    }
  };
  while (at < row.length) {
    const value = row[at] as number;
    let run = 1;
    while (run < longestRun && row[at + run] === value) run++;
    if (run > 2 || (run === 2 && literal === at)) {
      flush();
      out[to++] = 257 - run;
      out[to++] = value;
      at += run;
      literal = at;
    } else at += run;
  }
  flush();
  return to;
}
