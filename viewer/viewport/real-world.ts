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

/** Of the values after their rescale; undefined where the file maps none, or by a table. Of several mappings the first is said. */
export function realWorldOf(instance: JsonDataset, frame: number): ValueScale | undefined {
  const own = functionalGroup(instance, '00409096', frame);
  const mapping = own === instance ? items(instance, '00409096')[0] : own;
  const [slope, intercept] = ['00409225', '00409224'].map((tag) => mapping && number(mapping, tag));
  if (!mapping || !slope || intercept === undefined) return undefined;
  // It is of what is stored, and a table of the modality cannot be gone back through.
  const rescale = functionalGroup(instance, '00289145', frame);
  if (items(rescale, '00283000').length > 0 || number(rescale, '3004000E')) return undefined;
  const [ownSlope, ownIntercept] = [number(rescale, '00281053') || 1, number(rescale, '00281052') ?? 0];
  const factor = slope / ownSlope;
  return { factor, offset: intercept - factor * ownIntercept, unit: unitWords(items(mapping, '004008EA')[0]) };
}
