// What a value means outside of its image (Real World Value Mapping, PS3.3 C.7.6.16.2.11): a map of diffusion keeps whole numbers, and
// says beside them by what they become mm²/s.
import type { JsonDataset } from '../archive-client.ts';
import { functionalGroup, functionalGroups, items, number } from './dicom-json.ts';
import { unitWords } from './unit-words.ts';

/** By what a value is multiplied, and what is added then. */
export interface ValueScale {
  factor: number;
  offset: number;
  unit: string;
}

/**
 * For all of these values, which are after their rescale; undefined where the file maps them not, or by a table. A mapping holds for what
 * is stored from its first value to its last one only; of several that hold the first is said.
 */
export function realWorldOf(instance: JsonDataset, frame: number, values: readonly number[]): ValueScale | undefined {
  // It is of what is stored, and a table of the modality cannot be gone back through.
  const rescale = functionalGroup(instance, '00289145', frame);
  if (items(rescale, '00283000').length > 0 || number(rescale, '3004000E')) return undefined;
  const [slope, intercept] = [number(rescale, '00281053') || 1, number(rescale, '00281052') ?? 0];
  const moved = Math.abs(intercept / slope);
  const ofFrame = functionalGroups(instance, '00409096', frame);
  const mappings = ofFrame.length > 0 ? ofFrame : items(instance, '00409096');
  const mapping = mappings.find((each) => {
    const [from, to] = [endOf(each, ['00409214', '00409216'], moved), endOf(each, ['00409213', '00409211'], moved)];
    const isMapped = (value: number) => isWithin((value - intercept) / slope, from, to);
    return isLinear(each) && values.every(isMapped);
  });
  if (!mapping) return undefined;
  const factor = number(mapping, worldSlope)! / slope;
  const offset = number(mapping, worldIntercept)! - factor * intercept;
  return { factor, offset, unit: unitWords(items(mapping, '004008EA')[0]) };
}

const [worldSlope, worldIntercept] = ['00409225', '00409224'] as const;

/** Rather than a table. */
const isLinear = (mapping: JsonDataset) =>
  Boolean(number(mapping, worldSlope)) && number(mapping, worldIntercept) !== undefined;

interface End {
  at: number;
  /** what is stored is so far from it, for a value has been rescaled, and is held with seven digits */
  slack: number;
}

/**
 * As a double, else as whole as what is stored.
 * @param moved  by how much the rescale has moved what is stored
 */
function endOf(mapping: JsonDataset, [double, whole]: [string, string], moved: number): End | undefined {
  const at = number(mapping, double);
  if (at !== undefined) return { at, slack: (Math.abs(at) + moved) * 1e-6 };
  const wholeAt = number(mapping, whole);
  return wholeAt === undefined ? undefined : { at: wholeAt, slack: 0.5 };
}

const isWithin = (value: number, from: End | undefined, to: End | undefined) =>
  (!from || value >= from.at - from.slack) && (!to || value <= to.at + to.slack);
