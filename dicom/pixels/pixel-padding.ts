/** Pixel padding (PS3.3 C.7.5.1.1.2): stored values that are no part of the image, alone or as a range. */
import { type Dataset, numberValues } from '../data/dataset.ts';
import type { ImagePixel } from './image-pixel.ts';

/** Stored values from … to, both included. All of them look as `shownAs` does, which is the background's own value. */
export interface PixelPadding {
  readonly from: number;
  readonly to: number;
  readonly shownAs: number;
}

const attributes = {
  integer: { value: 0x00280120, limit: 0x00280121 },
  float: { value: 0x00280122, limit: 0x00280124 },
  double: { value: 0x00280123, limit: 0x00280125 },
};

/** From Pixel Padding Value and its range limit, in stored values; undefined where the image has none. */
export function pixelPaddingOf(
  dataset: Dataset,
  { sample, isSigned, bitsAllocated }: ImagePixel,
): PixelPadding | undefined {
  const { value, limit } = attributes[sample];
  // In Implicit VR nothing says whether the value is US or SS: the pixels do.
  const asStored = (v: number): number =>
    sample === 'integer' && bitsAllocated <= 16
      ? isSigned
        ? (v << (32 - bitsAllocated)) >> (32 - bitsAllocated)
        : v & (2 ** bitsAllocated - 1)
      : v;
  const [shownAs] = numberValues(dataset, value).map(asStored);
  if (shownAs === undefined) return undefined;
  // The limit is the other end of a range, and alone says nothing.
  const [other = shownAs] = numberValues(dataset, limit).map(asStored);
  return { from: Math.min(shownAs, other), to: Math.max(shownAs, other), shownAs };
}
