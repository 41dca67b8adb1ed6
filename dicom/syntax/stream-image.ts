/** A compressed stream beside the image that its data set describes (PS3.5 8.2: they agree), and what comes out of it. */
import { CannotDecode, type DecodedFrame } from '../pixels/decoded-frame.ts';
import type { ImagePixel } from '../pixels/image-pixel.ts';

/** What a stream says of itself. */
export interface StreamImage {
  readonly rows: number;
  readonly columns: number;
  readonly components: number;
  /** Bits of a sample. */
  readonly precision: number;
}

/** @throws CannotDecode when the stream is another image: its pixels would be nobody's */
export function mustMatch(stream: StreamImage, image: ImagePixel): void {
  if (stream.rows !== image.rows || stream.columns !== image.columns)
    throw new CannotDecode(
      `the stream has ${stream.rows} × ${stream.columns} pixels, not ${image.rows} × ${image.columns}`,
    );
  if (stream.components !== image.samplesPerPixel)
    throw new CannotDecode(`the stream has ${stream.components} samples a pixel, not ${image.samplesPerPixel}`);
}

/** Bits that a decoder gives for samples of so many. */
export function sampleBits(precision: number): 8 | 16 | 32 {
  return precision <= 8 ? 8 : precision <= 16 ? 16 : 32;
}

/**
 * Decoded samples as the data set describes them where they fit, else as large as they are.
 * @param bytes  by pixel, little endian, of `sampleBits(precision)` each
 * @throws CannotDecode when there are too few
 */
export function decodedFrame(bytes: Buffer, precision: number, image: ImagePixel): DecodedFrame {
  const bits = sampleBits(precision);
  const length = (image.rows * image.columns * image.samplesPerPixel * bits) / 8;
  if (bytes.length !== length) throw new CannotDecode(`${bytes.length} bytes came out where ${length} were expected`);
  const decoded: DecodedFrame = { ...image, planarConfiguration: 0, sample: 'integer', bytes };
  if (bits === image.bitsAllocated) return decoded;
  if (bits === 8 && image.bitsAllocated === 16) return { ...decoded, bytes: widened(bytes) };
  const bitsStored = image.bitsAllocated < bits ? precision : Math.min(image.bitsStored, bits);
  return { ...decoded, bitsAllocated: bits, bitsStored, highBit: bitsStored - 1 };
}

function widened(bytes: Buffer): Buffer {
  const out = Buffer.alloc(bytes.length * 2);
  for (let i = 0; i < bytes.length; i++) out[2 * i] = bytes[i] as number;
  return out;
}
