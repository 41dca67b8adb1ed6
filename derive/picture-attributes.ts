/**
 * What a picture depends on, taken out of a whole data set: what `#dicom/pixels` asks a data set for has to be among it. Tests of pictures
 * go through it, too.
 */
import type { Dataset, Element } from '#dicom/data/dataset.ts';
import { endOfTurn } from '#dicom/file/turn.ts';
import { DoseGridScaling } from '#dicom/pixels/modality-lut.ts';
import { ImagerPixelSpacing, NominalScannedPixelSpacing } from '#dicom/pixels/pixel-aspect.ts';
import { asReadElements } from '#dicom/pixels/read-attributes.ts';
import { FrameDisplayShutterSequence, shutterElements } from '#dicom/pixels/shutter.ts';
import type { OwnMemory } from './own-memory.ts';

/**
 * Without all that no picture depends on: patients, devices, and most of what is said of each of thousands of frames.
 * @returns the number of elements, too, those of items and the items themselves among them
 */
export async function pictureAttributes(
  whole: Dataset,
  memory: OwnMemory,
): Promise<{ dataset: Dataset; elements: number }> {
  let count = 0;
  const only = async (dataset: Dataset): Promise<Dataset> => {
    const elements = new Map<number, Element>();
    for (const [tag, element] of dataset.elements) {
      if (functionalGroups.has(tag)) {
        const items: Dataset[] = [];
        for (const item of element.items ?? []) {
          items.push(await only(item));
          if (items.length % itemsAtOnce === 0) await endOfTurn();
        }
        elements.set(tag, { ...element, items });
      } else if (isOfPictures(tag)) {
        elements.set(tag, memory.copyElement(element));
        count += countOf(element);
      }
    }
    count++;
    return { ...dataset, elements };
  };
  const dataset = await only(whole);
  return { dataset, elements: count };
}

/** Shared and Per-frame Functional Groups Sequence (PS3.3 C.7.6.16). */
const functionalGroups = new Set([0x52009229, 0x52009230]);
const itemsAtOnce = 256;

/** Pixel Presentation, what tells the shape of a pixel, the shutter, Total Pixel Matrix Columns (frames are tiles), the scaling of doses, and how readers begin. */
const ofPictures = new Set<number>([
  0x00089205,
  ImagerPixelSpacing,
  NominalScannedPixelSpacing,
  ...Object.values(shutterElements),
  FrameDisplayShutterSequence,
  0x00480006,
  DoseGridScaling,
  ...Object.values(asReadElements),
]);

/** Groups 0028 (image, LUTs and windows), 2050 (presentation LUT), 60xx (overlays) and 7FE0 (pixels). */
function isOfPictures(tag: number): boolean {
  const group = Math.floor(tag / 0x10000);
  return (
    ofPictures.has(tag) ||
    group === 0x0028 ||
    group === 0x2050 ||
    (group >= 0x6000 && group <= 0x60ff) ||
    group === 0x7fe0
  );
}

function countOf({ items }: Element): number {
  let count = 1;
  for (const { elements } of items ?? []) for (const nested of elements.values()) count += 1 + countOf(nested);
  return count;
}
