// In which unit the values of an image are.
import { unitTermOf, type UnitAttributes } from '#dicom/pixels/value-unit.ts';
import { functionalGroup, items, number, string } from './dicom-json.ts';
import { imageTypesOf, type Frame } from './display-sets.ts';
import { isHeldInColor } from './held-in-color.ts';
import { termWords } from './unit-words.ts';

type Of = Pick<Frame, 'instance' | 'frameNumber'>;

export function unitAttributesOf({ instance, frameNumber }: Of): UnitAttributes {
  const rescale = functionalGroup(instance, '00289145', frameNumber);
  const table = rescale === instance ? items(instance, '00283000')[0] : undefined;
  return {
    Modality: string(instance, '00080060'),
    ImageType: imageTypesOf(instance, frameNumber),
    ModalityLUTType: table && (string(table, '00283004') ?? ''),
    RescaleType: string(rescale, '00281054'),
    RescaleSlope: number(rescale, '00281053'),
    Units: string(instance, '00541001'),
  };
}

/**
 * The unit of the values, as the file says it. A table of doses, or anything in colour, has no unit whatever its modality. A grid of
 * doses is in Gray, or a share of what was planned, once it is multiplied by its scaling (PS3.3 C.8.8.3): what is stored has no unit.
 */
export function unitOf(frame: Of): string {
  const { instance, frameNumber } = frame;
  if (isHeldInColor(instance)) return '';
  const said = unitAttributesOf(frame);
  const term = unitTermOf(said);
  if (term) return termWords(term);
  const scaling = number(functionalGroup(instance, '00289145', frameNumber), '3004000E');
  const isScaled = said.ModalityLUTType === undefined && !said.RescaleSlope && Boolean(scaling);
  return isScaled && !said.RescaleType && string(instance, '30040002') === 'GY' ? 'Gy' : '';
}
