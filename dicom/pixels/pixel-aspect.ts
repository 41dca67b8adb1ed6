/** The shape of a pixel: where it is not square, an image is shown stretched (PS3.3 10.7.1.3, C.7.6.3.1.7). */
import { type Dataset, numberValues } from '../data/dataset.ts';
import { functionalGroupOf } from './functional-groups.ts';

const PixelMeasuresSequence = 0x00289110;
const PixelSpacing = 0x00280030;
const PixelAspectRatio = 0x00280034;
export const ImagerPixelSpacing = 0x00181164;
export const NominalScannedPixelSpacing = 0x00182010;

/**
 * The height of a pixel to its width, each of the attributes that tell it having first what is between rows; 1 where nothing
 * is said. The ratio is for images without a spacing.
 * @param frame counted from 1
 */
export function pixelAspectOf(dataset: Dataset, frame: number): number {
  const measures = functionalGroupOf(dataset, PixelMeasuresSequence, frame);
  return (
    (measures && ratioOf(measures, PixelSpacing)) ??
    ratioOf(dataset, PixelSpacing) ??
    ratioOf(dataset, ImagerPixelSpacing) ??
    ratioOf(dataset, NominalScannedPixelSpacing) ??
    ratioOf(dataset, PixelAspectRatio) ??
    1
  );
}

function ratioOf(dataset: Dataset, tag: number): number | undefined {
  const [height = 0, width = 0] = numberValues(dataset, tag);
  const ratio = height / width;
  return height > 0 && width > 0 && ratio > 0 && ratio < Infinity ? ratio : undefined;
}
