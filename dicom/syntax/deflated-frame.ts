/** Decodes frames that are deflated one by one (PS3.5 A.4.13, RFC 1951). */
import { inflateRawSync } from 'node:zlib';
import { CannotDecode, type DecodedFrame } from '../pixels/decoded-frame.ts';
import type { ImagePixel } from '../pixels/image-pixel.ts';
import { decodeNative } from '../pixels/native-frame.ts';

/** @param encoded one deflate stream, with or without a byte of padding @throws CannotDecode */
export function decodeDeflatedFrame(encoded: Buffer, image: ImagePixel): DecodedFrame {
  const { rows, columns, samplesPerPixel, bitsAllocated } = image;
  const length = Math.ceil((rows * columns * samplesPerPixel * bitsAllocated) / 8);
  return decodeNative(inflated(encoded, length + 1), image);
}

/** @param limit a stream that gives more is not this frame */
function inflated(encoded: Buffer, limit: number): Buffer {
  try {
    return inflateRawSync(encoded, { maxOutputLength: limit });
  } catch (error) {
    throw new CannotDecode(`the deflated frame is damaged (${(error as Error).message})`, { cause: error });
  }
}
