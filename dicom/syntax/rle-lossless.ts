/** Decodes RLE Lossless frames (PS3.5 Annex G). */
import { CannotDecode, type DecodedFrame } from '../pixels/decoded-frame.ts';
import type { ImagePixel } from '../pixels/image-pixel.ts';
import { unpacked } from '../pixels/native-frame.ts';

/** Number of segments and the offsets of 15 (G.5). */
const headerBytes = 64;
const segmentLimit = 15;

/**
 * Each segment holds one byte of each sample of one component, the most significant first (G.2).
 * @param frame  the frame's fragments joined, its 64-byte header included
 * @returns      Rows × Columns × SamplesPerPixel samples, colour by pixel, little endian, BitsAllocated / 8 bytes each
 * @throws CannotDecode when a segment ends early or begins outside the frame
 */
export function decodeRle(frame: Buffer, image: ImagePixel): DecodedFrame {
  const { rows, columns, samplesPerPixel, bitsAllocated } = image;
  const isPacked = bitsAllocated === 1;
  if (!isPacked && bitsAllocated % 8 !== 0) throw new CannotDecode(`RLE samples of ${bitsAllocated} bits`);
  const size = isPacked ? 1 : bitsAllocated / 8;
  const pixels = isPacked ? Math.ceil((rows * columns) / 8) : rows * columns;
  const offsets = segmentOffsets(frame, samplesPerPixel * size);
  const bytes = Buffer.alloc(pixels * samplesPerPixel * size);
  offsets.forEach((offset, segment) => {
    const sample = Math.floor(segment / size);
    const byte = size - 1 - (segment % size);
    decodeSegment(frame.subarray(offset, offsets[segment + 1]), bytes, {
      from: sample * size + byte,
      step: samplesPerPixel * size,
      count: pixels,
    });
  });
  const decoded: DecodedFrame = { ...image, planarConfiguration: 0, bytes };
  return isPacked ? unpacked(bytes, decoded) : decoded;
}

function segmentOffsets(frame: Buffer, expected: number): number[] {
  if (frame.length < headerBytes) throw new CannotDecode(`an RLE frame of ${frame.length} bytes has no header`);
  const segments = frame.readUInt32LE(0);
  if (segments !== expected || segments > segmentLimit)
    throw new CannotDecode(`${segments} RLE segments where the image has ${expected}`);
  const offsets = Array.from({ length: segments }, (_, i) => frame.readUInt32LE(4 + 4 * i));
  offsets.forEach((offset, i) => {
    if (offset < headerBytes || offset >= frame.length || offset <= (offsets[i - 1] ?? 0))
      throw new CannotDecode(`RLE segment ${i + 1} begins at byte ${offset} of ${frame.length}`);
  });
  return offsets;
}

/** One segment (G.3.2) into every `step`-th byte of `out`. What runs past the image is padding. */
function decodeSegment(
  segment: Buffer,
  out: Buffer,
  { from, step, count }: { from: number; step: number; count: number },
): void {
  const end = from + step * count;
  let to = from;
  let at = 0;
  while (to < end) {
    const head = segment[at++];
    if (head === undefined) throw new CannotDecode(`an RLE segment ends ${(end - to) / step} bytes early`);
    if (head === 128) continue;
    if (head < 128) {
      // What the run has beyond the image is padding, and need not be there.
      if (at + Math.min(head + 1, (end - to) / step) > segment.length)
        throw new CannotDecode('an RLE segment ends inside a literal run');
      for (let i = 0; i <= head && to < end; i++, to += step) out[to] = segment[at + i] as number;
      at += head + 1;
    } else {
      const value = segment[at++];
      if (value === undefined) throw new CannotDecode('an RLE segment ends inside a replicate run');
      for (let i = 256 - head; i >= 0 && to < end; i--, to += step) out[to] = value;
    }
  }
}
