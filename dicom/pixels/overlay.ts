/** The overlay planes of a data set (PS3.3 C.9.2, PS3.5 Section 8.1.2); what is drawn of them says `overlay-plane.ts`. */
import { type Dataset, numberValues, textValue } from '../data/dataset.ts';
import type { ImagePixel } from './image-pixel.ts';
import { isBesideValue, type Overlay, overlayElements, overlayGroups, overlayOn } from './overlay-plane.ts';

/**
 * The graphics on one frame.
 * @param frame  counted from 1
 * @param cells  of pixels that hold what they held when the instance was made (retired, C.9.2.1.1); compression ends that
 */
export function overlaysOf(
  dataset: Dataset,
  frame: number,
  cells: Pick<ImagePixel, 'bitsAllocated' | 'bitsStored' | 'highBit'> | undefined,
): Overlay[] {
  const overlays: Overlay[] = [];
  for (const group of overlayGroups) {
    const at = (name: keyof typeof overlayElements): number => group * 0x10000 + overlayElements[name];
    const number = (name: keyof typeof overlayElements): number | undefined => numberValues(dataset, at(name))[0];
    const said = {
      rows: number('rows'),
      columns: number('columns'),
      type: textValue(dataset, at('type')),
      frames: number('frames'),
      firstFrame: number('firstFrame'),
      origin: numberValues(dataset, at('origin')),
    };
    const found = overlayOn(said, frame);
    if (!found) continue;
    const { index, ...place } = found;
    const data = dataset.elements.get(at('data'));
    if (data?.bytes?.length) {
      const firstBit = index * place.rows * place.columns;
      const bytes = Uint8Array.from(data.bytes);
      const bits = dataset.bigEndian && data.vr !== 'OB' ? swapped(bytes) : bytes;
      if (bits.length * 8 >= firstBit + place.rows * place.columns)
        overlays.push({ ...place, points: { bits, firstBit } });
    } else if (cells && (number('bitsAllocated') ?? 1) > 1 && !data) {
      const bitPosition = number('bitPosition') ?? 0;
      if (isBesideValue(bitPosition, cells)) overlays.push({ ...place, points: { bitPosition } });
    }
  }
  return overlays;
}

function swapped(bytes: Uint8Array): Uint8Array {
  return bytes.map((_, index) => bytes[index ^ 1] ?? 0);
}
