/** A decoded frame as native Pixel Data has it. */
import type { DecodedFrame } from '#dicom/pixels/decoded-frame.ts';
import type { ImagePixel } from '#dicom/pixels/image-pixel.ts';

/**
 * A decoded frame as native Pixel Data has it: samples of one bit are packed, the first pixel in the lowest bit (PS3.5
 * Section 8.1.1), each frame beginning on a byte.
 */
export function nativeBytes(decoded: DecodedFrame, image: ImagePixel): Buffer {
  if (image.bitsAllocated !== 1 || decoded.bitsAllocated === 1) return decoded.bytes;
  const packed = Buffer.alloc(Math.ceil(decoded.bytes.length / 8));
  const { bytes } = decoded;
  for (let at = 0; at < bytes.length; at++)
    if (bytes[at] !== 0) packed[at >> 3] = (packed[at >> 3] as number) | (1 << (at & 7));
  return packed;
}
