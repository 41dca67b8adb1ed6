// In which unit the values of an image are.
import { functionalGroup, items, number, string } from './dicom-json.ts';
import type { Frame } from './display-sets.ts';
import { isHeldInColor } from './held-in-color.ts';
import { termWords } from './unit-words.ts';

/**
 * The unit of the values, as the file says it. What CT rescales is in Hounsfield units unless it says otherwise (PS3.3 C.8.2.1), as
 * maps of iodine or of atomic numbers do; a table of doses, or anything in colour, has no unit whatever its modality. A grid of doses
 * is in Gray, or a share of what was planned, once it is multiplied by its scaling (C.8.8.3): what is stored has no unit.
 */
export function unitOf({ instance, frameNumber }: Pick<Frame, 'instance' | 'frameNumber'>): string {
  if (isHeldInColor(instance)) return '';
  const group = functionalGroup(instance, '00289145', frameNumber);
  const table = items(instance, '00283000')[0];
  const terms = [table && string(table, '00283004'), string(group, '00281054'), string(instance, '00541001')];
  const said = terms.filter((term) => term !== undefined).map(termWords);
  // One that says nothing takes nothing from another: devices write both for positron emission tomography.
  if (said.length > 0) return said.find((unit) => unit !== '') ?? '';
  const slope = number(group, '00281053');
  if (!table && !slope && number(group, '3004000E') && string(instance, '30040002') === 'GY') return 'Gy';
  return slope !== undefined && string(instance, '00080060') === 'CT' ? 'HU' : '';
}
