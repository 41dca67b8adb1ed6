// What a value means outside of its image (Real World Value Mapping, PS3.3 C.7.6.16.2.11): a map of diffusion keeps whole numbers, and
// says beside them by what they become mm²/s.
import type { JsonDataset } from '../archive-client.ts';
import { functionalGroup, items, number } from './dicom-json.ts';
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
  const own = functionalGroup(instance, '00409096', frame);
  const mapping = (own === instance ? items(instance, '00409096') : [own]).find((each) => {
    const [from, to] = [endOf(each, '00409214', '00409216'), endOf(each, '00409213', '00409211')];
    return values.every((value) => isWithin((value - intercept) / slope, from, to));
  });
  const [worldSlope, worldIntercept] = ['00409225', '00409224'].map((tag) => mapping && number(mapping, tag));
  if (!mapping || !worldSlope || worldIntercept === undefined) return undefined;
  const factor = worldSlope / slope;
  return { factor, offset: worldIntercept - factor * intercept, unit: unitWords(items(mapping, '004008EA')[0]) };
}

/** As a double, else as whole as what is stored. */
const endOf = (mapping: JsonDataset, ...tags: string[]) =>
  tags.map((tag) => number(mapping, tag)).find((end) => end !== undefined);

const isWithin = (value: number, from = -Infinity, to = Infinity) => value >= from && value <= to;
