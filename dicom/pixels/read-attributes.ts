/** What of a data set tells how one of its frames is read; how it is says `as-read.ts`. */
import { type Dataset, numberValues, textValue, textValues } from '../data/dataset.ts';
import type { ReadAttributes } from './as-read.ts';
import { functionalGroupOf } from './functional-groups.ts';

/** Those beside the image itself. */
export const asReadElements = {
  ImageType: 0x00080008,
  SOPClassUID: 0x00080016,
  Modality: 0x00080060,
  CTImageFrameTypeSequence: 0x00189329,
  Units: 0x00541001,
} as const;

const FrameType = 0x00089007;
const PixelValueTransformationSequence = 0x00289145;
const RescaleSlope = 0x00281053;
const RescaleType = 0x00281054;
const ModalityLUTSequence = 0x00283000;
const ModalityLUTType = 0x00283004;

/** @param frame  counted from 1 */
export function readAttributesOf(dataset: Dataset, frame: number, isColor: boolean): ReadAttributes {
  const { ImageType, SOPClassUID, Modality, CTImageFrameTypeSequence, Units } = asReadElements;
  const group = functionalGroupOf(dataset, PixelValueTransformationSequence, frame);
  const table = group ? undefined : dataset.elements.get(ModalityLUTSequence)?.items?.[0];
  const frameType = functionalGroupOf(dataset, CTImageFrameTypeSequence, frame);
  const rescale = group ?? dataset;
  return {
    Modality: textValue(dataset, Modality),
    SOPClassUID: textValue(dataset, SOPClassUID),
    ImageType: [...textValues(dataset, ImageType), ...(frameType ? textValues(frameType, FrameType) : [])],
    ModalityLUTType: table && textValue(table, ModalityLUTType),
    RescaleType: textValue(rescale, RescaleType),
    RescaleSlope: numberValues(rescale, RescaleSlope)[0],
    Units: textValue(dataset, Units),
    isColor,
  };
}
