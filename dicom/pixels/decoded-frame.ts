/** A frame as its samples stand in memory once nothing of its transfer syntax is left (PS3.3 C.7.6.3). */
import type { ImagePixel } from './image-pixel.ts';

/**
 * What the frame is now, which may differ from what its data set says: colour is by pixel, YBR of a compressed stream
 * may have become RGB, a single bit has become a byte.
 */
export interface DecodedFrame extends ImagePixel {
  /**
   * Rows × Columns × SamplesPerPixel samples of BitsAllocated / 8 bytes, little endian, by pixel (Planar Configuration 0).
   * Bits outside Bits Stored are as they were: overlays in native frames, zeros or the sign in decoded ones.
   */
  readonly bytes: Buffer;
}

/** A frame that cannot become pixels here, and why. The message names what is wrong in at most 64 characters or so. */
export class CannotDecode extends Error {
  override name = 'CannotDecode';
}
