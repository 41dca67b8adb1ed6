/** A frame as a compressed transfer syntax has it, and what the data set then says of it (PS3.3 C.7.6.3, PS3.5 8.2). */
import type { DecodedFrame } from './decoded-frame.ts';
import type { ImagePixel } from './image-pixel.ts';

export interface EncodedFrame extends ImagePixel {
  /** One stream, without padding. */
  readonly bytes: Buffer;
}

/** A frame that a transfer syntax cannot hold without loss, and why. The message names what is in the way in a few words. */
export class CannotEncode extends Error {
  override name = 'CannotEncode';
}

/** Those that the tables of PS3.5 8.2.2 to 8.2.4 have for samples as they are, without a transformation. */
const photometricInterpretations: Readonly<Record<string, number>> = {
  MONOCHROME1: 1,
  MONOCHROME2: 1,
  'PALETTE COLOR': 1,
  RGB: 3,
  YBR_FULL: 3,
};

/**
 * What every lossless syntax here can hold: integers in whole cells of 8 or 16 bits, one or three to a pixel.
 * @returns  the frame as it is to be encoded; each sample has a colour of its own by now, so YBR_FULL_422 is YBR_FULL
 * @throws CannotEncode
 */
export function encodable(frame: DecodedFrame): DecodedFrame {
  const { sample, bitsAllocated, samplesPerPixel, isSigned } = frame;
  const photometricInterpretation = frame.photometricInterpretation.replace(/^YBR_FULL_422$/, 'YBR_FULL');
  if (sample !== 'integer') throw new CannotEncode('samples are floating point numbers');
  if (bitsAllocated !== 8 && bitsAllocated !== 16) throw new CannotEncode(`samples have ${bitsAllocated} bits`);
  if (photometricInterpretations[photometricInterpretation] !== samplesPerPixel)
    throw new CannotEncode(
      `${samplesPerPixel} samples of Photometric Interpretation "${photometricInterpretation.slice(0, 16)}"`,
    );
  if (isSigned && samplesPerPixel > 1) throw new CannotEncode('colours have signs');
  return { ...frame, photometricInterpretation };
}
