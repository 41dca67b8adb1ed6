/**
 * How people who read images begin, where the data set says nothing of it: a CT at soft tissue, a PET black on white. For pictures that
 * stand in lists beside the images and before them; whoever asks for a rendered image gets what the data set says (PS3.4 N.2), and
 * where it brings no window all of its values. The viewer begins so, too: `viewer/viewport/windows.ts`, `viewer/viewport/read-inverted.ts`.
 */
import { type Dataset, numberValues, textValue, textValues } from '../data/dataset.ts';
import { functionalGroupOf } from './functional-groups.ts';
import type { Window } from './voi-lut.ts';

/** What is asked for besides the image itself. */
export const asReadElements = { ImageType: 0x00080008, SOPClassUID: 0x00080016, Modality: 0x00080060 } as const;

const PixelValueTransformationSequence = 0x00289145;
const RescaleSlope = 0x00281053;
const RescaleType = 0x00281054;
const ModalityLUTSequence = 0x00283000;
const secondaryCapture = '1.2.840.10008.5.1.4.1.1.7';

const softTissue: Window = { center: 40, width: 400, function: 'LINEAR' };

/**
 * Of a CT that brings none, and only in Hounsfield units: over all values, from air to metal, hardly anything in a body could be told
 * from what is beside it. What a localizer adds up is none (PS3.3 C.8.2.1), nor are maps of iodine or of perfusion.
 */
export function windowAsRead(dataset: Dataset, frame: number): Window | undefined {
  if (textValue(dataset, asReadElements.Modality) !== 'CT' || dataset.elements.has(ModalityLUTSequence))
    return undefined;
  if (textValues(dataset, asReadElements.ImageType).includes('LOCALIZER')) return undefined;
  const rescale = functionalGroupOf(dataset, PixelValueTransformationSequence, frame) ?? dataset;
  const isRescaled = numberValues(rescale, RescaleSlope).length > 0;
  return isRescaled && (textValue(rescale, RescaleType) || 'HU') === 'HU' ? softTissue : undefined;
}

/** What takes up is dark in a PET. Pages and projections that a workstation has made are looked at as they are. */
export function isInvertedAsRead(dataset: Dataset): boolean {
  const isPet = textValue(dataset, asReadElements.Modality) === 'PT';
  return isPet && !textValue(dataset, asReadElements.SOPClassUID)?.startsWith(secondaryCapture);
}
