/** What an image of a test says of its pixels (PS3.3 C.7.6.3), where nothing about it is unusual. */
import type { ImagePixel } from '#dicom/pixels/image-pixel.ts';

/** Samples of 8 or 16 bits allocated, grey or RGB. */
export function plainImage(
  { rows, columns }: Pick<ImagePixel, 'rows' | 'columns'>,
  { bitsStored, samples = 1, isSigned = false }: { bitsStored: number; samples?: number; isSigned?: boolean },
): ImagePixel {
  return {
    rows,
    columns,
    samplesPerPixel: samples,
    bitsAllocated: bitsStored > 8 ? 16 : 8,
    bitsStored,
    highBit: bitsStored - 1,
    isSigned,
    photometricInterpretation: samples === 3 ? 'RGB' : 'MONOCHROME2',
    planarConfiguration: 0,
    sample: 'integer',
  };
}
